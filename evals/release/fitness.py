"""Whether the endpoints of a release are fit to be asked, before a benchmark is: each for itself, and side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from quantgate.evals.checks.prompt_tokens import prompt_readings, readings_of
from quantgate.evals.checks.same_build import address_of
from quantgate.evals.checks.told_apart import FirstPrompts, SeenBuild, prompts_apart, told_apart
from quantgate.evals.contract.lengthy import Lengthy
from quantgate.evals.contract.task import Orchestrated, Task, TaskInfo
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.release.types import Build, Order, Served
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.runs.preflight import MODELS, Examined, Question, examine
from quantgate.evals.samples.columns import NONE


def look_at(
    builds: Sequence[Build],
    to_ask: Collection[str],
    tasks: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    *,
    same_build: bool,
    prompts_unlike: Collection[str] = (),
    order: Order = Order.INTERLEAVED,
) -> dict[str, Examined]:
    """What the endpoints show of the builds that are to be asked, by label, all looked at side by side.

    Parameters
    ----------
    builds
        The baseline, then the candidates.
    to_ask
        The labels of those that something has to be asked of; the others need no server.
    tasks, infos
        What is asked, and what each of it declares.
    same_build
        Whether one build on both sides is meant.
    prompts_unlike
        The tasks of which prompts of other tokens are meant, or keep nothing from passing.
    order
        Where the baseline is asked first, one server may serve the builds in turn: then it need not list the later one
        yet.
    """
    return run_cancelled_by_ctrl_c(
        looking_at(builds, to_ask, tasks, infos, same_build=same_build, prompts_unlike=prompts_unlike, order=order)
    )


async def looking_at(
    builds: Sequence[Build],
    to_ask: Collection[str],
    tasks: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    *,
    same_build: bool,
    prompts_unlike: Collection[str] = (),
    order: Order = Order.INTERLEAVED,
) -> dict[str, Examined]:
    """`look_at` in an event loop that does other things meanwhile."""
    asked = [build for build in builds if isinstance(build, Served) and build.label in to_ask]
    examined = await asyncio.gather(*(examine(_questions(build, tasks, infos)) for build in asked))
    found = dict(zip((build.label for build in asked), examined, strict=True))
    if order is Order.BASELINE_FIRST:
        found |= {build.label: waiting for build in asked if (waiting := _waiting(build, asked, found)) is not None}
    baseline, *candidates = [_seen(build, found) for build in builds]
    asked_first, *asked_then = [_first_prompts(build, tasks, found) for build in builds]
    for candidate, prompts in zip(candidates, asked_then, strict=True):
        if (label := candidate.label) in found or (label := baseline.label) in found:
            apart = told_apart(baseline, candidate, meant=same_build)
            apart += prompts_apart(asked_first, prompts, meant=prompts_unlike)
            found[label] = replace(found[label], observations=(*found[label].observations, *apart))
    return found


def _first_prompts(build: Build, tasks: Mapping[str, Task], found: Mapping[str, Examined]) -> FirstPrompts:
    """What a build's endpoint counts in the first items' prompts now, or what its run has of them."""
    if build.label in found:
        answers = found[build.label].answers
        return FirstPrompts(build.label, {name: prompt_readings(answer) for name, answer in answers.items()})
    directory = RunDirectory(build.out)
    record = directory.record()
    held, told = directory.held(record), {}
    for name, task in tasks.items():
        own, kept = held.of_task(name), record.task(name)
        row = own.columns.rows_of([task.items()[0].item_id], 1)[0, 0]
        if row != NONE and kept is not None and kept.imported is None:
            told[name] = readings_of(own.columns)(int(row))
    return FirstPrompts(build.label, told)


def _waiting(build: Served, asked: Sequence[Served], found: Mapping[str, Examined]) -> Examined | None:
    """What is seen of a build that is not served yet at the address of one that is asked before it."""
    address = address_of(build.any_config.base_url)
    before = [other for other in asked[: asked.index(build)] if address_of(other.any_config.base_url) == address]
    examined = found[build.label]
    if not before or not any(seen.subject == MODELS and seen.health is Health.BAD for seen in examined.observations):
        return None
    said = f"{build.any_config.model} is not served yet: its turn comes after {before[-1].label}"
    return replace(examined, observations=(Observation(MODELS, Health.NOTE, said),))


def _questions(build: Served, tasks: Mapping[str, Task], infos: Mapping[str, TaskInfo]) -> list[Question]:
    questions = []
    for name, task in tasks.items():
        config = build.configs[name]
        prompt = None if isinstance(task, Orchestrated) else task.prompt(task.items()[0], 0)
        lengthy = task if isinstance(task, Lengthy) else None
        sampling = config.sampling(task.sampling)
        questions.append(Question(name, config, prompt, sampling, infos[name].needs_tools, lengthy))
    return questions


def _seen(build: Build, found: Mapping[str, Examined]) -> SeenBuild:
    """A build as its endpoint describes it now, or as its run has recorded it."""
    if isinstance(build, Served) and build.label in found:
        config = build.any_config
        return SeenBuild(build.label, config.base_url, config.model, found[build.label].identity)
    return _recorded(build.label, build.out)


def _recorded(label: str, out: Path) -> SeenBuild:
    record = RunDirectory(out).record()
    return SeenBuild(label, str(record.endpoint.get("base_url") or ""), record.model, record.endpoint)


def named(label: str, examined: Examined, *, every: bool) -> list[Observation]:
    """What was seen of a build's endpoint, with its label; `every` also what is good."""
    told = [seen for seen in examined.observations if every or seen.health is not Health.GOOD]
    return [replace(seen, subject=f"{label}: {seen.subject}") for seen in told]
