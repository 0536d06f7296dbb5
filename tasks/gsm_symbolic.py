"""GSM-Symbolic by reasoning-gym: grade-school problems, as many as a margin needs, read as GSM8K's are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from quantgate.evals.contract.records import Grade, Item, Message, Sampling
from quantgate.evals.contract.task import TaskInfo, TaskOptions, Typical
from quantgate.evals.contract.thoughts import graded_text
from quantgate.tasks.extract.number import final_number, written
from quantgate.tasks.reasoning_gym.generators import needs
from quantgate.tasks.reasoning_gym.questions import Generator, MadeQuestion
from quantgate.tasks.reasoning_gym.task import EXACT, VERIFIER, ReasoningGym, seed_option

NAME = "gsm_symbolic"
DEFAULT_COUNT = 1319
"""As many as GSM8K has."""

SAMPLING = Sampling(temperature=0.0, max_tokens=2048)
_INSTRUCTION = 'Work it out step by step. End with a line "The answer is N.", where N is the number.'


class GsmSymbolic(ReasoningGym):
    """Problems from 85 templates of GSM8K's questions with names and numbers drawn anew, asked without examples.

    One user message, as a GSM8K prompt has; no worked examples, which would be GSM8K's own. `exact_match` compares the
    number that the answer ends with, read by `final_number`, with the right one. `score_answer` is what reasoning-gym's
    verifier gives that number: it loses the sign of a negative one, and so calls three in 5,000 right answers wrong.

    References
    ----------
    Mirzadeh et al., "GSM-Symbolic: Understanding the limitations of mathematical reasoning in large language models",
    arXiv:2410.05229.
    """

    sampling = SAMPLING

    def messages(self, question: MadeQuestion) -> tuple[Message, ...]:
        return ({"role": "user", "content": f"{question.text}\n\n{_INSTRUCTION}"},)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        question = self._questions[item.item_id]
        number = final_number(graded_text(response))
        digits = None if number is None else _digits(number)
        exact = float(number is not None and number == Fraction(Decimal(question.answer or "nan")))
        metrics = {EXACT: exact, VERIFIER: self.generator.verdict(digits, question)}
        return self.graded(None if number is None else written(number), metrics)


def _digits(number: Fraction) -> str:
    """A number as the verifier reads one, which takes the 1 of 1/3."""
    text = written(number)
    return f"{Decimal(number.numerator) / Decimal(number.denominator):f}" if "/" in text else text


def _load(options: TaskOptions) -> GsmSymbolic:
    generator = Generator(NAME, options.own.get("seed", 0), {})
    return GsmSymbolic(NAME, generator, options.limit or DEFAULT_COUNT, options.metric)


INFO = TaskInfo(
    name=NAME,
    summary="GSM-Symbolic: fresh grade-school maths problems, as many as a margin needs, zero-shot",
    load=_load,
    data=None,
    items=None,
    fresh=DEFAULT_COUNT,
    metrics=(EXACT, VERIFIER),
    sampling=SAMPLING,
    repeats=1,
    # Kept at GSM8K's, from whose questions its templates were made.
    typical=Typical(accuracy=0.95),
    options=(seed_option(),),
    needs=needs,
)
