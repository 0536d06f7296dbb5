"""Published accuracies -> what they prove: reads a claim as it was printed, and judges it task by task; pure."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.policy import SMALLEST_ALPHA, SMALLEST_MARGIN
from quantgate.evals.settings.run import explain, read_yaml
from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.published.macro import arrangements
from quantgate.evals.stats.published.pairings import ClaimJudgement, Settling, claim_verdict, settling_items
from quantgate.evals.stats.published.repeats import judge_published

SCHEMA_VERSION = 1
# Judging all pairings of more takes minutes.
MOST_ANSWERS = 20_000
_MOST_DIGITS = 12
_MOST_STRATA = 6
_UNCONFIRMED = (
    "with so many claims one such regression may be chance (Holm over them does not confirm it): it does not decide by "
    "itself"
)
# Enough for an arrangement's bound, which errs outwards; some twenty of them are computed.
_DRAWS = 50_000


def _as_printed(value: object) -> object:
    """An accuracy as text; a number that a YAML parser has read is written out again, without its trailing zeros."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("an accuracy is a number such as 0.965")
    text = str(value).strip() if isinstance(value, str) else f"{Decimal(repr(value)):f}"
    try:
        number = Decimal(text if text.isascii() and "_" not in text else "")
    except InvalidOperation:
        hint = ""
        if text.endswith("%") and text[:-1].replace(".", "", 1).isdigit():
            hint = f": for {text} write {Decimal(text[:-1]).scaleb(-2):f}"
        raise ValueError(f"an accuracy is a share such as 0.965{hint}") from None
    if not number.is_finite():
        raise ValueError("an accuracy is a share such as 0.965")
    if printed_decimals(text) > _MOST_DIGITS:
        raise ValueError(f"more than {_MOST_DIGITS} decimals were never printed; round it as it was published")
    return text


def printed_decimals(text: str) -> int:
    """Decimals of a finite number as it is written, whatever its size."""
    return max(-int(Decimal(text).as_tuple().exponent), 0)


def _as_sizes(value: object) -> object:
    """Items of each stratum, from the command line as "50,114,114"."""
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("write the items of each part with commas between, such as 50,114,114")
        return [int(part) for part in parts]
    return value


Printed = Annotated[str, BeforeValidator(_as_printed)]
Size = Annotated[int, Field(ge=1, le=MOST_ANSWERS, strict=True)]


class Claim(BaseModel):
    """Two published accuracies of one task. `baseline` and `candidate` are shares, as text, just as they were printed.

    `n` counts items; for a macro average `strata` gives the items of each part instead. `digits` says to how many
    decimals the accuracies were printed, where that cannot be told from them: `unquoted` says that YAML read them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str = Field("the task", min_length=1)
    n: Size | None = None
    strata: Annotated[tuple[Size, ...], BeforeValidator(_as_sizes)] = ()
    baseline: Printed
    candidate: Printed
    margin: float = Field(0.02, ge=SMALLEST_MARGIN, lt=1)
    alpha: float = Field(0.05, ge=SMALLEST_ALPHA, lt=0.5)
    repeats: int = Field(1, ge=1, le=1000, strict=True)
    digits: int | None = Field(None, ge=1, le=_MOST_DIGITS, strict=True)
    unquoted: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Claim:
        if (self.n is None) == (not self.strata):
            raise ValueError(
                "give n, the number of items, or for a macro average strata, the items of each part (strata: [50, 114])"
            )
        if len(self.strata) == 1 or len(self.strata) > _MOST_STRATA:
            raise ValueError(f"strata are the 2 to {_MOST_STRATA} parts of a macro average; for one part give n")
        if self.items * self.repeats > MOST_ANSWERS:
            raise ValueError(f"items times repeats are {self.items * self.repeats:,}; at most {MOST_ANSWERS:,} work")
        most = max(printed_decimals(self.baseline), printed_decimals(self.candidate))
        if self.digits is not None and most > self.digits:
            raise ValueError(f"an accuracy has {most} decimals, but digits says {self.digits}")
        return self

    @property
    def items(self) -> int:
        return self.n if self.n is not None else sum(self.strata)

    @property
    def printed_to(self) -> int:
        """Decimals of both accuracies: as said, else those of the one that shows more."""
        if self.digits is not None:
            return self.digits
        return max(printed_decimals(self.baseline), printed_decimals(self.candidate), 1)


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """What one published pair of accuracies proves; every figure is a fraction, differences candidate minus baseline.

    Bounds and p-values (of "the candidate loses the margin or more") are extremes over all that the numbers leave open.
    `closest` and `farthest` are the (losses, gains) with the fewest and the most flips; None with repeats or strata.
    `baseline_counts` and `candidate_counts` are the counts of right answers that are printed so, smallest and largest.
    `problem` says why a claim is invalid.
    """

    task: str
    items: int
    repeats: int
    strata: tuple[int, ...]
    baseline: str
    candidate: str
    digits: int
    margin: float
    alpha: float
    verdict: TaskVerdict = TaskVerdict.INVALID
    problem: str = ""
    notes: tuple[str, ...] = ()
    baseline_counts: tuple[int, int] | None = None
    candidate_counts: tuple[int, int] | None = None
    difference: float | None = None
    closest: tuple[int, int] | None = None
    farthest: tuple[int, int] | None = None
    pvalue_best: float | None = None
    pvalue_worst: float | None = None
    lower_best: float | None = None
    lower_worst: float | None = None
    upper_best: float | None = None
    upper_worst: float | None = None
    settling: tuple[Settling, ...] = ()

    @property
    def passes(self) -> bool:
        return self.verdict in (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR)


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """The decision about all tasks of a claim."""

    tasks: tuple[ClaimDecision, ...]
    verdict: ReleaseVerdict

    def to_json(self, reasons: Sequence[str]) -> str:
        """All figures, with `schema_version`, and a sentence for each task."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "reasons": list(reasons),
            "tasks": [asdict(task) for task in self.tasks],
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


_KEYS = Claim.model_fields.keys() - {"unquoted"}


def claim_of_options(options: Mapping[str, Any]) -> Claim:
    """A claim out of the command line's options. Raises UsageError, naming the option."""
    try:
        return Claim.model_validate({name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError(_explained(error, None, frozenset())) from None


def read_claims(file: Path, margin: float | None = None, alpha: float | None = None) -> tuple[Claim, ...]:
    """The claims of a YAML file: a list under `claims:`; `margin` and `alpha` beside it hold for all that set none.

    The arguments win over the file. Raises UsageError naming file, claim and key; for an unknown key the nearest one.
    """
    written = read_yaml(file)
    listed = written.pop("claims", None)
    if unknown := sorted(written.keys() - {"margin", "alpha"}):
        where = "it belongs under a claim" if unknown[0] in Claim.model_fields else "known are claims, margin and alpha"
        raise UsageError(f"{file}: {unknown[0]} is not known here; {where}")
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{file}: claims: must hold a list of claims, each with task, n, baseline and candidate")
    forced = {name: value for name, value in (("margin", margin), ("alpha", alpha)) if value is not None}
    claims = tuple(_claim_of_file(file, number, entry, written, forced) for number, entry in enumerate(listed, 1))
    names = [claim.task for claim in claims]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"{file}: task {twice[0]} is claimed more than once; name each claim by its own task")
    return claims


def _claim_of_file(
    file: Path, number: int, entry: object, shared: Mapping[str, Any], forced: Mapping[str, float]
) -> Claim:
    if not isinstance(entry, dict):
        raise UsageError(f"{file}: claim {number} must be a mapping with task, n, baseline and candidate")
    where = Path(f"{file}: claim {number}")
    for name in entry:
        if name not in _KEYS:
            near = difflib.get_close_matches(str(name), _KEYS, n=1)
            raise UsageError(f"{where}: {name} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        unquoted = any(isinstance(entry.get(build), int | float) for build in ("baseline", "candidate"))
        return Claim.model_validate({"task": f"claim {number}", **shared, **entry, **forced, "unquoted": unquoted})
    except ValidationError as error:
        names = frozenset({*(str(key) for key in entry), *shared}) - frozenset(forced)
        raise UsageError(_explained(error, where, names)) from None


def _explained(error: ValidationError, file: Path | None, from_file: frozenset[str]) -> str:
    """The error as one line; a rule about several keys names none, so its own words are all there is."""
    first = error.errors()[0]
    if first["loc"] and first["type"] != "missing":
        return explain(error, Claim, file, from_file)
    said = f"{first['loc'][0]} is missing" if first["loc"] else first["msg"].removeprefix("Value error, ")
    if file is None:
        return f"--{said}: write it as it was published, such as 0.965" if first["loc"] else said
    return f"{file}: {said}"


def judge_claims(claims: Sequence[Claim]) -> ClaimVerdict:
    """Judge every claim. All must pass, each at its alpha; an impossible one makes the whole invalid.

    To name a task that regressed, out of several, is a search: one decides only where its regression stands with the
    family-wise error of its alpha, by Holm's step-down. The others keep their verdict and say it in a note.
    """
    tasks = tuple(judge(claim) for claim in claims)
    if not tasks or TaskVerdict.INVALID in {task.verdict for task in tasks}:
        return ClaimVerdict(tasks, ReleaseVerdict.INVALID)
    confirmed = _confirmed_regressions(claims, tasks)
    tasks = tuple(
        replace(task, notes=(*task.notes, _UNCONFIRMED))
        if task.verdict is TaskVerdict.REGRESSED and place not in confirmed
        else task
        for place, task in enumerate(tasks)
    )
    if confirmed:
        return ClaimVerdict(tasks, ReleaseVerdict.REGRESSED)
    shown = all(task.passes for task in tasks)
    return ClaimVerdict(tasks, ReleaseVerdict.PASS if shown else ReleaseVerdict.INCONCLUSIVE)


def _confirmed_regressions(claims: Sequence[Claim], tasks: Sequence[ClaimDecision]) -> frozenset[int]:
    """The places of the claims whose regression stands among all of them, as the gate confirms those of tasks."""
    suspects = {place for place, task in enumerate(tasks) if task.verdict is TaskVerdict.REGRESSED}
    confirmed: set[int] = set()
    while True:
        family = len(claims) - len(confirmed)
        found = {
            place
            for place in suspects - confirmed
            if claims[place].alpha / family >= SMALLEST_ALPHA
            and judge(claims[place].model_copy(update={"alpha": claims[place].alpha / family})).verdict
            is TaskVerdict.REGRESSED
        }
        if not found:
            return frozenset(confirmed)
        confirmed |= found


def judge(claim: Claim) -> ClaimDecision:
    """Judge one task's claim: invalid where its numbers cannot be, else what holds whatever they leave open."""
    decision = ClaimDecision(
        task=claim.task,
        items=claim.items,
        repeats=claim.repeats,
        strata=claim.strata,
        baseline=claim.baseline,
        candidate=claim.candidate,
        digits=claim.printed_to,
        margin=claim.margin,
        alpha=claim.alpha,
    )
    for build, value in (("baseline", claim.baseline), ("candidate", claim.candidate)):
        number = Decimal(value)
        if not 0 <= number <= 1:
            hint = f": for {number}% write {number.scaleb(-2):f}" if 1 < number <= 100 else ""
            return replace(decision, problem=f"the {build}'s accuracy {value} is no share from 0 to 1{hint}")
    decision = replace(decision, difference=float(Decimal(claim.candidate) - Decimal(claim.baseline)))
    decision = _judge_macro(decision) if claim.strata else _with_counts(decision, claim)
    return replace(decision, notes=(*_digit_notes(claim), *decision.notes))


def _with_counts(decision: ClaimDecision, claim: Claim) -> ClaimDecision:
    judged = judge_published(
        claim.items,
        claim.baseline,
        claim.candidate,
        claim.margin,
        digits=decision.digits,
        repeats=claim.repeats,
        alpha=claim.alpha,
    )
    single = [one for one in judged.judgements if isinstance(one, ClaimJudgement)]
    decision = replace(
        decision,
        verdict=TaskVerdict(judged.verdict),
        notes=judged.warnings,
        baseline_counts=(judged.baseline_counts[0], judged.baseline_counts[-1]),
        candidate_counts=(judged.candidate_counts[0], judged.candidate_counts[-1]),
        lower_best=max(one.lower_best for one in judged.judgements),
        lower_worst=min(one.lower_worst for one in judged.judgements),
        upper_best=min(one.upper_best for one in judged.judgements),
        upper_worst=max(one.upper_worst for one in judged.judgements),
        # Where the counts leave two differences, the larger loss asks for absurdly many.
        settling=max(judged.judgements, key=lambda one: one.difference).settling,
    )
    if not single:
        return decision
    return replace(
        decision,
        closest=min((one.closest for one in single), key=sum),
        farthest=max((one.farthest for one in single), key=sum),
        pvalue_best=min(one.pvalue_best for one in single),
        pvalue_worst=max(one.pvalue_worst for one in single),
    )


def _judge_macro(decision: ClaimDecision) -> ClaimDecision:
    """Judge a macro average over strata of which only the average was published.

    Neither the strata's accuracies nor the pairing is known, so arrangements are tried that are extreme each in its way
    (`evals.stats.published.macro`), at both ends of what the printed digits allow, with the stratified bound that
    decides on such data (`evals.stats.bayesian.unseen_item`). A verdict must hold in all of them. That an inconclusive
    is right is proven by the two that contradict each other; that no arrangement left out would contradict a pass is
    no theorem. One item of a stratum may have a fractional score, so that no count is rounded.
    """
    half = 0.5 * 10.0**-decision.digits
    baseline, candidate = float(decision.baseline), float(decision.candidate)
    lowers: list[float] = []
    uppers: list[float] = []
    names = np.repeat([f"{number:02}" for number in range(len(decision.strata))], decision.strata).tolist()
    for shift in (-half, half):
        first, second = min(max(baseline - shift, 0.0), 1.0), min(max(candidate + shift, 0.0), 1.0)
        for differences in arrangements(decision.strata, decision.repeats, first, second):
            lowers.append(bayesian_lower_bound(differences, alpha=decision.alpha, strata=names, draws=_DRAWS))
            uppers.append(bayesian_upper_bound(differences, alpha=decision.alpha, strata=names, draws=_DRAWS))
    return replace(
        decision,
        verdict=TaskVerdict(claim_verdict(min(lowers), max(uppers), decision.margin)),
        notes=(
            "only a macro average was published: how the answers divide over its strata is unknown too, so the bounds "
            "are those of the most and the least favourable of several extreme divisions, and digits tell no counts",
        ),
        lower_best=max(lowers),
        lower_worst=min(lowers),
        upper_best=min(uppers),
        upper_worst=max(uppers),
        settling=_macro_settling(decision, baseline, candidate),
    )


def _macro_settling(decision: ClaimDecision, baseline: float, candidate: float) -> tuple[Settling, ...]:
    """Items in all, shared as the strata are now, whose macro average is as precise as that many items in one pool."""
    net, opposed = candidate - baseline, min(baseline, 1 - candidate)
    pool = len(decision.strata) ** 2 / sum(1 / size for size in decision.strata)
    flips = (max(-net, 0.0) * pool, max(net, 0.0) * pool), (opposed * pool, (opposed + net) * pool)
    return tuple(
        Settling(one.discordance, None if one.items is None else math.ceil(one.items * decision.items / pool))
        for one in settling_items(*flips, round(pool), decision.margin, decision.alpha)
    )


def _digit_notes(claim: Claim) -> tuple[str, ...]:
    """What was assumed about the printed digits."""
    unlike = printed_decimals(claim.baseline) != printed_decimals(claim.candidate)
    if claim.digits is not None or not (claim.unquoted or unlike):
        return ()
    return (
        f"{claim.baseline} and {claim.candidate} are read as printed with {claim.printed_to} decimals; zeros at the "
        "end may be lost (YAML drops them from unquoted numbers). If so, say digits.",
    )
