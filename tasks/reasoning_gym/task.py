"""A generator of reasoning-gym as a task: its own prompt, its own way to find the answer, its own verifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from quantgate.evals.contract.options import TaskOption, json_object, whole_number
from quantgate.evals.contract.records import Grade, Item, Message, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.contract.thoughts import graded_text
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.reasoning_gym.generators import REQUIREMENT
from quantgate.tasks.reasoning_gym.questions import MOST_SEED, Generator, MadeQuestion

VERSION = f"1, {REQUIREMENT}"
EXACT = "exact_match"
VERIFIER = "score_answer"
SAMPLING = Sampling(temperature=0.0, max_tokens=4096)
_CLOSING = "</answer>"
_NEARLY_ONE = 1 - 1e-9
_ENOUGH_TO_GUESS = 50


def seed_option() -> TaskOption:
    """The option that says which questions are made."""
    return TaskOption(
        "seed",
        f"Which questions: each seed, 0 to {MOST_SEED:,}, makes others, and only runs of one can be paired. Default 0.",
        whole_number(0, MOST_SEED),
    )


def config_option() -> TaskOption:
    """The option that says how hard they are, as the generator's own configuration does."""
    return TaskOption("config", 'The generator\'s own configuration as JSON: {"min_terms": 2}.', _config)


def _config(value: object) -> dict[str, Any]:
    config = json_object(value)
    if own := sorted(config.keys() & {"seed", "size"}):
        raise ValueError(f"must not have {own[0]}: --option seed=N and --limit N say that")
    return config


class ReasoningGym:
    """So many questions of a generator, asked and graded as reasoning-gym's own evaluation does.

    Its default system prompt asks for `<answer>` tags, of which the last pair counts. The verifier's score is the
    metric `score_answer`, and `exact_match` is 1 where that is 1: verifiers also give something for a readable form
    (0.01, 0.05) or to what comes near.

    Parameters
    ----------
    name
        What the task is called.
    generator
        What makes its questions.
    wanted
        How many of them, all different.
    metric
        `exact_match` or `score_answer`.

    References
    ----------
    `eval/eval.py` and `eval/eval_config.py` of open-thought/reasoning-gym: system prompt, extraction, 500 questions.
    """

    metrics = (EXACT, VERIFIER)
    sampling = SAMPLING
    repeats = 1

    def __init__(self, name: str, generator: Generator, wanted: int, metric: str | None = None) -> None:
        self.name = name
        self.generator = generator
        self._metric = metric or self.metrics[0]
        self._questions = {str(made.number): made for made in generator.distinct(wanted)}

    @property
    def identity(self) -> TaskIdentity:
        made_by = {"generator": self.generator.name, "seed": self.generator.seed, "config": self.generator.config}
        return TaskIdentity(
            name=self.name,
            version=VERSION,
            grader=REQUIREMENT,
            metric=self._metric,
            data_hash=canonical_hash([VERSION, made_by]),
            settings=made_by,
            provenance={"source": "generated", "package": REQUIREMENT},
        )

    @property
    def guess(self) -> float:
        """What the same answer to every question scores, where there are enough questions to tell."""
        answers = Counter(made.answer for made in self._questions.values() if made.answer is not None)
        if len(self._questions) < _ENOUGH_TO_GUESS or not answers:
            return 0.0
        most = answers.most_common(1)[0][1]
        return most / len(self._questions) if most > 1 else 0.0

    def items(self) -> Sequence[Item]:
        return [Item(number) for number in self._questions]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        """The messages; their hash has the right answer in it, so that a machine that makes another is found out."""
        question = self._questions[item.item_id]
        messages = self.messages(question)
        return Prompt(messages, canonical_hash([messages, question.answer]))

    def reference(self, item: Item, repeat: int) -> str | None:
        return self._questions[item.item_id].answer

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """By the verifier, of what stands between the last pair of `<answer>` tags."""
        answer = _tagged(graded_text(response))
        verdict = self.generator.verdict(answer, self._questions[item.item_id])
        return self.graded(answer, {EXACT: float(verdict >= _NEARLY_ONE), VERIFIER: verdict})

    def messages(self, question: MadeQuestion) -> tuple[Message, ...]:
        """What asks a question."""
        return ({"role": "system", "content": self._system}, {"role": "user", "content": question.text})

    def graded(self, extracted: str | None, metrics: Mapping[str, float]) -> Grade:
        """A grade whose score is the task's metric."""
        return Grade(metrics[self._metric], extracted, dict(metrics))

    @cached_property
    def _system(self) -> str:
        from reasoning_gym.utils import SYSTEM_PROMPTS

        return str(SYSTEM_PROMPTS["default"])


def _tagged(text: str) -> str | None:
    from reasoning_gym.utils import extract_answer

    # Tags that are opened after the last one is closed are no answer, and would each be followed to the text's end.
    end = text.rfind(_CLOSING)
    found: str | None = None if end < 0 else extract_answer(text[: end + len(_CLOSING)])
    return found
