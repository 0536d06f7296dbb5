"""lm-eval's tasks whose answer is a number, with a second reading of it beside lm-eval's own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TOLERANT
from quantgate.tasks.extract.number import final_number, written
from quantgate.tasks.lm_eval.task import LmEvalTask

_DATASETS = frozenset({"gsm8k", "openai/gsm8k", "madrylab/gsm8k-platinum"})


def answers_are_numbers(dataset: str) -> bool:
    """Whether a dataset of the hub is of GSM8K's form."""
    return dataset in _DATASETS


def own_text(text: str, stops: Sequence[str]) -> str:
    """The text up to lm-eval's first stop string, where a model goes on with a question of its own making.

    Those strings may not have been sent; a text that has no number before them is left whole.
    """
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    if not places:
        return text
    head = text[: min(places)]
    return text if final_number(head) is None else head


class TolerantTask(LmEvalTask):
    """A task of GSM8K's form, whose documents have their worked solution in `answer`, the number at its end.

    The metric `tolerant` stands beside lm-eval's, which take `$18.00.` or the first number of a sum for wrong answers.
    """

    @property
    def metrics(self) -> list[str]:
        return [*super().metrics, TOLERANT]

    def reference(self, item: Item, repeat: int) -> str | None:
        """The number alone, without the solution that leads to it."""
        number = self._right(item)
        return super().reference(item, repeat) if number is None else written(number)

    def _graded(self, item: Item, responses: Sequence[object]) -> tuple[dict[str, float], dict[str, object]]:
        metrics, extracted = super()._graded(item, responses)
        number = final_number(own_text(str(responses[0]), self._stops))
        metrics[TOLERANT] = float(number is not None and number == self._right(item))
        # Under the name that a metric without a filter has.
        extracted[""] = "" if number is None else written(number)
        return metrics, extracted

    def _right(self, item: Item) -> Fraction | None:
        """The number of the item's own solution, read once: it is as long to read as an answer."""
        if item.item_id not in self._numbers:
            self._numbers[item.item_id] = final_number(str(self._document(item)["answer"]))
        return self._numbers[item.item_id]

    @cached_property
    def _numbers(self) -> dict[str, Fraction | None]:
        return {}
