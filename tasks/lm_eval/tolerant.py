"""lm-eval's tasks whose answer is a number, with a second reading of it beside lm-eval's own."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TOLERANT
from quantgate.tasks.extract.number import final_number, same_number
from quantgate.tasks.lm_eval.task import LmEvalTask


class TolerantTask(LmEvalTask):
    """A task of GSM8K's form, whose documents have their worked solution in `answer`, the number at its end.

    The metric `tolerant` stands beside lm-eval's, which take `$18.00.` or the first number of a sum for wrong answers.
    """

    @property
    def metrics(self) -> list[str]:
        return [*super().metrics, TOLERANT]

    def _graded(self, item: Item, responses: Sequence[object]) -> tuple[dict[str, float], dict[str, object]]:
        metrics, extracted = super()._graded(item, responses)
        response = str(responses[0])
        number = final_number(response)
        solution = str(self._instances[item.item_id][0].doc["answer"])
        metrics[TOLERANT] = float(same_number(response, solution))
        # Under the name that a metric without a filter has.
        extracted[""] = "" if number is None else str(number)
        return metrics, extracted
