"""A fleet file: a release file whose builds may have servers that are started for them, and many candidates.

`load_fleet` reads what a fleet has beside a release, and leaves the rest to `evals.settings.release`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.fleet.kept import fleet_copy
from quantgate.evals.settings.fleet.serve import PORT, Address, Serve
from quantgate.evals.settings.fleet.serving import Written, serve_of, written_serve
from quantgate.evals.settings.fleet.types import COPY, SERVERS, Fleet
from quantgate.evals.settings.release import KnownTasks, release_of
from quantgate.evals.settings.release.builds import written_builds
from quantgate.evals.settings.release.names import OF_RELEASE
from quantgate.evals.settings.release.said import at
from quantgate.evals.settings.requirements import PassIf
from quantgate.evals.settings.run import read_yaml

__all__ = ["COPY", "PORT", "SERVERS", "Address", "Fleet", "Serve", "load_fleet"]

_OWN = ("serve", "parallel", "pass_if")
_MOST_AT_ONCE = 64
_STAND_IN = "http://127.0.0.1:1/v1"
"""In place of an address that is known when the server is started."""


def load_fleet(file: Path, overrides: Mapping[str, Any], tasks: KnownTasks) -> Fleet:
    """Read and resolve a fleet file; the parameters are those of `evals.settings.release.load_release`.

    Raises
    ------
    UsageError
        In one line, with file and place, for what a release file is refused for, and for a server that cannot be
        started or told apart from another one.
    """
    document = dict(read_yaml(file))
    _check_own(document, file)
    own = {name: document.pop(name) for name in _OWN if name in document}
    for name in ("parallel", "pass_if"):
        if overrides.get(name) is not None:
            own[name] = overrides[name]
    parallel, pass_if = _parallel(own.get("parallel", 1), file), _pass_if(own.get("pass_if", "all"), file)
    top = written_serve(own.get("serve"), at(file, "", "serve"))
    builds = written_builds(document, file)
    servings: dict[str, Written | None] = {}
    for place, written in builds.items():
        nearer = written_serve(written.get("serve"), at(file, place, "serve"))
        servings[place] = _wanted(written, top, nearer, file, place)
    taken = {place: _taken(written, servings[place], document, file, place) for place, written in builds.items()}
    for place in builds:
        _put(document, place, taken[place][0])
    given = {name: value for name, value in overrides.items() if name not in _OWN}
    release = release_of(document, file, given, tasks)
    labels = [build.label for build in (release.baseline, *release.candidates)]
    serves = {
        label: serve_of(wanted, taken[place][1], at(file, place, "serve"))
        for label, (place, wanted) in zip(labels, servings.items(), strict=True)
        if wanted is not None
    }
    _check(release.policy.first is not None, labels, serves, parallel, release.baseline.label, file)
    return Fleet(release, serves, parallel, pass_if, fleet_copy(release.without_secrets(), serves, parallel, pass_if))


def _check_own(document: Mapping[str, Any], file: Path) -> None:
    if "order" in document:
        raise UsageError(f"{at(file, '', 'order')}: a fleet's baseline is asked first and whole: leave it out")
    for name in document:
        near = difflib.get_close_matches(str(name), _OWN, n=1, cutoff=0.8)
        if near and name not in (*OF_RELEASE, *_OWN):
            raise UsageError(f"{at(file, '', str(name))} is not known; did you mean {near[0]}?")


def _parallel(said: Any, file: Path) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= _MOST_AT_ONCE:
        raise UsageError(
            f"{at(file, '', 'parallel')} {shown(said)}: say how many candidates are served at once, "
            f"1 to {_MOST_AT_ONCE}"
        )
    return said


def _pass_if(said: Any, file: Path) -> PassIf:
    if said not in list(PassIf):
        raise UsageError(f"{at(file, '', 'pass_if')} {shown(said)}: write {' or '.join(PassIf)}")
    return PassIf(said)


def _wanted(
    written: Mapping[str, Any], top: Written | None, nearer: Written | None, file: Path, place: str
) -> Written | None:
    """How a build comes to be served; `None` where it is there already, or is a finished run."""
    if "run" in written:
        if nearer is not None:
            raise UsageError(f"{at(file, place, 'serve')}: a finished run is not asked again: leave this out, or run")
        return None
    if nearer is None and "base_url" in written:
        return None
    return nearer if top is None else top if nearer is None else {**top, **nearer}


def _taken(
    written: Mapping[str, Any], wanted: Written | None, document: Mapping[str, Any], file: Path, place: str
) -> tuple[dict[str, Any], str]:
    """The build as a release has it, and where it is to be served, `{port}` in it."""
    rest = {name: value for name, value in written.items() if name != "serve"}
    if wanted is None:
        if "run" not in written and "base_url" not in written and "base_url" not in document:
            raise UsageError(
                f"{at(file, place)}say where it is served (base_url), or by which command it is to be (serve: "
                '"vllm serve {model} --port {port}")'
            )
        return rest, ""
    where = at(file, place, "base_url")
    said = written.get("base_url", document.get("base_url"))
    if said is None:
        if PORT not in (wanted.get("command") or ""):
            raise UsageError(
                f"{where} is missing: say where it is served, or let the command of serve take {{port}}, as "
                '"vllm serve {model} --port {port}"'
            )
        return {**rest, "base_url": _STAND_IN}, f"http://127.0.0.1:{PORT}/v1"
    if not isinstance(said, str):
        raise UsageError(f"{where}: write an address, as http://127.0.0.1:{PORT}/v1")
    parse_endpoint_url(said.replace(PORT, "1"), where)
    return {**rest, "base_url": said.replace(PORT, "1")}, said


def _put(document: dict[str, Any], place: str, build: dict[str, Any]) -> None:
    key, listed, number = place.partition("[")
    if not listed:
        document[key] = build
    else:
        builds = list(document[key])
        builds[int(number.rstrip("]"))] = build
        document[key] = builds


def _check(
    has_first: bool,
    labels: list[str],
    serves: Mapping[str, Serve],
    parallel: int,
    baseline: str,
    file: Path,
) -> None:
    """Raise UsageError for what a fleet cannot do, though each build alone could."""
    if has_first:
        raise UsageError(f"{file}: first: a fleet asks all of its tasks of every candidate: leave it out")
    for label in labels:
        if label.casefold() == SERVERS or label.casefold() == COPY:
            raise UsageError(f"{file}: label {label}: a file of the fleet is called so: give another")
    fixed = {
        label: serve.base_url
        for label, serve in serves.items()
        if label != baseline and serve.command is not None and PORT not in serve.base_url
    }
    at_once: dict[str, str] = {}
    for label, base_url in fixed.items() if parallel > 1 else ():
        if (other := at_once.setdefault(base_url, label)) != label:
            raise UsageError(
                f"{file}: parallel: {other} and {label} would be served at one address at the same time; let {{port}} "
                'choose a free one for each, as serve: "vllm serve {model} --port {port}"'
            )
