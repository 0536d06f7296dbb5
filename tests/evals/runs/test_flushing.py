import errno
import os
import threading

import pytest

from quantgate.evals.runs.flushing import Flusher


class Disk:
    """An fsync that waits until it is allowed to end."""

    def __init__(self) -> None:
        self.begun, self.allowed, self.count = threading.Semaphore(0), threading.Semaphore(0), 0

    def fsync(self, descriptor: int) -> None:
        self.count += 1
        self.begun.release()
        assert self.allowed.acquire(timeout=10)


def test_what_is_written_during_one_sync_is_one_batch_of_the_next(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    flusher = Flusher(0)
    flusher.written()
    assert disk.begun.acquire(timeout=10)
    for _ in range(100):
        flusher.written()
    disk.allowed.release(2)
    flusher.close()
    assert disk.count == 2


def test_nothing_written_is_nothing_synced(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    Flusher(0).close()
    assert not disk.count


def test_a_failed_sync_is_told_by_every_later_call_and_not_tried_again(monkeypatch):
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    flusher = Flusher(7)
    flusher.written()
    flusher._thread.join(10)
    for call in (flusher.written, flusher.close):
        with pytest.raises(OSError, match="No space left"):
            call()
    assert calls == [7]
