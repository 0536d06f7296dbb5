"""`reasoning_gym:NAME`: a generator of reasoning-gym as a task of quantgate, described from its name."""

from __future__ import annotations

from functools import partial

from quantgate.evals.contract.task import TaskFamily, TaskInfo, TaskOptions
from quantgate.tasks.reasoning_gym.generators import ASKED, PREFIX, checked_name, needs
from quantgate.tasks.reasoning_gym.questions import Generator
from quantgate.tasks.reasoning_gym.task import EXACT, SAMPLING, VERIFIER, ReasoningGym, config_option, seed_option

DEFAULT_COUNT = 500
"""As many as reasoning-gym's own evaluation asks."""


def info(name: str) -> TaskInfo:
    """The generator of a whole name, as `reasoning_gym:chain_sum`.

    Raises
    ------
    UsageError
        When reasoning-gym has no such name, with the nearest; when it is refused, with the reason.
    """
    bare = checked_name(name.removeprefix(PREFIX))
    return TaskInfo(
        name=name,
        summary=f"{bare} of reasoning-gym: fresh questions, as many as are asked for, its own verifier",
        load=partial(_load, name),
        data=None,
        items=None,
        fresh=DEFAULT_COUNT,
        metrics=(EXACT, VERIFIER),
        sampling=SAMPLING,
        repeats=1,
        options=(seed_option(), config_option()),
        needs=needs,
    )


def _load(name: str, options: TaskOptions) -> ReasoningGym:
    generator = Generator(name.removeprefix(PREFIX), options.own.get("seed", 0), options.own.get("config", {}))
    return ReasoningGym(name, generator, options.limit or DEFAULT_COUNT, options.metric)


FAMILY = TaskFamily(
    prefix=PREFIX,
    summary=f"fresh questions of {len(ASKED)} generators of reasoning-gym, as many as are asked for",
    info=info,
)
