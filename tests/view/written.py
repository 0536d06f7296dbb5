"""Run directories on disk, as the viewer finds them, and its pages over real HTTP."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from threading import Event
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.runs.planned import written
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import PROMPTS_FILE, line_of_prompt
from quantgate.view import pages
from quantgate.view.app import view_app
from quantgate.view.index import Index
from quantgate.view.security import LOOPBACK, Guard
from quantgate.view.server import listening, server_of
from quantgate.view.store import Store
from tests.evals.made_runs import TASK

TOKEN = "a-token-of-the-tests"


def answered(item: str, score: float | None = 1.0, **fields: Any) -> Sample:
    """One answer to a gsm8k item."""
    told = {"repeat": 0, "response": f"It is {item}.", "extracted": item, "usage": {"completion_tokens": 20}, **fields}
    status = told.pop("status", Status.ERROR if score is None else Status.OK)
    repeat = told.pop("repeat")
    return Sample(told.pop("task", TASK.name), item, repeat, f"hash {item}", status, score, **told)


def task_of(items: Iterable[str], **fields: Any) -> TaskRecord:
    ids = list(dict.fromkeys(items))
    return replace(TASK, items=len(ids), item_ids=written(ids), **fields)


def write_run(
    folder: Path,
    samples: Sequence[Sample],
    *,
    label: str | None = None,
    asked: Sequence[Asked] = (),
    tasks: Sequence[TaskRecord] | None = None,
    **task: Any,
) -> Path:
    """A run directory with these answers; its tasks are those of the answers unless they are given."""
    folder.mkdir(parents=True, exist_ok=True)
    if tasks is None:
        names = dict.fromkeys(sample.task for sample in samples)
        tasks = [
            task_of(
                (sample.item_id for sample in samples if sample.task == name),
                name=name,
                **{"repeats": max((sample.repeat for sample in samples), default=0) + 1, **task},
            )
            for name in names
        ]
    record = RunRecord(label or folder.name, "org/model", {}, tuple(tasks), {}, f"2026-11-27T10:00:00 {folder.name}")
    (folder / "run.json").write_bytes(record.to_json().encode("utf-8", "backslashreplace"))
    (folder / "samples.jsonl").write_bytes(b"".join(map(line_of, samples)))
    if asked:
        (folder / PROMPTS_FILE).write_bytes(b"".join(map(line_of_prompt, asked)))
    return folder


def add(folder: Path, *samples: Sample) -> None:
    """More answers of a run."""
    with (folder / "samples.jsonl").open("ab") as stream:
        stream.write(b"".join(map(line_of, samples)))


def indexed(folder: Path, file: Path) -> Index:
    """The index of a run, up to date."""
    from quantgate.evals.runs.directory import RunDirectory

    index = Index(folder, file)
    index.extend(RunDirectory(folder).record(), Event())
    return index


def ids(index: Index) -> list[tuple[str, int]]:
    """The items and repeats that an index holds, in its order."""
    with index.reading() as database:
        rows = database.execute("SELECT item, repeat FROM answer ORDER BY task, place, item, repeat").fetchall()
    return [(item.decode("utf-8", "surrogatepass"), repeat) for item, repeat in rows]


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode("utf-8"))


class Viewer:
    """The store of a viewer, and its pages over HTTP at a port; `get` takes a path below the token.

    The server is started at the first request: what a page is made of is most often asked of the store alone.
    """

    def __init__(self, store: Store, bound: socket.socket, once: str | None) -> None:
        self.store = store
        self.port: int = bound.getsockname()[1]
        self._bound = bound
        self._server = server_of(Guard(view_app(store, pages, f"/{TOKEN}/"), self.port, TOKEN, once))
        self._thread: threading.Thread | None = None

    def ask(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Response:
        if self._thread is None:
            self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._bound]})
            self._thread.start()
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"{LOOPBACK}:{self.port}", **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return Response(reply.status, told, reply.read())
        finally:
            connection.close()

    def get(self, path: str = "", **headers: str) -> Response:
        return self.ask(f"/{TOKEN}/{path}", headers=headers)

    def close(self) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()


@contextmanager
def viewing(*named: Path, reveal: bool = False, once: str | None = None) -> Iterator[Viewer]:
    """The viewer of some runs, decisions or folders, until the block ends; a page waits for all that it shows."""
    with Store(named, reveal=reveal, patience_s=60) as store, listening(0) as bound:
        viewer = Viewer(store, bound, once)
        try:
            yield viewer
        finally:
            viewer.close()


def key_of(viewer: Viewer, label: str) -> str:
    """The key of the open run of that label."""
    return next(run.key for run in viewer.store.overview().runs if run.label == label)
