"""Reads decisions back: the gate JSON and the comparison JSON, strictly, so that a report rests on what was decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, ValidationError

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.described import PooledChange
from quantgate.evals.decision.types import (
    FIGURES_OF_NONE,
    SCHEMA_VERSION,
    Decided,
    NotComparable,
    ReleaseVerdict,
    Suite,
    Verdict,
)
from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_text
from quantgate.evals.runs.misplaced import why_no_decision
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.settings.requirements import PassIf

_DECIDED, _NOT_COMPARABLE = "decided", "not comparable"


def _kind(task: Any) -> str:
    verdict = task.get("verdict") if isinstance(task, dict) else None
    return _NOT_COMPARABLE if verdict == "invalid" else _DECIDED


_Task: TypeAlias = Annotated[
    Annotated[Decided, Tag(_DECIDED)] | Annotated[NotComparable, Tag(_NOT_COMPARABLE)], Discriminator(_kind)
]


class _Document(BaseModel):
    """What both documents share. The dataclasses in it inherit its strictness: no unknown field, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    schema_version: Literal[1]
    verdict: ReleaseVerdict
    baseline: RunRecord
    policy: Mapping[str, object]
    command: str = ""
    created: str = ""
    software: dict[str, str] = {}
    asked_suite: AskedSuite | None = None


class _SuiteDocument(BaseModel):
    model_config = _Document.model_config

    mean: _Task
    weights: dict[str, float]

    def read(self) -> Suite:
        return Suite(self.mean, self.weights)


class _GateDocument(_Document):
    reasons: tuple[str, ...]
    candidate: RunRecord
    tasks: tuple[_Task, ...]
    pooled: PooledChange | None = None
    suite: _SuiteDocument | None = None
    holds: ReleaseVerdict | None = None
    folders: dict[Literal["baseline", "candidate"], str] = {}


class _FormatDocument(BaseModel):
    model_config = _Document.model_config

    name: str
    folder: str
    cost: float | None
    verdict: ReleaseVerdict
    cheapest_that_passes: bool
    candidate: RunRecord
    tasks: tuple[_Task, ...]
    suite: _SuiteDocument | None = None
    holds: ReleaseVerdict | None = None


class _ComparisonDocument(_Document):
    cheapest: tuple[str, ...]
    formats: tuple[_FormatDocument, ...]
    cost_unit: str = ""
    more_is_better: bool = False
    pass_if: PassIf = PassIf.ALL
    baseline_folder: str = ""
    awaited: dict[str, str] = {}


_AnyDocument = TypeVar("_AnyDocument", bound=_Document)


def load_decision(file: Path) -> Verdict | Comparison:
    """Read what `gate --json` or `compare --json` wrote.

    Raises
    ------
    DataError
        Naming the file, and the field where one is wrong, when it is neither, broken, or of another schema version.
    """
    try:
        text = read_text(file)
    except (OSError, UnicodeDecodeError) as error:
        why = why_no_decision(file) or getattr(error, "strerror", None) or error
        raise DataError(f"{file}: cannot be read: {why}") from None
    return parse_decision(text, str(file))


def parse_decision(text: str, where: str = "the decision") -> Verdict | Comparison:
    """The decision that `text` holds; raises DataError as `load_decision` does, naming `where`."""
    try:
        document = parse_json(text)
    except BrokenDocument as error:
        raise DataError(
            f"{where} is not JSON of a decision ({error}): give what `gate --json` or `compare --json` wrote"
        ) from None
    if not isinstance(document, dict) or "schema_version" not in document or "verdict" not in document:
        raise DataError(f"{where} holds no decision: give what `gate --json` or `compare --json` wrote")
    version = document["schema_version"]
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise DataError(
            f"{where} has schema version {str(version)[:20]!r}, this quantgate reads {SCHEMA_VERSION}: "
            "render it with the quantgate that wrote it, or decide again from the run directories"
        )
    _take_suites_apart(document)
    _leave_out_figures_of_none(document)
    if "formats" in document:
        return _comparison(_validated(_ComparisonDocument, document, where))
    return _verdict(_validated(_GateDocument, document, where))


def _leave_out_figures_of_none(document: dict[str, Any]) -> None:
    """Take the nulls that stand for figures out of the tasks that could not be compared; anything else stays."""
    holders = [document, *_objects(document.get("formats"))]
    suites = [holder["suite"]["mean"] for holder in holders if isinstance(holder.get("suite"), dict)]
    for task in [*suites, *(task for holder in holders for task in _objects(holder.get("tasks")))]:
        if _kind(task) == _NOT_COMPARABLE:
            for name, nothing in FIGURES_OF_NONE.items():
                if name in task and task[name] == nothing and type(task[name]) is type(nothing):
                    del task[name]


def _take_suites_apart(document: dict[str, Any]) -> None:
    """The fields of a suite that are a task's from the others, as the types have them."""
    for holder in (document, *_objects(document.get("formats"))):
        if isinstance(written := holder.get("suite"), dict):
            weights = {"weights": written.pop("weights")} if "weights" in written else {}
            holder["suite"] = {"mean": written, **weights}


def _objects(listed: object) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _validated(kind: type[_AnyDocument], document: dict[str, Any], where: str) -> _AnyDocument:
    try:
        # Half a surrogate pair (from a server or a file name) is what no text can hold.
        text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
        return kind.model_validate_json(text)
    except RecursionError:
        raise DataError(f"{where} is nested too deeply to be a decision") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        told = [str(part) for part in first["loc"] if part not in (_DECIDED, _NOT_COMPARABLE, "mean")]
        place = ".".join(told) or "the document"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise DataError(f"{where}: {place[:200]}: {first['msg'][:300]}{more}") from None


def _verdict(document: _GateDocument) -> Verdict:
    return Verdict(
        document.baseline,
        document.candidate,
        document.policy,
        document.tasks,
        document.verdict,
        document.reasons,
        document.command,
        document.created,
        document.software,
        document.pooled,
        document.suite.read() if document.suite else None,
        document.holds,
        {str(build): folder for build, folder in document.folders.items()},
        document.asked_suite,
    )


def _comparison(document: _ComparisonDocument) -> Comparison:
    formats = tuple(
        Format(
            build.name,
            build.folder,
            build.candidate,
            build.tasks,
            build.verdict,
            build.cost,
            build.suite.read() if build.suite else None,
            build.holds,
        )
        for build in document.formats
    )
    return Comparison(
        baseline=document.baseline,
        policy=document.policy,
        formats=formats,
        verdict=document.verdict,
        cheapest=document.cheapest,
        cost_unit=document.cost_unit,
        more_is_better=document.more_is_better,
        pass_if=document.pass_if,
        command=document.command,
        created=document.created,
        software=document.software,
        baseline_folder=document.baseline_folder,
        awaited=document.awaited,
        asked_suite=document.asked_suite,
    )
