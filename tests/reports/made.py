"""Decisions made by hand, one switch for each odd case, so that a report can be tested without runs or statistics."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.lengths import LengthComparison, Lengths, Ratio
from quantgate.evals.contract.design import Look
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.described import (
    Description,
    Flip,
    FlipAnswer,
    FlipAnswers,
    FlipTable,
    FlipTexts,
    NoiseFloor,
    SettlingCurve,
    SettlingPoint,
    Share,
)
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.types import (
    Decided,
    Flag,
    NotComparable,
    ReleaseVerdict,
    StratumFigures,
    Suite,
    TaskDecision,
    TaskVerdict,
    Verdict,
)
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.settings.margin import Margin
from quantgate.tasks import gpqa_diamond, gsm8k


def task_record(name: str = "gsm8k", **changes: Any) -> TaskRecord:
    sampling = {"temperature": 0.0, "top_p": None, "max_tokens": 2048, "stop": [], "seed": 1234, "extra_body": {}}
    origin = {"dataset": "openai/gsm8k", "revision": "cc7b047b6e5bb11b4f1af84efc572db110a51b3c"}
    boards = {info.name: info.benchmark for info in (gsm8k.INFO, gpqa_diamond.INFO)}
    record = TaskRecord(name, "3.0", "lm-eval 0.4.13", "exact_match", "d" * 64, 1319, 1, sampling, origin)
    return replace(record, **{"benchmark": boards.get(name), **changes})


def run_record(label: str = "fp8", tasks: tuple[TaskRecord, ...] = (), **changes: Any) -> RunRecord:
    return replace(
        RunRecord(
            label,
            f"glm-5.2-{label}",
            {"base_url": "https://inference.example/v1", "served": {"id": f"glm-5.2-{label}", "owned_by": "vllm"}},
            tasks or (task_record(),),
            {"quantgate": "0.1.0", "python": "3.11.7", "lm-eval": "0.4.13"},
            "2026-11-20T09:30:00+00:00",
        ),
        **changes,
    )


def share(count: int, n: int) -> Share:
    return Share(count, n, count / n, max(count / n - 0.01, 0.0), min(count / n + 0.01, 1.0))


def noise(n: int = 1319) -> NoiseFloor:
    return NoiseFloor(n, share(44, n), share(31, n), 13 / n, -0.002, 0.021, 31 / 44, -0.0106, 0.001)


def histogram(answers: int, peak: int) -> Lengths:
    weights = [math.exp(-(((place - peak) / 4) ** 2)) for place in range(24)]
    counts = tuple(round(answers * weight / sum(weights)) for weight in weights)
    return Lengths(answers, 210.0 + 3 * peak, 190.0 + 3 * peak, 480.0, counts)


def lengths(answers: int = 1319) -> LengthComparison:
    edges = tuple(30 * (2048 / 30) ** (place / 24) for place in range(25))
    return LengthComparison(
        edges, histogram(answers, 10), histogram(answers, 12), Ratio(1.12, 1.08, 1.17), Ratio(1.2, 0.98, 1.4)
    )


def over_items(half_width: float = 0.0098, room: float = 0.0101, settles: int | None = None) -> SettlingCurve:
    def at(items: int) -> SettlingPoint:
        return SettlingPoint(items, 1, half_width * math.sqrt(1319 / items))

    curve = tuple(at(items) for items in (330, 660, 1319, 2638, 5276, 10_552))
    return SettlingCurve("items", at(1319), curve, room, at(settles) if settles else None)


def over_repeats(here: int = 2, room: float = 0.0109, settles: int | None = 16) -> SettlingCurve:
    def at(repeats: int) -> SettlingPoint:
        return SettlingPoint(198, repeats, 0.034 * math.sqrt(0.3 / 2 + 0.7 / repeats))

    places = sorted({1, 2, 4, 8, 16, 32, 64, here})
    return SettlingCurve("repeats", at(here), tuple(at(k) for k in places), room, at(settles) if settles else None)


def flip(number: int, *, item: str | None = None, texts: FlipTexts | None = None, **changes: Any) -> Flip:
    lost = number % 3 > 0
    made = Flip(item or f"item-{number}", None, 1.0 if lost else 0.0, 0.0 if lost else 1.0, f"{number:064x}", texts)
    return replace(made, **changes)


def answers(ours: str | None, theirs: str | None, status: Status = Status.OK) -> FlipAnswers:
    """What was read from both answers; `status` is the candidate's."""
    return FlipAnswers(FlipAnswer(Status.OK, ours), FlipAnswer(status, theirs))


def decision(task: str = "gsm8k", **changes: Any) -> Decided:
    """A task that passes; `changes` make it another."""
    fine = {"baseline": StatusCounts(ok=1316, truncated=3, unparsed=2), "candidate": StatusCounts(ok=1310, truncated=9)}
    return replace(
        Decided(
            task=task,
            margin=Margin(points=0.02),
            alpha=0.05,
            validity=fine,
            reason="passes. With 95% confidence the candidate loses at most 1.97 points, within the margin "
            "of 2 points.",
            verdict=TaskVerdict.NON_INFERIOR,
            items=1319,
            repeats=1,
            baseline=0.9649,
            candidate=0.955,
            difference=-0.0099,
            lower=-0.0197,
            upper=-0.0002,
            method="exact",
            descriptive_interval=(-0.0182, -0.0015),
            flags=(Flag.MEASURABLY_WORSE,),
            losses=36,
            gains=23,
            mcnemar_p=0.117,
            recovery=0.9897,
            description=Description({"percentile": (-0.0182, -0.0015)}, share(1270, 1319), noise=noise()),
            findings=(
                Finding(
                    FindingCode.TRUNCATED,
                    Severity.WARNS,
                    "9 of the candidate's answers were cut at the budget.",
                    "candidate",
                ),
            ),
            flip_table=FlipTable(36, 23, 1260, 1237, 23),
            lengths=lengths(),
            precision=over_items(),
            flips=tuple(flip(number) for number in range(59)),
        ),
        **changes,
    )


def inconclusive(task: str = "gpqa_diamond", **changes: Any) -> Decided:
    figures: dict[str, Any] = {
        "verdict": TaskVerdict.INCONCLUSIVE,
        "reason": "cannot be told. The candidate may have lost as much as 5.31 points, more than the margin "
        "of 3 points, or nothing. More repeats would tell.",
        "margin": Margin(points=0.03),
        "items": 198,
        "repeats": 2,
        "baseline": 0.9217,
        "candidate": 0.9026,
        "difference": -0.0191,
        "lower": -0.0531,
        "upper": 0.0142,
        "method": "bayesian",
        "descriptive_interval": (-0.048, 0.0101),
        "recovery": 0.9793,
        "losses": None,
        "gains": None,
        "flags": (),
        "findings": (),
        "flip_table": FlipTable(14, 9, 175),
        "precision": over_repeats(),
        "lengths": None,
        "description": Description({}, share(350, 396)),
        "needed": {"items": None, "repeats": 16},
        "flips": tuple(flip(number) for number in range(23)),
    }
    return decision(task, **{**figures, **changes})


PLANNED = (Look(264, 1, 0.0038, 0.0038), Look(662, 1, 0.0134, 0.011), Look(1319, 1, 0.05, 0.042))


def looks(**changes: Any) -> Looks:
    """A task that was passed at its second look; `changes` make it another."""
    fine = Looks(
        planned=PLANNED,
        stage=Stage.PASSED,
        message="passed at look 2 of 3, after 662 of 1,319 items",
        done=2,
        decided_at=2,
        level=0.011,
        spent=0.0134,
        evidence=1.7,
        items=662,
        repeats=1,
        asked={"baseline": 662, "candidate": 680},
    )
    return replace(fine, **changes)


def looked(task: str = "gsm8k", **changes: Any) -> Decided:
    """A task that was decided at a look of its design."""
    return decision(task, **{"items": 662, "looks": looks(), "flags": (), "precision": None, **changes})


def regressed(task: str = "mmlu_pro", **changes: Any) -> Decided:
    figures: dict[str, Any] = {
        "verdict": TaskVerdict.REGRESSED,
        "reason": "regressed. With 95% confidence the candidate loses at least 4.12 points, more than the "
        "margin of 2 points.",
        "candidate": 0.902,
        "difference": -0.0629,
        "lower": -0.0841,
        "upper": -0.0412,
        "descriptive_interval": (-0.083, -0.043),
        "recovery": 0.9348,
        "flags": (),
        "findings": (
            Finding(
                FindingCode.TRUNCATED,
                Severity.BLOCKS,
                "82 of the candidate's answers were cut, 3 of the baseline's: what differs is the token budget.",
                "candidate",
            ),
        ),
    }
    return decision(task, **{**figures, **changes})


def invalid(task: str = "ifeval", **changes: Any) -> NotComparable:
    return replace(
        NotComparable(
            task=task,
            margin=Margin(points=0.02),
            alpha=0.05,
            validity={"baseline": StatusCounts(ok=100), "candidate": StatusCounts(ok=60, missing=40)},
            reason="not comparable: 40 of the candidate's samples have no answer; run the same `quantgate "
            "run` again to ask them",
        ),
        **changes,
    )


def tau2(**changes: Any) -> Decided:
    strata = tuple(
        StratumFigures(name, items, 0.8, 0.81, 0.01, -0.06, 0.08, TaskVerdict.INCONCLUSIVE)
        for name, items in (("airline", 50), ("retail", 114), ("telecom", 114))
    )
    return inconclusive(
        "tau2", **{"items": 278, "strata": strata, "descriptive_interval": None, "precision": None, **changes}
    )


def suite(mean: TaskDecision | None = None) -> Suite:
    """The mean over two tasks, which passes."""
    passing = decision(
        "suite of 2 tasks",
        margin=Margin(points=0.01),
        items=1517,
        baseline=0.884,
        candidate=0.8788,
        difference=-0.0052,
        lower=-0.0095,
        upper=-0.0009,
        method="bayesian",
        method_reason="Bayesian bootstrap over 1,517 items plus one worst-case item: a mean over tasks is asked for.",
        recovery=0.9941,
        reason="87.9% against 88.4%, recovery 99.4%, difference −0.52 points (−0.95 to −0.09): equivalent.",
    )
    return Suite(mean or passing, {"gsm8k": 2 / 3, "tau2": 1 / 3})


def items_of(task: TaskDecision) -> int:
    return task.items if isinstance(task, Decided) else 0


def verdict(*tasks: TaskDecision, release: ReleaseVerdict = ReleaseVerdict.PASS, **changes: Any) -> Verdict:
    records = tuple(task_record(task.task, items=items_of(task), repeats=max(task.repeats, 1)) for task in tasks)
    made = Verdict(
        run_record("fp8", records),
        run_record("mxfp4", records),
        {"margin": 0.02, "alpha": 0.05, "require": "non_inferior", "tier": "required", "tasks": {}},
        tasks,
        release,
        tuple(task.named_reason for task in tasks),
        "quantgate gate runs/fp8 runs/mxfp4 --margin 0.02 --json gate.json",
        "2026-11-21T10:00:00+00:00",
        {"quantgate": "0.1.0", "python": "3.11.7"},
    )
    return replace(made, **changes)


def comparison(*formats: Format, **changes: Any) -> Comparison:
    made = Comparison(
        run_record(),
        {"margin": 0.02, "tasks": {}},
        formats
        or (
            Format("nvfp4", "runs/nvfp4", run_record("nvfp4"), (decision(),), ReleaseVerdict.PASS, 0.56),
            Format(
                "mxfp4",
                "runs/mxfp4",
                run_record("mxfp4"),
                (inconclusive("gsm8k"), inconclusive()),
                ReleaseVerdict.INCONCLUSIVE,
                0.53,
            ),
            Format(
                "int4", "runs/int4", run_record("int4"), (regressed("gsm8k"), invalid()), ReleaseVerdict.INVALID, 0.5
            ),
        ),
        ReleaseVerdict.INVALID,
        ("nvfp4",),
        "of FP8's bytes",
        command="quantgate compare runs/fp8 runs/nvfp4 runs/mxfp4 runs/int4",
        created="2026-11-21T10:00:00+00:00",
        software={"quantgate": "0.1.0"},
    )
    return replace(made, **changes)
