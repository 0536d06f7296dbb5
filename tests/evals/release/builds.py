"""What the tests of a release share: served builds of known truth, a simple rule that decides, and who remembers."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.records import Item, Status
from quantgate.evals.decision.sequential.state import Stage, State
from quantgate.evals.release.asking import ask_release
from quantgate.evals.release.preparing import prepare_release
from quantgate.evals.release.session import ReleaseSession
from quantgate.evals.release.types import Budget, Build, Ended, Order, Served
from quantgate.evals.runs.draw import ORDER, in_drawn_order
from quantgate.evals.settings.run import RunConfig
from tests.conftest import Sums, info_of, right_answer
from tests.server.served import Reply


def design_of(items: int, looks: int = 4, repeats: int = 1) -> Design:
    """Looks at equal steps over the items."""
    sizes = [(place * items // looks, 1) for place in range(1, looks + 1)]
    sizes += [(items, each) for each in range(2, repeats + 1)]
    shown = tuple(
        Look(size, passes, min(0.05, 0.05 * (n + 1) / len(sizes)), 0.01) for n, (size, passes) in enumerate(sizes)
    )
    return Design(items, repeats, 0.02, 0.05, 0.05, 0.05, shown, ORDER)


class Counting:
    """Follows by counting losses along the drawn order; what it is told first of an answer counts.

    More than `most` losses are a regression at once; a look with none passes from look number `passes_at` on.
    """

    def __init__(self, design: Design, items: Iterable[Item], most: int = 5, passes_at: int = 99) -> None:
        self.design, self.most, self.passes_at = design, most, passes_at
        self.names = [item.item_id for item in items]
        self.told: dict[tuple[str, str, int], float] = {}

    def answered(
        self,
        build: str,
        item_id: str,
        repeat: int,
        score: float | None,
        status: Status,
        *,
        unread: bool = False,
        prompt: frozenset[int] = frozenset(),
    ) -> None:
        if score is not None:
            self.told.setdefault((build, item_id, repeat), score)

    def _pair(self, name: str, repeat: int) -> tuple[float, float] | None:
        both = [self.told.get((build, name, repeat)) for build in ("baseline", "candidate")]
        return None if None in both else (both[0], both[1])

    def state(self) -> State:
        losses = done = 0
        looks = len(self.design.looks)
        for place, look in enumerate(self.design.looks):
            for name in self.names[done : look.items]:
                if (pair := self._pair(name, 0)) is None:
                    return State(Stage.OPEN, place, looks, done)
                done += 1
                losses += pair[1] < pair[0]
                if losses > self.most:
                    return State(Stage.REGRESSED, place, looks, done, message="too many losses")
            cells = [(name, repeat) for name in self.names[: look.items] for repeat in range(look.repeats)]
            if any(self._pair(*cell) is None for cell in cells):
                return State(Stage.OPEN, place, looks, done)
            if not losses and place + 1 >= self.passes_at:
                return State(Stage.PASSED, place + 1, looks, done)
        return State(Stage.ENDED, looks, looks, done)


class Seen:
    """A progress that remembers, and has this process ended by SIGTERM once `stop` says so."""

    def __init__(self, stop: Callable[[Seen], bool] | None = None) -> None:
        self.asked_of: Counter[tuple[str, str]] = Counter()
        self.ahead = 0
        self.faults = 0
        self.done: Counter[str] = Counter()
        self.states: list[tuple[str, str, Stage]] = []
        self.order: list[tuple[str, str]] = []
        self._stop = stop

    def follow(self, build, window) -> None: ...

    def asked(self, build, request) -> None:
        self.asked_of[build, request.task] += 1
        self.order.append((build, request.item.item_id))

    def fault(self, build, request, fault) -> None:
        self.faults += 1

    def finished(self, build, sample) -> None:
        self.done[build] += 1
        if self._stop is not None and self._stop(self):
            os.kill(os.getpid(), signal.SIGTERM)

    def state(self, task, candidate, state) -> None:
        self.states.append((task, candidate, state.stage))


def served(label: str, url: str, out: Path, tasks: Iterable[str] = ("sums",), **options: object) -> Served:
    """A build of the tests' server; `options` by task where their value is a mapping of tasks."""
    configs = {}
    for task in tasks:
        own = {name: value[task] if isinstance(value, dict) else value for name, value in options.items()}
        configs[task] = RunConfig(
            task=(task,), base_url=url, out=out / label, **{"model": "test-model", "concurrency": 4, **own}
        )
    return Served(label, configs)


def prepared(
    builds: list[Build],
    tasks: Mapping[str, Sums],
    designs: Mapping[str, Design] | None = None,
    *,
    order: Order = Order.INTERLEAVED,
    required: Iterable[str] | None = None,
    kind: type[Counting] = Counting,
    **rule: int,
) -> ReleaseSession:
    return prepare_release(
        builds,
        tasks,
        {name: info_of(task) for name, task in tasks.items()},
        designs=designs,
        follow=lambda task, candidate, design, items: kind(design, items, **rule),
        order=order,
        required=None if required is None else set(required),
    )


def asked(session: ReleaseSession, seen: Seen | None = None, **budget: float) -> tuple[Ended, Seen]:
    seen = seen or Seen()
    return ask_release(session, budget=Budget(**budget), progress=seen), seen


def drawn(task: Sums) -> list[str]:
    return [item.item_id for item in in_drawn_order(task.items())]


class Model:
    """A served model that is wrong on some items, hangs on others, and counts how often each was asked."""

    def __init__(self, wrong: Iterable[str] = (), delay_s: float = 0.0, hangs: Iterable[str] = ()) -> None:
        self.wrong = set(wrong)
        self.delay_s = delay_s
        self.hangs = set(hangs)
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, body: dict) -> Reply:
        item = body["messages"][-1]["content"].split()[2]
        with self._lock:
            self.asked[item] += 1
        if item in self.hangs:
            return Reply(hang=True)
        text = "The answer is 100000." if item in self.wrong else right_answer(body)
        return Reply(text, delay_s=self.delay_s)
