"""Holds the builds of a release against their run directories and endpoints, and refuses before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.task import Task, TaskInfo
from quantgate.evals.release.session import Certain, Follow, ReleaseSession
from quantgate.evals.release.types import Build, Order


def prepare_release(
    builds: Sequence[Build],
    tasks: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    *,
    designs: Mapping[str, Design] | None = None,
    follow: Follow | None = None,
    certain: Certain | None = None,
    order: Order = Order.INTERLEAVED,
) -> ReleaseSession:
    """Look at the builds' run directories, and at the endpoints of those that lack something; nothing is written.

    Parameters
    ----------
    builds
        The baseline, then one candidate or several. A `Served` one has a configuration for every task.
    tasks, infos
        What is asked, and what each of it declares.
    designs
        For each task when it is looked at; `None` where all is asked and nothing decided on the way.
    follow
        Makes who follows one task of one candidate; with `designs`.
    certain
        Whether a candidate's verdict is certain although some of its tasks are open; with `designs`.
    order
        In which order the builds are asked.

    Raises
    ------
    ResumeMismatch
        When a directory holds answers to something else, or to other looks.
    RunDirectoryError
        When a stored build was asked otherwise than the candidates are to be, or lacks something.
    EndpointUnreachable, RequestRefused
        When nothing, or no OpenAI-compatible API, answers where something has to be asked.
    UsageError
        When the tasks' configurations of one build name different endpoints, models or directories.
    """
    raise NotImplementedError
