"""What two builds say of one document's tokens -> how far they agree, part by part; or why they cannot be compared."""

from __future__ import annotations

import numpy as np

from quantgate.evals.contract.fidelity import ENDED
from quantgate.evals.contract.token_logprobs import TokenLogprobs
from quantgate.evals.errors import DataError
from quantgate.evals.fidelity.buckets import STARTS, bucket_of
from quantgate.evals.fidelity.documents import DocumentFidelity, Parting
from quantgate.evals.fidelity.truncated import Token, parted_tokens, top1_agreement, truncated_kl
from quantgate.evals.text import printable


def compare_documents(
    baseline: TokenLogprobs, candidate: TokenLogprobs, *, generated: bool = False
) -> DocumentFidelity:
    """Hold two builds' log-probabilities of one document against each other, position by position.

    A position where a server shows no likeliest tokens counts for the log-probability alone.

    Parameters
    ----------
    baseline, candidate
        Of the same tokens at the same positions.
    generated
        Whether each build has generated the tokens itself: then they are compared up to where the tokens first part,
        that position included, as what stands before it is the same. Positions after it say nothing.

    Raises
    ------
    DataError
        When they are of other tokens or positions, which no noise explains: the servers do not tokenise alike, or were
        given another text. The message names the position. Also when no position shows likeliest tokens of both.
    """
    length = _together(baseline, candidate) if generated else _all(baseline, candidate)
    scored, logprob, shown, agreement, told, kl = np.zeros((6, len(STARTS)))
    first: Parting | None = None
    widest: Parting | None = None
    most, unshown = [0, 0], 0
    for place in range(length):
        position, token = baseline.positions[place], baseline.tokens[place]
        part = bucket_of(position)
        if ENDED in (token, candidate.tokens[place]):
            # One that has ended while the other goes on does not agree; by how much it diverges nobody tells.
            shown[part] += 1
            agreement[part] += float(candidate.tokens[place] == token)
            if candidate.tokens[place] != token and first is None:
                first = Parting(position, token, candidate.tokens[place], 0.0)
            continue
        if candidate.tokens[place] == token:
            scored[part] += 1
            logprob[part] += candidate.logprobs[place] - baseline.logprobs[place]
        ours, theirs = baseline.tops[place], candidate.tops[place]
        most = [max(known, len(top)) for known, top in zip(most, (ours, theirs), strict=True)]
        if not ours or not theirs:
            unshown += 1
            continue
        agrees = top1_agreement(ours, theirs)
        try:
            divergence = truncated_kl(ours, theirs, token)
        except DataError as error:
            raise DataError(f"at position {position:,} {error}") from None
        shown[part] += 1
        agreement[part] += agrees
        told[part] += 1
        kl[part] += divergence
        if (agrees < 1 and first is None) or divergence > (0.0 if widest is None else widest.kl):
            parting = Parting(position, *parted_tokens(ours, theirs), divergence)
            first = parting if agrees < 1 and first is None else first
            widest = parting if divergence > (0.0 if widest is None else widest.kl) else widest
    if not shown.sum():
        raise DataError("no position shows the likeliest tokens of both builds, which agreement is counted by")
    same = baseline.logprobs == candidate.logprobs and baseline.tops == candidate.tops
    return DocumentFidelity(
        scored, logprob, shown, agreement, told, kl, first, widest, same, (most[0], most[1]), unshown
    )


def _all(baseline: TokenLogprobs, candidate: TokenLogprobs) -> int:
    """How many positions there are, all of which must be of the same tokens."""
    kinds = {build: _kinds(told) for build, told in (("baseline", baseline), ("candidate", candidate))}
    if kinds["baseline"] and kinds["candidate"] and not kinds["baseline"] & kinds["candidate"]:
        words = {int: "by their ids", str: "as texts"}
        said = {build: words[next(iter(kind))] for build, kind in kinds.items()}
        raise DataError(
            f"the baseline's server names tokens {said['baseline']}, the candidate's {said['candidate']}: ask both in "
            "the same way"
        )
    for place, (ours, theirs) in enumerate(zip(baseline.positions, candidate.positions, strict=False)):
        if ours != theirs:
            raise DataError(
                f"token {place + 1:,} stands at position {ours:,} of the baseline's and {theirs:,} of the candidate's"
            )
        if baseline.tokens[place] != candidate.tokens[place]:
            one, other = (_named(told.tokens[place]) for told in (baseline, candidate))
            raise DataError(
                f"at position {ours:,} the baseline has the token {one} and the candidate {other}: the servers do not "
                "tokenise alike, or were given another text"
            )
    if len(baseline.positions) != len(candidate.positions):
        raise DataError(
            f"the baseline has {len(baseline.positions):,} tokens of it and the candidate "
            f"{len(candidate.positions):,}: the servers do not tokenise alike, or cut it at another length"
        )
    return len(baseline.positions)


def _together(baseline: TokenLogprobs, candidate: TokenLogprobs) -> int:
    """How many positions there are up to where generated tokens part, that one included."""
    both = zip(baseline.tokens, candidate.tokens, baseline.positions, candidate.positions, strict=False)
    length = 0
    for one, other, here, there in both:
        if here != there:
            raise DataError(
                f"token {length + 1:,} stands at position {here:,} of the baseline's and {there:,} of the candidate's"
            )
        length += 1
        if one != other:
            break
    return length


def _kinds(told: TokenLogprobs) -> set[type]:
    return {type(token) for token in told.tokens[:1]}


def _named(token: Token) -> str:
    return repr(printable(token[:40])) if isinstance(token, str) else str(token)
