"""A decision as the sheets that trackers keep: figures, facts, tags, and the decision itself as a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import Decided, TaskDecision, Verdict
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.text import printable
from quantgate.reports.files.markdown_text import markdown_text
from quantgate.reports.files.tables import flips_csv
from quantgate.reports.sinks.types import Sheet
from quantgate.reports.sinks.withheld import without_private_texts
from quantgate.reports.words.headline import comparison_headline, headline
from quantgate.reports.words.palette import verdict_word

_UNFIT = re.compile(r"[^\w. -]+|\.(?=\.)")
"""What MLflow or Weights & Biases refuse in a name, or take for a path of their own."""
_MOST_NAME = 120
_MOST_FACT = 500
"""MLflow's servers before 2.8 keep no more of a parameter."""
_FIGURES = (
    *("baseline", "candidate", "difference", "lower", "upper", "alpha", "items", "repeats", "losses", "gains"),
    *("recovery", "missing", "mcnemar_p"),
)


def sheets(decision: Verdict | Comparison) -> tuple[Sheet, ...]:
    """One of a gate; of a comparison one of the whole, which has its files, and one of each format."""
    told = without_private_texts(decision)
    return (_of_gate(told),) if isinstance(told, Verdict) else _of_comparison(told)


def names(tasks: Iterable[str]) -> dict[str, str]:
    """For each task a name that trackers take; those that come out alike are numbered."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for task in dict.fromkeys(tasks):
        plain = name = _UNFIT.sub("_", task)[:_MOST_NAME].strip(" .") or "_"
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        found[task] = name
    return found


def _of_gate(verdict: Verdict) -> Sheet:
    figures, facts = _of_rows(verdict.rows)
    return Sheet(
        name=_cut(f"{verdict.candidate.label} against {verdict.baseline.label}"),
        kind="gate",
        figures={**_of_whole(verdict.verdict.exit_code, verdict.rows), **figures},
        facts=_told(_builds(baseline=verdict.baseline, candidate=verdict.candidate), _of_policy(verdict), facts),
        tags=_tags(verdict.verdict.value, verdict.rows, verdict.software),
        note=_note(verdict.verdict.value, headline(verdict), verdict.rows),
        files=_files("gate.json", verdict),
    )


def _of_comparison(comparison: Comparison) -> tuple[Sheet, ...]:
    formats = ", ".join(build.name for build in comparison.formats)
    rows = [row for build in comparison.formats for row in build.rows]
    passing = [build for build in comparison.formats if build.passes]
    whole = Sheet(
        name=_cut(f"{formats} against {comparison.baseline.label}"),
        kind="compare",
        figures={
            "exit_code": comparison.verdict.exit_code,
            "formats": len(comparison.formats),
            "formats_that_pass": len(passing),
        },
        facts=_told(
            _builds(baseline=comparison.baseline),
            _of_policy(comparison),
            {"formats": formats, "cheapest": ", ".join(comparison.cheapest)},
        ),
        tags=_tags(comparison.verdict.value, rows, comparison.software),
        note=_note(comparison.verdict.value, comparison_headline(comparison), []),
        files=_files("compare.json", comparison),
    )
    return whole, *(_of_format(build, comparison) for build in comparison.formats)


def _of_format(build: Format, comparison: Comparison) -> Sheet:
    figures, facts = _of_rows(build.rows)
    cost = {} if build.cost is None else {"cost": float(build.cost)}
    return Sheet(
        name=_cut(build.name),
        kind="format",
        figures={**_of_whole(build.verdict.exit_code, build.rows), **cost, **figures},
        facts=_told(
            _builds(baseline=comparison.baseline, candidate=build.record),
            _of_policy(comparison),
            {"cost_unit": comparison.cost_unit},
            facts,
        ),
        tags=_tags(build.verdict.value, build.rows, comparison.software),
        note=_note(build.verdict.value, build.name, build.rows),
    )


def _of_rows(rows: Sequence[TaskDecision]) -> tuple[dict[str, float], dict[str, str]]:
    named = names(row.task for row in rows)
    figures = {f"{named[row.task]}/{name}": value for row in rows for name, value in _figures(row)}
    facts = {f"{named[row.task]}/{name}": value for row in rows for name, value in _facts(row)}
    return figures, facts


def _figures(row: TaskDecision) -> Iterator[tuple[str, float]]:
    """The figures of a task; of one that could not be compared those of what was asked for."""
    told = {name: getattr(row, name, None) for name in _FIGURES}
    told |= {"margin_points": row.margin.points, "margin_recovery": row.margin.recovery, "passes": int(row.passes)}
    if isinstance(row, Decided) and row.flip_table is not None:
        told |= {"losses": row.flip_table.losses, "gains": row.flip_table.gains}
    for name, value in told.items():
        if value is not None:
            yield name, float(value)


def _facts(row: TaskDecision) -> Iterator[tuple[str, str]]:
    yield "task", row.task
    yield "verdict", row.verdict.value
    yield "tier", row.tier.value
    yield "findings", ", ".join(dict.fromkeys(finding.code.value for finding in row.findings))
    yield "reason", row.reason
    if isinstance(row, Decided):
        yield "method", row.method


def _of_whole(exit_code: int, rows: Sequence[TaskDecision]) -> dict[str, float]:
    return {"exit_code": exit_code, "tasks": len(rows), "tasks_that_pass": sum(row.passes for row in rows)}


def _builds(**builds: RunRecord) -> dict[str, str]:
    labels = {build: record.label for build, record in builds.items()}
    return labels | {f"{build}_model": record.model for build, record in builds.items()}


def _of_policy(decision: Verdict | Comparison) -> dict[str, str]:
    told = {name: decision.policy.get(name) for name in ("alpha", "target")}
    return {name: str(value) for name, value in told.items() if value is not None}


def _told(*facts: Mapping[str, str]) -> dict[str, str]:
    """What is known, cut to what trackers keep."""
    return {name: _cut(value) for each in facts for name, value in each.items() if value}


def _files(name: str, decision: Verdict | Comparison) -> dict[str, str]:
    texts = {name: decision.to_json(), "flips.csv": flips_csv(decision)}
    # A model may have said half of a surrogate pair, which UTF-8 cannot hold.
    return {name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()}


def _tags(verdict: str, rows: Iterable[TaskDecision], software: Mapping[str, str]) -> dict[str, str]:
    codes = sorted({finding.code.value for row in rows for finding in row.findings})
    return _told({"verdict": verdict, "findings": ", ".join(codes), "version": software.get("quantgate", "")})


def _note(verdict: str, said: str, rows: Sequence[TaskDecision]) -> str:
    lines = [f"**{verdict_word(verdict)}** {markdown_text(said)}", ""]
    lines += [f"- {markdown_text(row.named_reason)}" for row in rows[:10]]
    return "\n".join(lines).strip()


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _MOST_FACT else text[: _MOST_FACT - 1] + "…"
