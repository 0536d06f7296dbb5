"""How a build's answers ended: cut, out of context, refused, for a reason that is not known, or with leaked tokens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.overflowed import overflowed
from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.overflow import context_tokens, generated_tokens, was_clamped
from quantgate.evals.samples.columns import Columns
from quantgate.evals.text import excerpt

AGENT_LIMITS = frozenset({"max_steps", "too_many_errors"})
AGENT_ENDS = frozenset({"agent_stop"})
"""How tau2's conversations end, beside the agent's own failures, which begin with `agent_`."""

_USER_ENDS = frozenset({"user_stop", "user_transfer"})
_NAMED = 3


def ending_findings(build: Build, answered: Columns, *, max_truncated: float, max_refused: float) -> Iterator[Finding]:
    """What is odd about how answers ended; a larger share than given of cut or refused ones blocks."""
    yield from _cut(build, answered, max_truncated)
    yield from _refused(build, answered, max_refused)
    yield from _unknown(build, answered)
    yield from _leaked(build, answered)


def is_conversation(samples: Columns) -> bool:
    """Whether answers are conversations of an agent (tau2), whose prompts hold what the model has said before."""
    return any(is_of_an_agent(reason) for reason in samples.finish_reason.present())


def overflown(build: Build, samples: Columns) -> int:
    """How many samples the context window has kept from their whole budget."""
    truncated = samples.take(samples.is_status(Status.TRUNCATED))
    window = build.window or _window_of(build, truncated)
    away = truncated.turned_away.tolist()
    reasons = truncated.finish_reason.tolist()
    return sum(
        overflowed(reason, truncated.usage(row), build.max_tokens, window, turned_away=away[row])
        for row, reason in enumerate(reasons)
    )


def _window_of(build: Build, truncated: Columns) -> int | None:
    """The window of an endpoint that does not tell it: where answers of several lengths ended at the same place."""
    lengths: defaultdict[int, set[int | None]] = defaultdict(set)
    for row in range(len(truncated)):
        usage = truncated.usage(row)
        taken = context_tokens(usage)
        if taken is not None and was_clamped(usage, build.max_tokens):
            lengths[taken].add(generated_tokens(usage))
    return max((taken for taken, each in lengths.items() if len(each) > 1), default=None)


def _cut(build: Build, answered: Columns, most: float) -> Iterator[Finding]:
    truncated = answered.take(answered.is_status(Status.TRUNCATED))
    severity = Severity.BLOCKS if len(truncated) > most * build.planned else Severity.WARNS
    reasons = truncated.finish_reason.counts()
    broken = Counter({name: count for name, count in reasons.items() if ending_of(name) is Ending.BROKEN_OFF})
    full = overflown(build, truncated)
    if cut := len(truncated) - full - broken.total():
        unsaid = "at the server's own limit" if build.source is None else "at a limit that is not told"
        at = f"at {build.max_tokens:,} tokens" if build.max_tokens else unsaid
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


def _refused(build: Build, answered: Columns, most: float) -> Iterator[Finding]:
    refused = answered.take(answered.is_status(Status.REFUSED))
    if len(refused):
        told = Counter(refused.finish_reason.counts())
        if untold := len(refused) - told.total():
            told[""] += untold
        yield build.finding(
            FindingCode.REFUSED,
            f"{build.share(len(refused))} were refused and score 0 ({_named(told)}): the model declined, or a "
            "filter stands before it; a refusal is not a wrong answer, so take the filter away or leave the items out",
            Severity.BLOCKS if len(refused) > most * build.planned else Severity.WARNS,
        )


def _unknown(build: Build, answered: Columns) -> Iterator[Finding]:
    reasons = Counter(
        {
            reason: count
            for reason, count in answered.finish_reason.counts().items()
            if not is_of_an_agent(reason) and ending_of(reason) is Ending.UNKNOWN
        }
    )
    for reason, count in reasons.most_common(_NAMED):
        yield build.finding(
            FindingCode.UNKNOWN_FINISH_REASON,
            f"{build.some(count)} ended with finish_reason '{excerpt(reason)}', which is not known: they are graded as "
            "complete; look whether they were cut or abandoned, and count them as nothing until that is clear",
        )


def is_of_an_agent(reason: str) -> bool:
    """Whether a conversation (tau2) ended so, and not one answer."""
    return reason in AGENT_LIMITS | _USER_ENDS or reason.startswith("agent_")


def _leaked(build: Build, answered: Columns) -> Iterator[Finding]:
    leaks = {} if answered.leaked is None else answered.leaked.counts()
    if count := sum(leaks.values()):
        tokens: Counter[str] = Counter()
        for joined, times in leaks.items():
            tokens.update(dict.fromkeys(joined.split("\n"), times))
        yield build.finding(
            FindingCode.LEAKED_TOKENS,
            f"{build.share(count)} end in special tokens ({_named(tokens)}), which are left out of what is graded: the "
            "server does not know them as the end of a turn; look at its chat template and generation_config",
        )


def _named(counts: Counter[str]) -> str:
    """The most frequent names with their counts: `content_filter 12, refusal 3`."""
    shown = [f"{excerpt(name)} {count:,}" for name, count in counts.most_common(_NAMED)]
    return ", ".join([*shown, "..."] if len(counts) > _NAMED else shown)
