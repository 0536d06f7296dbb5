"""Holds the builds of a release against their run directories and endpoints, and refuses before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.task import Task, TaskInfo
from quantgate.evals.endpoint.served import served_model
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import Unfinished, UsageError
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.release.parts import parts_of
from quantgate.evals.release.referee import Pair, Referee
from quantgate.evals.release.replay import replay
from quantgate.evals.release.session import Follow, ReleaseSession
from quantgate.evals.release.stored import answers_of
from quantgate.evals.release.types import BASELINE, CANDIDATE, Build, Following, Order, Served, Stored
from quantgate.evals.runs.configured import plans_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.resume import design_differences
from quantgate.evals.runs.session import Listing, Session, listing_of, prepared
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.samples.held import Held


def prepare_release(
    builds: Sequence[Build],
    tasks: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    *,
    designs: Mapping[str, Design] | None = None,
    follow: Follow | None = None,
    required: Collection[str] | None = None,
    whole: Collection[str] = (),
    order: Order = Order.INTERLEAVED,
    look: bool = True,
) -> ReleaseSession:
    """Look at the builds' run directories, and at the endpoints of those that lack something; nothing is written.

    Parameters
    ----------
    builds
        The baseline, then one candidate or several, each with a label of its own. A `Served` one has a configuration
        for every task. A baseline alone is asked whole.
    tasks, infos
        What is asked, and what each of it declares.
    designs
        When each task is looked at; one that has none is asked whole, and so is everything without `designs`.
    follow
        Makes who follows a task of a candidate: called with the task, the candidate's label, the design as it was
        written when the release began, and the items in the order in which they are asked. With `designs`.
    required
        The tasks of which one that has regressed, or is blocked, settles its candidate; all of them without it.
    whole
        The tasks that are asked to their full size, as long as the verdict on a candidate is not certain.
    order
        In which order the builds are asked.
    look
        Whether the endpoints are looked at now, not when they are asked.

    Raises
    ------
    ResumeMismatch
        When a directory holds answers to something else, or to other looks.
    RunDirectoryError
        When a stored build was asked otherwise than the others are to be, or lacks something.
    EndpointUnreachable, RequestRefused
        When nothing, or no OpenAI-compatible API, answers where something has to be asked.
    Unfinished
        When the server that builds share does not serve the one whose turn it is.
    UsageError
        When the builds do not fit together: two with one label or directory, or one of several endpoints or models.
    """
    served = {build.label: build for build in builds if isinstance(build, Served)}
    _check(builds, served, tasks)
    fixed = {} if designs is None else _fixed(served, designs)
    plans = {label: plans_of(build.configs, tasks, infos, fixed) for label, build in served.items()}
    reference = next(iter(plans.values()))
    sessions = {label: prepared(build.configs, plans[label], None) for label, build in served.items()}
    held = {build.label: _held(build, reference, build is builds[0]) for build in builds}
    followings = {} if follow is None else _followings(builds, reference, fixed, held, sessions, follow)
    candidates = [build.label for build in builds[1:] or builds]
    referee = Referee(builds[0].label, candidates, followings, tasks if required is None else required, whole)
    to_ask = [label for label, session in sessions.items() if _lacks(label, session, referee)]
    openings: dict[str, _Opening] = {}
    for label in to_ask:
        sharing = [] if order is Order.INTERLEAVED else _sharing(label, served)
        before = next((other for other in reversed(sharing) if other.label in openings), None)
        openings[label] = _Opening(served[label], plans[label], sessions[label], before, takes_turns=bool(sharing))
    for opening in openings.values():
        if look and opening.is_first:
            opening.look()
    sessions |= {label: opening.session for label, opening in openings.items()}
    repeats = [max(plan.repeats for plan in alike) for alike in zip(*plans.values(), strict=True)]
    sizes = {plan.task.identity.name: (len(plan.items()), most) for plan, most in zip(reference, repeats, strict=True)}
    return ReleaseSession(
        builds=tuple(builds),
        to_ask=tuple(to_ask),
        total={label: session.total for label, session in sessions.items()},
        missing={label: len(session.missing) for label, session in sessions.items()},
        notices=_notices(sessions),
        order=order,
        parts=parts_of(sizes, fixed),
        referee=referee,
        openings=openings,
        most={label: _most(build) for label, build in served.items()},
    )


class _Opening:
    """One build that is to be asked.

    `takes_turns` says that other builds are asked at the same address at another time, `before` which of them is asked
    in this call before this one.
    """

    def __init__(
        self,
        build: Served,
        plans: Sequence[TaskPlan],
        session: Session,
        before: Served | None,
        *,
        takes_turns: bool,
    ) -> None:
        self.session = session
        self._build = build
        self._plans = plans
        self._before = before
        self._takes_turns = takes_turns
        self._has_looked = False

    @property
    def is_first(self) -> bool:
        """Whether its endpoint can be looked at at once: no other build has to be served there before."""
        return self._before is None

    def look(self) -> None:
        """Look at its endpoint."""
        self._use(run_cancelled_by_ctrl_c(listing_of(self._build.any_config)))

    def begin(self) -> None:
        record, before = self.session.record, self.session.before
        with RunDirectory(self._build.out).writing(record, before):
            self.session = replace(self.session, before=record)

    async def open(self) -> Session:
        if not self._has_looked:
            self._use(await listing_of(self._build.any_config))
        return self.session

    def _use(self, listing: Listing) -> None:
        config = self._build.any_config
        found = served_model(listing[0], config.model)
        is_other = self._takes_turns and found.names is not None and config.model not in found.names
        at = redact_url(config.base_url)
        if self._before is not None and (is_other or config.model == self._before.any_config.model):
            raise Unfinished(
                f"{self._before.label} is asked whole. Serve {_named(config.model, self._build.label)} at {at} now: "
                "the same command goes on with it"
            )
        if is_other:
            raise Unfinished(
                f"{at} serves {found.shown_names}: serve {_named(config.model, self._build.label)} there first, and "
                "give the same command again"
            )
        self.session = prepared(self._build.configs, self._plans, listing)
        self._has_looked = True


def _check(builds: Sequence[Build], served: Mapping[str, Served], tasks: Mapping[str, Task]) -> None:
    """Raise UsageError for builds that do not fit together."""
    if not served:
        raise UsageError("all builds are finished runs, so nothing is to be asked: quantgate gate decides on them")
    for what, values in (
        ("label", [build.label for build in builds]),
        ("run directory", [str(build.out.resolve()) for build in builds]),
    ):
        value, count = Counter(values).most_common(1)[0]
        if count > 1:
            raise UsageError(f"two builds have the {what} {value}: give each its own")
    for build in served.values():
        for name in ("base_url", "model", "out"):
            found = {str(getattr(build.configs[task], name)) for task in tasks}
            if len(found) > 1:
                shown = sorted(map(redact_url, found) if name == "base_url" else found)
                raise UsageError(
                    f"{build.label} has several values of {name} ({', '.join(shown)}): a build is one model, asked at "
                    "one address; give what is another one a label of its own"
                )


def _fixed(served: Mapping[str, Served], designs: Mapping[str, Design]) -> dict[str, Design]:
    """The designs as a run directory has them that was begun with them; they hold, to the last digit."""
    fixed = dict(designs)
    for directory in (RunDirectory(build.out) for build in served.values()):
        for task in directory.record().tasks if directory.exists() else ():
            wanted = designs.get(task.name)
            if task.design is not None and wanted is not None and not design_differences(task.design, wanted):
                fixed[task.name] = task.design
    return fixed


def _held(build: Build, plans: Sequence[TaskPlan], is_baseline: bool) -> Held:
    if isinstance(build, Stored):
        return answers_of(build, plans, is_baseline=is_baseline)
    return RunDirectory(build.out).held()


def _followings(
    builds: Sequence[Build],
    plans: Sequence[TaskPlan],
    designs: Mapping[str, Design],
    held: Mapping[str, Held],
    sessions: Mapping[str, Session],
    follow: Follow,
) -> dict[Pair, Following]:
    """Who follows each task of each candidate, told what is there already.

    What the server would not take is asked again, for it may have been mended since; but where it has settled a task,
    that is settled.
    """
    lacked = {label: session.missing.of_tasks() for label, session in sessions.items()}
    followings: dict[Pair, Following] = {}

    def told(plan: TaskPlan, candidate: Build, *, all_there: bool) -> Following:
        task = plan.task.identity.name
        following = follow(task, candidate.label, designs[task], plan.items())
        for side, build in ((BASELINE, builds[0]), (CANDIDATE, candidate)):
            missing = None if all_there or build.label not in lacked else lacked[build.label][task][1]
            replay(following, side, plan, held[build.label], missing)
        return following

    for plan in plans:
        if plan.task.identity.name in designs:
            for candidate in builds[1:]:
                following = told(plan, candidate, all_there=True)
                if not following.state().settled:
                    following = told(plan, candidate, all_there=False)
                followings[plan.task.identity.name, candidate.label] = following
    return followings


def _lacks(label: str, session: Session, referee: Referee) -> bool:
    """Whether anything has to be asked of a build, or graded, that is wanted."""
    ungraded = session.again.tasks()
    return any(
        referee.wants(label, task) and (any(missing) or task in ungraded)
        for task, (_, missing) in session.missing.of_tasks().items()
    )


def _sharing(label: str, served: Mapping[str, Served]) -> list[Served]:
    """The other builds at a build's address."""
    url = served[label].any_config.base_url
    return [other for other in served.values() if other.label != label and other.any_config.base_url == url]


def _most(build: Served) -> dict[str, int]:
    """Of tasks that are to have fewer requests in flight than others of the build, how many."""
    sizes = {task: config.concurrency for task, config in build.configs.items()}
    return {task: size for task, size in sizes.items() if size != "auto" and len(set(sizes.values())) > 1}


def _notices(sessions: Mapping[str, Session]) -> list[str]:
    """What the user should know; once, where it is the same of all builds."""
    told = Counter(notice for session in sessions.values() for notice in dict.fromkeys(session.notices))
    shown: dict[str, None] = {}
    for label, session in sessions.items():
        for notice in session.notices:
            shown[notice if told[notice] == len(sessions) else f"{label}: {notice}"] = None
    return list(shown)


def _named(model: str, label: str) -> str:
    """The model with its build, where that has a name of its own."""
    return model if model == label else f"{model} ({label})"
