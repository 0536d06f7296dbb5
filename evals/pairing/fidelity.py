"""Two runs of a task whose answers are log-probabilities of tokens: how far they agree, or why that cannot be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantgate.evals.contract.fidelity import GENERATED, TOKENS
from quantgate.evals.contract.records import Sample
from quantgate.evals.contract.token_logprobs import TokenLogprobs, parse_token_logprobs
from quantgate.evals.errors import DataError
from quantgate.evals.fidelity.document import compare_documents
from quantgate.evals.fidelity.documents import DocumentFidelity, FidelityTable
from quantgate.evals.fidelity.figures import Floor
from quantgate.evals.fidelity.floor import floor_of
from quantgate.evals.fidelity.table import Place, tabulated
from quantgate.evals.pairing.table import PairTable
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import NONE, Places
from quantgate.evals.samples.held import Held
from quantgate.evals.text import one_line


def fidelity_of(record: TaskRecord, table: PairTable, baseline: Held, candidate: Held) -> FidelityTable | str:
    """Hold repeat k of each document against repeat k of the other build's; or why that cannot be.

    Parameters
    ----------
    record
        The task's, of either build.
    table
        The pairs of samples, whose items are the documents.
    baseline, candidate
        Both builds' samples of the task.
    """
    repeats = table.alike.shape[1]
    rows = [held.columns.rows_of(table.items, repeats) for held in (baseline, candidate)]
    return _compared(record, table.items, rows[0], rows[1], baseline, candidate)


def with_agreement(table: PairTable, found: FidelityTable) -> PairTable:
    """The table with agreement in place of scores: the baseline's is whole wherever it has an answer.

    Where both builds have answered and cannot be held against each other, since the candidate's holds nothing, the
    candidate agrees in nothing.
    """
    answered = ~np.isnan(table.candidate)
    agreed = np.where(np.isnan(found.top1), 0.0, found.top1)
    both = answered & ~np.isnan(table.baseline)
    return replace(
        table,
        baseline=np.where(np.isnan(table.baseline), np.nan, 1.0),
        candidate=np.where(both, agreed, np.nan),
        alike=np.asarray(found.top1 == 1),
    )


def floor_by_repeats(record: TaskRecord, items: tuple[str, ...], baseline: Held) -> Floor | None:
    """The baseline's repeats held against each other, each against the one before; `None` where there are none."""
    if record.repeats < 2:
        return None
    rows = baseline.columns.rows_of(items, record.repeats)
    found = _compared(record, items, rows[:, :-1], rows[:, 1:], baseline, baseline)
    return None if isinstance(found, str) else floor_of(found, "the baseline's own repeats")


def _compared(
    record: TaskRecord, items: tuple[str, ...], ours: Places, theirs: Places, baseline: Held, candidate: Held
) -> FidelityTable | str:
    generated = record.settings.get(TOKENS) == GENERATED
    found: dict[Place, DocumentFidelity] = {}
    places = [tuple(place) for place in np.argwhere((ours != NONE) & (theirs != NONE)).tolist()]
    left = baseline.samples(np.array([ours[place] for place in places], dtype=np.intp))
    right = candidate.samples(np.array([theirs[place] for place in places], dtype=np.intp))
    for place, one, other in zip(places, left, right, strict=True):
        if not one.response or not other.response:
            continue
        try:
            documents = [_read(sample, build) for build, sample in (("baseline", one), ("candidate", other))]
            found[place[0], place[1]] = compare_documents(documents[0], documents[1], generated=generated)
        except DataError as error:
            return f"document {one_line(items[place[0]], 60)}: {error}"
    return tabulated(items, ours.shape[1], found)


def _read(sample: Sample, build: str) -> TokenLogprobs:
    try:
        return parse_token_logprobs(sample.response or "")
    except DataError as error:
        raise DataError(f"of the {build} {error}") from None
