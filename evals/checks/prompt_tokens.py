"""Whether both builds were sent the same tokens: by how many the servers counted in each prompt, item by item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.checks.endings import is_conversation, is_of_an_agent
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.token_ids import ACCEPT, are_alike, ids_unlike
from quantgate.evals.contract.records import Answer, Sample
from quantgate.evals.contract.token_ids import recorded
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.runs.record import SameBy
from quantgate.evals.samples.columns import NONE, Columns, Digests, Ints, cached_tokens, token_count
from quantgate.evals.text import excerpt

_MOST_TOKENS = 1 << 30
"""A number of tokens that no prompt has is taken for untold."""
_RADIX = 4 * _MOST_TOKENS
"""Above any count, with what was cut and what came from a cache."""
_EXAMPLES = 3
_LEAST_TOLD = 0.5
_GROWS = 0.5
"""The least correlation of a difference with the prompt's length at which it is said to grow with it."""
_LEAST_CONSTANT = 20
"""So many items with one and the same difference are no conversation, of which nothing else is known."""
_BUILDS = ("baseline", "candidate")
_WHY = "what differs in score may then be the prompt's doing and not the build's"


@dataclass(frozen=True, slots=True)
class _Counts:
    """One build's distinct pairs of a prompt and a count of its tokens, sorted; each array of shape (pairs,).

    A prompt is a number that both builds share, and so is the `item` that it asks.
    """

    prompt: Ints
    item: Ints
    tokens: Ints

    def of(self, kept: NDArray[np.bool_]) -> _Counts:
        return _Counts(self.prompt[kept], self.item[kept], self.tokens[kept])

    @property
    def pairs(self) -> Ints:
        """Each pair as one number."""
        return np.asarray(self.prompt * _RADIX + self.tokens)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Both builds' counts of the prompts that both have told, and which of these have other counts."""

    ours: _Counts
    theirs: _Counts
    unlike: Ints

    @property
    def items(self) -> int:
        return len(np.unique(self.ours.item))


def prompt_findings(pairs: TaskPairs, endpoints: Mapping[str, Mapping[str, Any]], *, meant: bool) -> Iterator[Finding]:
    """What the builds' counts of prompt tokens show; `meant` says that other tokens are, as of another model.

    `endpoints` has what each run recorded of its own: with an address it could have told them, and the hashes of token
    ids say by themselves whether the same is made of the first prompts.

    A prompt's count is held against those that the other build gave for the very same prompt, so that what varies
    within both alike, as by the day's date in a template, is told and blocks nothing. What a server does not tell, or
    tells as 0, is unknown and never equal. Nothing is compared of conversations, whose prompts hold what the model
    has said (tau2); of another tool's files, of which that is not known, a difference blocks only where it is the same
    on every item, as no conversation makes it.
    """
    if any(is_conversation(run.samples) for run in pairs.builds.values()):
        return
    ids = {name: [*recorded(endpoint, pairs.task)] for name, endpoint in endpoints.items()}
    yield from ids_unlike(ids, meant=meant)
    compared = _best_reading(pairs)
    if compared is None or not compared.items:
        if not are_alike(ids):
            yield from _untold(pairs, asked=all(endpoint.get("base_url") for endpoint in endpoints.values()))
        return
    imported = any(run.imported for run in pairs.builds.values())
    if len(compared.unlike):
        yield _unlike(pairs, compared, meant=meant, imported=imported)
    elif 0 < compared.items < _LEAST_TOLD * len(pairs.table.items):
        yield Finding(
            FindingCode.PROMPTS_UNTOLD,
            Severity.WARNS,
            f"The builds' prompt tokens could be compared on {compared.items:,} of {len(pairs.table.items):,} items "
            "alone, where both servers told them: on the others another chat template would not be seen",
        )
    yield from _varied(pairs, compared)


def prompt_readings(answer: Answer | Sample) -> frozenset[int]:
    """How many tokens a prompt may have by what one answer tells, with and without those from a cache; none if untold.

    Of log-likelihoods with those that were cut from it, of a conversation none.
    """
    told: Mapping[str, Any] = {} if is_of_an_agent(answer.finish_reason or "") else answer.usage or {}
    tokens, cut = (token_count(told.get(name)) for name in ("prompt_tokens", "cut_tokens"))
    if not 0 < tokens < _MOST_TOKENS:
        return frozenset()
    whole = tokens + max(cut, 0)
    return frozenset({whole, whole + max(cached_tokens(told), 0)})


def readings_of(samples: Columns) -> Callable[[int], frozenset[int]]:
    """Gives the same of one of many samples, by its row; none where they are conversations."""
    whole = _whole(samples) if not is_conversation(samples) else np.zeros(len(samples), dtype=np.int64)
    cached = np.maximum(samples.cached_tokens, 0)

    def of(row: int) -> frozenset[int]:
        tokens = int(whole[row])
        return frozenset({tokens, tokens + int(cached[row])}) if tokens else frozenset()

    return of


def _best_reading(pairs: TaskPairs) -> _Compared | None:
    """The counts compared, with the tokens from a cache counted in where only so a build's agree with the other's.

    Most servers count them among the prompt's, some beside it.
    """
    readings = [[_whole(pairs.builds[name].samples)] for name in _BUILDS]
    for name, each in zip(_BUILDS, readings, strict=True):
        cached = np.clip(pairs.builds[name].samples.cached_tokens, 0, _MOST_TOKENS)
        if cached.any():
            each.append(np.where(each[0] > 0, each[0] + cached, 0))
    first: _Compared | None = None
    for ours, theirs in product(*readings):
        compared = _compared(pairs, ours, theirs)
        first = first or compared
        if compared is not None and not len(compared.unlike):
            return compared
    return first


def _whole(samples: Columns) -> Ints:
    """The prompt's tokens, with those that were cut from it; 0 where they are not told, or no prompt has so many."""
    tokens, cut = samples.prompt_tokens, np.maximum(samples.cut_tokens, 0)
    return np.asarray(np.where((tokens > 0) & (tokens < _MOST_TOKENS) & (cut < _MOST_TOKENS), tokens + cut, 0))


def _compared(pairs: TaskPairs, ours: Ints, theirs: Ints) -> _Compared | None:
    """Both builds' counts held against one another; `None` where one of them tells none."""
    told = [_told(pairs, name, tokens) for name, tokens in zip(_BUILDS, (ours, theirs), strict=True)]
    if not all(len(tokens) for _, _, tokens in told):
        return None
    numbers = np.unique(np.concatenate([keys for keys, _, _ in told]))
    counts = [_counts(np.searchsorted(numbers, keys), item, tokens) for keys, item, tokens in told]
    both = np.intersect1d(counts[0].prompt, counts[1].prompt)
    left, right = (each.of(np.isin(each.prompt, both)) for each in counts)
    alone = [left.prompt[~np.isin(left.pairs, right.pairs)], right.prompt[~np.isin(right.pairs, left.pairs)]]
    return _Compared(left, right, np.unique(np.concatenate(alone)))


def _told(pairs: TaskPairs, build: str, tokens: Ints) -> tuple[Digests, Ints, Ints]:
    """What stands for each prompt of which a build has told the tokens, the item that it asks, and how many it told.

    Two runs of our own have the prompts' hashes; others may have hashes of another making.
    """
    rows = pairs.rows(build)
    item, repeat = np.nonzero(rows != NONE)
    row = rows[item, repeat]
    there = tokens[row] > 0
    item, repeat, row = item[there], repeat[there], row[there]
    if pairs.paired_by in (None, SameBy.PROMPT):
        return pairs.builds[build].samples.prompt[row], item, tokens[row]
    return (item * max(pairs.most_repeats, 1) + repeat).astype(np.uint64), item, tokens[row]


def _counts(prompt: Ints, item: Ints, tokens: Ints) -> _Counts:
    distinct, first = np.unique(prompt * _RADIX + tokens, return_index=True)
    return _Counts(distinct // _RADIX, item[first], distinct % _RADIX)


def _untold(pairs: TaskPairs, *, asked: bool) -> Iterator[Finding]:
    """That nothing could be compared: one server tells what the other does not, or neither does."""
    silent = [name for name in _BUILDS if not (_whole(pairs.builds[name].samples) > 0).any()]
    if len(silent) == 1 or (silent and asked):
        yield Finding(
            FindingCode.PROMPTS_UNTOLD,
            Severity.WARNS,
            "Whether both builds were sent the same tokens is not known, as no prompt_tokens are told of the "
            f"{' and the '.join(silent)}: look whether both are served with the same chat template and tokenizer",
            silent[0] if len(silent) == 1 else None,
        )


def _unlike(pairs: TaskPairs, compared: _Compared, *, meant: bool, imported: bool) -> Finding:
    differing = _Differences.of(compared)
    items = len(np.unique(differing.item))
    shown = ", ".join(
        f"{excerpt(pairs.table.items[item])}: {ours:,} and {theirs:,}" for item, ours, theirs in differing.examples
    )
    certain = not imported or (differing.step is not None and differing.everywhere and items >= _LEAST_CONSTANT)
    advice = f"Serve both alike, and ask again; {ACCEPT}" if certain else f"If it is meant, {ACCEPT}"
    return Finding(
        FindingCode.PROMPTS_UNLIKE,
        Severity.BLOCKS if certain and not meant else Severity.WARNS,
        f"The builds were not sent the same tokens: on {items:,} of {compared.items:,} items the candidate's server "
        f"counts {differing.said} in the same prompt ({shown}), {differing.cause}: {_WHY}. {advice}",
    )


@dataclass(frozen=True, slots=True)
class _Differences:
    """The prompts with unlike counts: the item of each, and both counts; all of shape (prompts,).

    Where a build has several counts of one prompt, those are held against one another that the other does not have.
    `everywhere` says whether no prompt has like counts.
    """

    item: Ints
    ours: Ints
    theirs: Ints
    everywhere: bool
    longest: tuple[int, int]

    @classmethod
    def of(cls, compared: _Compared) -> _Differences:
        item, ours = _first_alone(compared.ours, compared.theirs, compared.unlike)
        _, theirs = _first_alone(compared.theirs, compared.ours, compared.unlike)
        every = len(np.unique(compared.ours.prompt)) == len(compared.unlike)
        return cls(item, ours, theirs, every, (int(compared.ours.tokens.max()), int(compared.theirs.tokens.max())))

    @property
    def by(self) -> Ints:
        return np.asarray(self.theirs - self.ours)

    @property
    def step(self) -> int | None:
        """The difference, where it is the same on all of them."""
        return int(self.by[0]) if len(np.unique(self.by)) == 1 else None

    @property
    def examples(self) -> list[tuple[int, int, int]]:
        _, first = np.unique(self.item, return_index=True)
        return [(int(self.item[at]), int(self.ours[at]), int(self.theirs[at])) for at in first[:_EXAMPLES]]

    @property
    def said(self) -> str:
        """`24 tokens more`, `5 to 18 tokens more`, `from 3 tokens fewer to 12 tokens more`."""
        low, high = int(self.by.min()), int(self.by.max())
        if low == high:
            return _tokens(low)
        if low * high > 0:
            least, most = sorted((abs(low), abs(high)))
            return f"{least:,} to {_tokens(most if low > 0 else -most)}"
        return f"from {_tokens(low)} to {_tokens(high)}"

    @property
    def cause(self) -> str:
        """What makes such differences."""
        if self.step is not None and self.everywhere:
            return (
                "the same on each, as another chat template or system prompt does, or thoughts switched off on one side"
            )
        for side, (counts, longest) in enumerate(zip((self.ours, self.theirs), self.longest, strict=True)):
            if len(counts) > 1 and (counts == longest).all():
                return f"as the {_BUILDS[side]}'s server cuts prompts at {longest:,} tokens"
        if self.step is not None:
            return "the same on those alone, as a chat template that was changed under way does, or a date in it"
        if _correlation(self.ours, np.abs(self.by)) >= _GROWS:
            return "the more the longer the prompt, as another tokenizer does"
        return "as another tokenizer does, another chat template, or a server that leaves cached tokens out"


def _first_alone(own: _Counts, other: _Counts, unlike: Ints) -> tuple[Ints, Ints]:
    """For each of the prompts its item and the first of its counts that the other build does not have, if any is."""
    # Those that the other has come last.
    order = np.lexsort((np.isin(own.pairs, other.pairs), own.prompt))
    place = order[np.searchsorted(own.prompt[order], unlike)]
    return own.item[place], own.tokens[place]


def _varied(pairs: TaskPairs, compared: _Compared) -> Iterator[Finding]:
    """That a build's counts of one prompt are several."""
    for name, counts in zip(_BUILDS, (compared.ours, compared.theirs), strict=True):
        if varied := int((np.bincount(counts.prompt, minlength=1) > 1).sum()):
            yield Finding(
                FindingCode.PROMPTS_VARY,
                Severity.WARNS,
                f"The {name}'s server counts other tokens in {varied:,} prompts when they are asked again: a chat "
                "template that says the date, replicas that are served unlike, or cached tokens that it leaves out",
                name,
            )


def _tokens(by: int) -> str:
    number = "1 token" if abs(by) == 1 else f"{abs(by):,} tokens"
    return "as many" if not by else f"{number} {'more' if by > 0 else 'fewer'}"


def _correlation(length: Ints, by: Ints) -> float:
    """Pearson's, of a difference with the length of the prompt; 0 where either is the same throughout."""
    if len(length) < 3 or np.ptp(length) == 0 or np.ptp(by) == 0:
        return 0.0
    return float(np.corrcoef(length, by)[0, 1])
