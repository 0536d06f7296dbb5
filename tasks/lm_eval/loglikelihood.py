"""lm-eval's `multiple_choice` and `loglikelihood` tasks: log-likelihoods of given texts, with lm-eval's own scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from quantgate.evals.contract.loglikelihoods import LogLikelihood, parse_loglikelihoods
from quantgate.evals.contract.records import Continuation, Grade, Item, Prompt, Sampling
from quantgate.evals.errors import DataError
from quantgate.tasks.lm_eval.requests import Requests
from quantgate.tasks.lm_eval.single import UNGRADABLE, SingleTask
from quantgate.tasks.lm_eval.task import prompt_hash_of

OUTPUT_TYPES = frozenset({"multiple_choice", "loglikelihood"})
DEFAULT_MAX_LENGTH = 2048
"""What lm-eval's `local-completions` cuts a request to unless it is told otherwise."""


class LogLikelihoodTask(SingleTask):
    """One item is a question with all its choices, or one text.

    The requests are those of `lm_eval run --model local-completions`, without a chat template, which is its default.
    The score is `acc` (`acc_norm` where it is chosen); `extracted` is the chosen continuation, for a single text
    whether the model would have written it greedily; `margin` is that of the log-likelihoods, not normalised.
    """

    _quick_characters = 1_000_000  # numbers, of which none takes longer than another

    @property
    def sampling(self) -> Sampling:
        return Sampling(temperature=0.0, max_tokens=1, max_length=DEFAULT_MAX_LENGTH)

    @property
    def repeats(self) -> int:
        return 1

    def prompt(self, item: Item, repeat: int) -> Prompt:
        pairs = [instance.args[:2] for instance in self._instances(item)]
        continuations = tuple(Continuation(context, str(text)) for context, text in pairs)
        return Prompt((), prompt_hash_of(continuations[0].context), continuations)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Grade what `evals.endpoint.completions` stored: the log-likelihoods as JSON."""
        values = parse_loglikelihoods(response)
        instances = self._requests.to_grade(item.item_id)
        if len(values) != len(instances):
            raise DataError(
                f"{self._source.name}: item {item.item_id} has {len(instances)} continuations, and {len(values)} "
                "log-likelihoods are stored: was the data exchanged?"
            )
        try:
            metrics, _ = self._graded(item, [(value.total, value.greedy) for value in values])
            choices = self._choices(instances)
        except UNGRADABLE as error:
            raise self._ungradable(item, error) from error
        score = self._score(metrics, item)
        if len(choices) < 2:
            return Grade(score, "greedy" if values[0].greedy else "not greedy", metrics)
        best, second = _two_best(values[: len(choices)])
        return Grade(score, choices[best], metrics, margin=values[best].total - values[second].total)

    def _choices(self, instances: Sequence[Any]) -> list[str]:
        """The texts to choose from; of mutual information's requests the first half."""
        if self._task.config.doc_to_choice is None:
            return [str(instance.args[1]) for instance in instances]
        return [str(choice) for choice in self._task.doc_to_choice(instances[0].doc)]

    @cached_property
    def _requests(self) -> Requests:
        requests = super()._requests
        first = requests.to_grade(next(iter(requests.documents)))
        if other := {instance.request_type for instance in first} - {"loglikelihood"}:
            raise DataError(f"{self._source.name} asks for {', '.join(sorted(other))}, which is not supported here")
        return requests


def _two_best(values: Sequence[LogLikelihood]) -> tuple[int, int]:
    """The places of the greatest and of the next; of equal ones the first, as lm-eval takes them."""
    order = sorted(range(len(values)), key=lambda place: (-values[place].total, place))
    return order[0], order[1]
