"""How a build's answers ended: cut, out of context, refused, for a reason that is not known, or with leaked tokens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.overflowed import overflowed
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.contract.thoughts import leaked_tokens
from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.overflow import context_tokens, generated_tokens, was_clamped
from quantgate.evals.text import excerpt

AGENT_LIMITS = frozenset({"max_steps", "too_many_errors"})
AGENT_ENDS = frozenset({"agent_stop"})
"""How tau2's conversations end, beside the agent's own failures, which begin with `agent_`."""

_USER_ENDS = frozenset({"user_stop", "user_transfer"})
_NAMED = 3


def ending_findings(
    build: Build, answered: Sequence[Sample], *, max_truncated: float, max_refused: float
) -> Iterator[Finding]:
    """What is odd about how answers ended; a larger share than given of cut or refused ones blocks."""
    yield from _cut(build, answered, max_truncated)
    yield from _refused(build, answered, max_refused)
    yield from _unknown(build, answered)
    yield from _leaked(build, answered)


def overflown(build: Build, samples: Sequence[Sample]) -> int:
    """How many samples the context window has kept from their whole budget."""
    window = build.window or _window_of(build, samples)
    return sum(overflowed(sample, build.max_tokens, window) for sample in samples)


def _window_of(build: Build, samples: Sequence[Sample]) -> int | None:
    """The window of an endpoint that does not tell it: where answers of several lengths ended at the same place."""
    lengths: defaultdict[int, set[int | None]] = defaultdict(set)
    for sample in samples:
        taken = context_tokens(sample.usage)
        if taken is not None and sample.status is Status.TRUNCATED and was_clamped(sample.usage, build.max_tokens):
            lengths[taken].add(generated_tokens(sample.usage))
    return max((taken for taken, each in lengths.items() if len(each) > 1), default=None)


def _cut(build: Build, answered: Sequence[Sample], most: float) -> Iterator[Finding]:
    truncated = [sample for sample in answered if sample.status is Status.TRUNCATED]
    severity = Severity.BLOCKS if len(truncated) > most * build.planned else Severity.WARNS
    broken = Counter(
        reason
        for sample in truncated
        if (reason := sample.finish_reason) is not None and ending_of(reason) is Ending.BROKEN_OFF
    )
    full = overflown(build, truncated)
    if cut := len(truncated) - full - broken.total():
        at = f"at {build.max_tokens:,} tokens" if build.max_tokens else "at the server's own limit"
        yield build.finding(
            FindingCode.TRUNCATED,
            f"{build.share(cut)} were cut {at}: raise --max-tokens; a truncated answer is not a wrong one",
            severity,
        )
    if broken:
        yield build.finding(
            FindingCode.BROKEN_OFF,
            f"{build.share(broken.total())} were broken off by the server ({_named(broken)}), as those of a damaged "
            "model are: read some, and compare the builds' counts",
            severity,
        )
    if full:
        yield build.finding(
            FindingCode.CONTEXT_OVERFLOW,
            f"{build.share(full)} did not fit into the context window: serve a longer one, or lower --max-tokens",
            severity,
        )


def _refused(build: Build, answered: Sequence[Sample], most: float) -> Iterator[Finding]:
    refused = [sample for sample in answered if sample.status is Status.REFUSED]
    if refused:
        reasons = Counter(sample.finish_reason or "" for sample in refused)
        yield build.finding(
            FindingCode.REFUSED,
            f"{build.share(len(refused))} were refused and score 0 ({_named(reasons)}): the model declined, or a "
            "filter stands before it; a refusal is not a wrong answer, so take the filter away or leave the items out",
            Severity.BLOCKS if len(refused) > most * build.planned else Severity.WARNS,
        )


def _unknown(build: Build, answered: Sequence[Sample]) -> Iterator[Finding]:
    reasons = Counter(
        sample.finish_reason
        for sample in answered
        if sample.finish_reason is not None
        and not _is_of_an_agent(sample.finish_reason)
        and ending_of(sample.finish_reason) is Ending.UNKNOWN
    )
    for reason, count in reasons.most_common(_NAMED):
        yield build.finding(
            FindingCode.UNKNOWN_FINISH_REASON,
            f"{build.some(count)} ended with finish_reason '{excerpt(reason)}', which is not known: they are graded as "
            "complete; look whether they were cut or abandoned, and count them as nothing until that is clear",
        )


def _is_of_an_agent(reason: str) -> bool:
    return reason in AGENT_LIMITS | _USER_ENDS or reason.startswith("agent_")


def _leaked(build: Build, answered: Sequence[Sample]) -> Iterator[Finding]:
    leaks = [leaked_tokens(sample.response) for sample in answered if sample.response]
    if count := sum(bool(tokens) for tokens in leaks):
        tokens = Counter(token for tokens in leaks for token in set(tokens))
        yield build.finding(
            FindingCode.LEAKED_TOKENS,
            f"{build.share(count)} end in special tokens ({_named(tokens)}), which are left out of what is graded: the "
            "server does not know them as the end of a turn; look at its chat template and generation_config",
        )


def _named(counts: Counter[str]) -> str:
    """The most frequent names with their counts: `content_filter 12, refusal 3`."""
    shown = [f"{excerpt(name)} {count:,}" for name, count in counts.most_common(_NAMED)]
    return ", ".join([*shown, "..."] if len(counts) > _NAMED else shown)
