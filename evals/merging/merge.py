"""Makes the run of its shards: written whole or not at all, and the shards are left as they are."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import StorageError, Unfinished, UsageError
from quantgate.evals.files import sync_folder, write_atomically
from quantgate.evals.merging.placing import Gap, placed
from quantgate.evals.merging.records import merged_record
from quantgate.evals.merging.shards import opened, with_numbers
from quantgate.evals.merging.writing import copy_conversations, write_samples
from quantgate.evals.runs.record import RUN_FILE, RunRecord

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Merged:
    """The run that was made, of how many shards, and what the user should know of them."""

    record: RunRecord
    shards: int
    notes: tuple[str, ...]


def merge(
    folders: Sequence[Path],
    out: Path,
    label: str | None = None,
    *,
    incomplete: bool = False,
    model_changed: bool = False,
) -> Merged:
    """Make the run of all its shards, as one machine would have written it.

    `incomplete` says that answers may be missing of a shard, `model_changed` that answers of several models are meant.

    Raises
    ------
    RunDirectoryError
        When a shard cannot be read, is there twice, or was asked otherwise than the others.
    UsageError
        When `out` holds something already, or one of `folders` is no shard.
    StorageError
        When a shard is still being written, or the run cannot be.
    Unfinished
        When shards, or answers of them, are missing.
    """
    out = out.resolve()
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise UsageError(f"--out {out} is not empty: give a folder that is, or another name")
    runs = opened(folders, model_changed=model_changed)
    answers = placed(runs)
    if answers.gaps and not incomplete:
        raise Unfinished(_told_of(answers.gaps))
    record, places = merged_record(runs, label, out.name, answers.regraded)
    partial = out.with_name(f".{out.name[:100]}.{secrets.token_hex(8)}")
    try:
        partial.mkdir(parents=True)
        try:
            write_samples(partial, runs, answers.tasks, places)
            copy_conversations(partial, runs)
            write_atomically(partial / RUN_FILE, record.to_json())
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync_folder(out.parent)
    except OSError as error:
        raise StorageError(f"cannot write to {out}: {error.strerror or error}. The shards are as they were") from None
    return Merged(record, len(runs), tuple(answers.notes))


def _told_of(gaps: Sequence[Gap]) -> str:
    told = [f"{gap.run} lacks {gap.lacking:,} of {gap.pairs:,} answers" for gap in gaps[:_SHOWN]]
    more = "" if len(gaps) <= _SHOWN else f", and so do {with_numbers([gap.run.shard for gap in gaps[_SHOWN:]])}"
    return (
        f"incomplete: {'; '.join(told)}{more}. The command that began a shard goes on with it; "
        "--incomplete makes a run without what is missing, which `quantgate run` can go on with"
    )
