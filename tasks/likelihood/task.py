"""The task `likelihood`: each document is an item, and its score how often its own token was the likeliest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS, TOP1
from quantgate.evals.contract.options import TaskOption, path, whole_number
from quantgate.evals.contract.records import Continuation, Grade, Item, PerToken, Prompt, Sampling
from quantgate.evals.contract.task import Fetched, TaskData, TaskIdentity, TaskInfo, TaskOptions
from quantgate.evals.contract.token_logprobs import TokenLogprobs, parse_token_logprobs
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.likelihood.documents import Document, built_in, read_documents

METRIC = TOP1
MEAN = "mean_logprob"
TOPS = 20
DEFAULT_POSITIONS = 32
DEFAULT_MAX_LENGTH = 2048
_SAMPLING = Sampling(temperature=0.0, max_tokens=1, seed=None, max_length=DEFAULT_MAX_LENGTH)


class Likelihood:
    """Texts that are not answered but scored, each token after those before it (teacher forcing).

    The score is the share of tokens that were the likeliest where they stand. It says little for itself: two builds
    are held against each other token by token, by `evals.fidelity`.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        provenance: Mapping[str, str],
        positions: int = DEFAULT_POSITIONS,
    ) -> None:
        self._documents = documents
        self._provenance = provenance
        self._positions = positions

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name="likelihood",
            version="1",
            grader="likelihood 1",
            metric=METRIC,
            data_hash=self._data_hash,
            settings={ANSWERS: TOKEN_LOGPROBS, "tops": TOPS, "positions": self._positions, "weights": "items"},
            provenance=self._provenance,
        )

    @property
    def sampling(self) -> Sampling:
        return _SAMPLING

    @property
    def repeats(self) -> int:
        return 1

    @property
    def at_once(self) -> int:
        return 64_000

    def items(self) -> Sequence[Item]:
        first: dict[str, str] = {}
        for document in self._documents:
            first.setdefault(_said(document), document.item_id)
        if len(first) == len(self._documents):
            return [Item(document.item_id, document.stratum) for document in self._documents]
        # A text that is given twice says nothing more the second time: its copies are one unit.
        return [
            Item(document.item_id, document.stratum, cluster=first[_said(document)]) for document in self._documents
        ]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        document = self._by_id[item.item_id]
        hashed = _said(document)
        wanted = PerToken(TOPS, self._positions)
        return Prompt(document.messages, hashed, (Continuation("", document.text),), per_token=wanted)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """The share of tokens that were the likeliest, and the mean of their log-probabilities in nats.

        Where a model can only chat, its own tokens are stored: each was the likeliest, but the last where that leaves
        the text.
        """
        scored = parse_token_logprobs(response)
        count = len(scored.tokens)
        if not count:
            raise DataError("a stored response holds no log-probabilities of tokens")
        if scored.positions[0] == 0:
            first = count - self._leaves(item, scored)
        else:
            told = zip(scored.logprobs, scored.tops, strict=True)
            first = sum(value >= max(top.values(), default=math.inf) for value, top in told)
        values = [value for value, top in zip(scored.logprobs, scored.tops, strict=True) if top]
        metrics = {METRIC: first / count} | ({MEAN: math.fsum(values) / len(values)} if values else {})
        mean = f", mean {metrics[MEAN]:.3f} nats" if values else ""
        return Grade(first / count, f"{first} of {count}{mean}", metrics)

    def _leaves(self, item: Item, scored: TokenLogprobs) -> bool:
        """Whether a model that wrote the tokens has left the document's text with the last of them."""
        written = b"".join(map(_bytes_of, scored.tokens))
        return not scored.tops[-1] or not self._by_id[item.item_id].text.encode().startswith(written)

    @cached_property
    def _by_id(self) -> dict[str, Document]:
        return {document.item_id: document for document in self._documents}

    @cached_property
    def _data_hash(self) -> str:
        return canonical_hash(
            [document.item_id, document.stratum, list(map(dict, document.messages)), document.text]
            for document in self._documents
        )


def _said(document: Document) -> str:
    """What a document is known by: its text, and what it answers."""
    return canonical_hash([list(map(dict, document.messages)), document.text])


def _bytes_of(token: int | str) -> bytes:
    """A token's bytes, of a part of a character those that are written for it."""
    text = str(token)
    return bytes.fromhex(text[6:].replace("\\x", "")) if text.startswith("bytes:\\x") else text.encode()


def _load(options: TaskOptions) -> Likelihood:
    folder, files = options.own.get("texts"), options.data
    positions = options.own.get("positions", DEFAULT_POSITIONS)
    if folder is not None and files:
        raise UsageError("likelihood: give texts by --data likelihood=FILE or by --texts RUN, not by both")
    if folder is not None:
        from quantgate.tasks.likelihood.answers import read_answers

        answers = read_answers(folder)
        # Earlier records name a private text so; what is said with it reaches every reader of this run.
        private = {} if answers.private is None else {"text": "that of a private task"}
        source = f"the answers of the run {answers.label}"
        return Likelihood(answers.documents, {"source": source, **private}, positions)
    if files:
        file = next(iter(files.values()))
        return Likelihood(read_documents(file), {"source": file.name, **options.origin}, positions)
    return Likelihood(built_in(), {"source": "comes with quantgate"}, positions)


def _fetched(files: Mapping[str, Any], folder: Any) -> Fetched:
    if not files:
        raise DataError("likelihood: its own texts come with quantgate and need no bundle; name yours with --data")
    return Fetched(dict(files), {"source": "a file of the user's"})


INFO = TaskInfo(
    name="likelihood",
    summary="log-probabilities of given texts, token by token: what rounding changes first, in minutes",
    load=_load,
    data=TaskData("texts that come with quantgate, unless --data names others", ("texts",), _fetched),
    items=None,
    metrics=(METRIC,),
    sampling=_SAMPLING,
    repeats=1,
    options=(
        TaskOption("texts", "A finished run, whose answers are the texts, after what they answer.", path),
        TaskOption(
            "positions",
            f"Places of a text to ask about where a server tells of one at a time; default {DEFAULT_POSITIONS}.",
            whole_number(1, 4096),
        ),
    ),
    loglikelihoods=True,
)
