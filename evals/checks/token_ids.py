"""Whether both builds' servers make the same token ids of a task's first prompts, by the hashes that runs record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.token_ids import TokenIds

ACCEPT = "prompts_unlike: true in the policy (--prompts-unlike) says that it is meant, as of two models' tokenizers"
_OTHER = "is served, and what differs in score may be its doing and not the build's"


def ids_unlike(told: Mapping[str, Sequence[TokenIds]], *, meant: bool) -> Iterator[Finding]:
    """That other ids are made of the same prompts: by one build's server than by the other's, or under way.

    `told` has what each build's server has made of them, by `baseline` and `candidate`. What only one of them has told,
    or of other prompts, is unknown.
    """
    severity = Severity.WARNS if meant else Severity.BLOCKS
    for build, own in told.items():
        if what := _first_difference(combinations(own, 2)):
            said = f"The {build}'s server made other token ids of the same prompts in a later session: {what} {_OTHER}"
            yield Finding(FindingCode.PROMPTS_UNLIKE, severity, f"{said}. Ask all of it in one form; {ACCEPT}", build)
            return
    ours, theirs = told["baseline"], told["candidate"]
    if what := _first_difference((one, other) for one in ours for other in theirs):
        tokens = f"{ours[-1].tokens:,} and {theirs[-1].tokens:,} tokens in the first"
        said = f"The servers make other token ids of the same prompts ({tokens}, by /tokenize): {what} {_OTHER}"
        yield Finding(FindingCode.PROMPTS_UNLIKE, severity, f"{said}. Serve both alike, and ask again; {ACCEPT}")


def are_alike(told: Mapping[str, Sequence[TokenIds]]) -> bool:
    """Whether both have shown that their templates make the same ids of the same prompts."""
    return any(one.agrees(other) for one in told["baseline"] for other in told["candidate"])


def _first_difference(pairs: Iterator[tuple[TokenIds, TokenIds]]) -> str:
    return next((what for one, other in pairs if (what := one.differs(other))), "")
