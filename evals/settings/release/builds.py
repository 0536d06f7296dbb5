"""The builds of a release file: each a mapping of its own, with a label that can be the name of a folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import looks_like_key
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.release.layers import RUN_OPTIONS
from quantgate.evals.settings.release.parts import COPY, Build, Report
from quantgate.evals.settings.release.said import at, path_in
from quantgate.evals.text import printable

_LONGEST_LABEL = 100
_NO_PART = frozenset('/\\:*?"<>|')
"""What some file system, or a service that keeps the files of a job, does not take in a name."""

_TAKEN = frozenset({COPY, *(report.file(several=several) for report in Report for several in (False, True))})


@dataclass(frozen=True, slots=True)
class Side:
    """A build as it is written: its place in the file and all that stands there."""

    place: str
    written: Mapping[str, Any]
    build: Build

    @property
    def is_asked(self) -> bool:
        return self.build.run is None


def written_builds(document: Mapping[str, Any], file: Path) -> dict[str, Mapping[str, Any]]:
    """What stands under each build, by its place in the file, the baseline first.

    Raises
    ------
    UsageError
        When there is no baseline or no candidate, or one is no mapping.
    """
    if "candidate" in document and "candidates" in document:
        raise UsageError(f"{file}: candidate and candidates are one: give the builds as a list under one of them")
    key = "candidates" if "candidates" in document else "candidate"
    for name, hint in (("baseline", "the build that is held to be right"), (key, "the build that is to be judged")):
        if document.get(name) in (None, [], {}):
            raise UsageError(f"{file}: {name} is missing: {hint}, as {name}: {{base_url: ..., model: ...}}")
    listed = document[key] if isinstance(document[key], list) else None
    candidates = {key: document[key]} if listed is None else {f"{key}[{i}]": each for i, each in enumerate(listed)}
    builds = {"baseline": document["baseline"], **candidates}
    for place, written in builds.items():
        if not isinstance(written, Mapping):
            raise UsageError(
                f"{at(file, place)}{shown(written)} is no build: write {{base_url: ..., model: ...}}, or "
                "{run: FOLDER} of a finished run"
            )
    return builds


def sides_of(builds: Mapping[str, Mapping[str, Any]], file: Path) -> tuple[Side, tuple[Side, ...]]:
    """Baseline and candidates, of what `written_builds` gives.

    Raises
    ------
    UsageError
        When a label cannot name a folder or names two builds, or a finished run is given with options of asking.
    """
    baseline, *candidates = (_side(place, written, len(builds) > 2, file) for place, written in builds.items())
    _check_apart((baseline, *candidates), file)
    return baseline, tuple(candidates)


def check_folders(sides: Sequence[Side], out: Path, file: Path) -> None:
    """Raise UsageError when answers would be written into a finished run, or one run stands for two builds."""
    seen = {(out / side.build.label).resolve(): side.place for side in sides if side.is_asked}
    for side in sides:
        if side.build.run is None:
            continue
        if (other := seen.setdefault(side.build.run.resolve(), side.place)) != side.place:
            raise UsageError(f"{at(file, side.place, 'run')} {side.build.run}: this is the folder of {other}, too")


def _side(place: str, written: Mapping[str, Any], several: bool, file: Path) -> Side:
    run = _run(place, written, file)
    where = at(file, place, "label")
    if "label" in written:
        label = written["label"]
        if not isinstance(label, str):
            raise UsageError(f"{where} {shown(label)} is no text; write it in quotes")
        if (why := why_no_label(label)) is not None:
            raise UsageError(f"{where}{'' if looks_like_key(label) else f' {shown(label)}'}: {why}")
    elif place == "baseline" or not several:
        label = "baseline" if place == "baseline" else "candidate"
    else:
        label = run.resolve().name if run is not None else _short(written.get("model"))
        if why_no_label(label) is not None:
            raise UsageError(f"{where} is missing: several candidates are told apart by it, as label: mxfp4")
    return Side(place, written, Build(label, run))


def _run(place: str, written: Mapping[str, Any], file: Path) -> Path | None:
    if "run" not in written:
        return None
    where, run = at(file, place, "run"), written["run"]
    if not isinstance(run, str | Path) or not str(run):
        raise UsageError(f"{where} {shown(run)}: name the folder of a finished run")
    for name in written:
        if name in RUN_OPTIONS:
            raise UsageError(f"{at(file, place, str(name))}: a finished run is not asked again: leave this out, or run")
    path = run if isinstance(run, Path) else path_in(file.parent, run, where)
    try:
        there = path.is_dir()
    except (OSError, ValueError):
        there = False
    if not there:
        beside = f"; a relative path is one of the folder of {file.name}" if not path.is_absolute() else ""
        raise UsageError(f"{where} {shown(str(run))}: there is no such folder{beside}")
    return path


def _short(model: object) -> str:
    """What follows the last slash of a model's name; empty where none is told."""
    return PurePosixPath(model).name if isinstance(model, str) else ""


def why_no_label(label: str) -> str | None:
    """Why a label cannot be the name of a folder beside the reports; `None` where it can."""
    if not label.strip():
        return "give the build a label, as label: mxfp4"
    if looks_like_key(label):
        return "it looks like a key, and labels are shown everywhere"
    if printable(label) != label or "\n" in label:
        return "it has characters that cannot be shown"
    if found := sorted(_NO_PART & set(label)):
        return f"a label is the name of a folder, so it may not hold {found[0]}"
    if label.strip() != label or label[0] in ".-~" or label.endswith("."):
        return "a label is the name of a folder: it begins with a letter or digit and has no blank or dot at its ends"
    if len(label.encode()) > _LONGEST_LABEL:
        return f"a label is the name of a folder, of {_LONGEST_LABEL} bytes at most"
    if _alike(label) in _TAKEN or re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", label):
        return "a file of the release is called so: give another"
    return None


def _alike(label: str) -> str:
    """The same for labels that some file system takes for one name."""
    return unicodedata.normalize("NFKC", label).casefold()


def _check_apart(sides: Sequence[Side], file: Path) -> None:
    seen: dict[str, str] = {}
    for side in sides:
        if (other := seen.setdefault(_alike(side.build.label), side.place)) != side.place:
            raise UsageError(
                f"{at(file, side.place, 'label')} {shown(side.build.label)}: {other} is called so already; each build "
                "has a folder of its own"
            )
