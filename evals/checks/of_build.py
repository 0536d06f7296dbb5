"""Whether a build's answers can be trusted: each doubt is a finding with a code, a severity and what to do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from quantgate.evals.checks.build import Build, percent, sentence
from quantgate.evals.checks.called import expected_figure
from quantgate.evals.checks.endings import AGENT_ENDS, AGENT_LIMITS, ending_findings, overflown
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.imported import imported_findings
from quantgate.evals.checks.lengths import LengthComparison, Ratio
from quantgate.evals.checks.letters import letter_counts
from quantgate.evals.checks.means import item_means
from quantgate.evals.checks.model_changes import model_findings
from quantgate.evals.checks.prompt_tokens import prompt_findings
from quantgate.evals.checks.repeats import repeats_alike
from quantgate.evals.checks.same_build import moved_findings, same_build_findings
from quantgate.evals.checks.unanswered import unanswered_findings
from quantgate.evals.checks.unread import unparsed_findings, unparsed_unlike
from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.served import context_of
from quantgate.evals.pairing.pairs import TaskPairs, TaskRun
from quantgate.evals.runs.record import Draw, RunRecord
from quantgate.evals.samples.columns import Columns
from quantgate.evals.settings.expected import FIGURES, Expectation
from quantgate.evals.settings.policy import TaskPolicy

_BIASED_PVALUE = 1e-6
_BIASED_TIMES = 1.5
_LONGER, _SHORTER = 1.25, 0.8
_LEAST_ITEMS = 20
"""On fewer items the interval of a quantile's ratio leaves out 1 for sound builds far too often."""
_ROUNDING = 1e-9
_STANDARD_ERRORS = 2.0


def run_findings(
    run: TaskRun, limits: TaskPolicy, expected: Expectation | None = None, window: int | None = None
) -> tuple[Finding, ...]:
    """What is to be known of one run's answers to a task, before any comparison; `window` is the served context."""
    build = _build(None, run, window)
    if not build.planned:
        return ()
    found = list(_build_findings(build, limits))
    if expected is not None and (finding := _off(build, expected)) is not None:
        found.append(finding)
    return (*found, *_first_documents(run))


def pair_findings(
    pairs: TaskPairs,
    baseline: RunRecord,
    candidate: RunRecord,
    policy: TaskPolicy,
    lengths: LengthComparison | None,
    expected: Expectation | None,
) -> tuple[Finding, ...]:
    """What is to be known of both builds' answers to a task that could be paired; those that block come first."""
    builds = [
        _build(name, pairs.builds[name], context_of(record.endpoint))
        for name, record in (("baseline", baseline), ("candidate", candidate))
    ]
    found = [finding for build in builds for finding in _build_findings(build, policy)]
    if expected is not None and (finding := _off(builds[0], expected)) is not None:
        found.append(finding)
    found += _cut_unlike(builds, policy)
    if not pairs.of_logprobs:
        found += unparsed_unlike({"baseline": builds[0], "candidate": builds[1]})
        endpoints = {"baseline": baseline.endpoint, "candidate": candidate.endpoint}
        found += prompt_findings(pairs, endpoints, meant=policy.prompts_unlike)
    found += same_build_findings(baseline, candidate, meant=policy.same_build)
    for name, record in (("baseline", baseline), ("candidate", candidate)):
        found += model_findings(record, name, meant=policy.model_changed)
    found += [*moved_findings(baseline, "baseline"), *moved_findings(candidate, "candidate")]
    if lengths is not None and len(pairs.table.items) >= _LEAST_ITEMS:
        found += _lengths_unlike(lengths)
    found += _context_unlike(baseline, candidate)
    found += imported_findings(pairs)
    found += _first_documents(pairs.builds["candidate"])
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def _first_documents(run: TaskRun) -> Iterator[Finding]:
    record = run.record
    if record is not None and record.draw is Draw.FIRST:
        of = "" if record.whole is None else f" of {record.whole:,}"
        yield Finding(
            FindingCode.FIRST_DOCUMENTS,
            Severity.WARNS,
            f"these are the first {record.items:,}{of} items, no random sample of them, and may be "
            "easier or harder than the others" + (f": --limit {record.items} draws one" if not record.imported else ""),
        )


def _build(name: str | None, run: TaskRun, window: int | None) -> Build:
    record = run.record
    sampling, source = (record.sampling, record.imported) if record else ({}, None)
    return Build(
        name,
        run.samples,
        run.held.samples,
        run.planned,
        sampling,
        window,
        run.foreign,
        run.lost,
        run.damage,
        source,
        of_logprobs=record is not None and record.of_logprobs,
    )


def _build_findings(build: Build, limits: TaskPolicy) -> Iterator[Finding]:
    samples = build.samples
    answered = samples.take(samples.scored)
    yield from unanswered_findings(build, len(answered))
    yield from ending_findings(build, answered, max_truncated=limits.max_truncated, max_refused=limits.max_refused)
    yield from _empty(build, answered.take(answered.is_status(Status.EMPTY)))
    if build.of_logprobs:
        return
    yield from unparsed_findings(build, answered, limits.max_unparsed)
    if looping := 0 if answered.looping is None else int(answered.looping.sum()):
        yield build.finding(
            FindingCode.LOOPING,
            f"{build.share(looping)} end by repeating themselves, as a damaged model does: read some, and compare "
            "the sampling parameters with those that the model's makers recommend",
        )
    yield from _own_failures(build, answered)
    if (alike := repeats_alike(build)) is not None:
        yield alike
    if (letters := letter_counts(answered.item.codes, answered.letter)) is not None:
        letter, share = letters.favourite
        if letters.pvalue < _BIASED_PVALUE and share > _BIASED_TIMES / len(letters.counts):
            yield build.finding(
                FindingCode.LETTER_BIAS,
                f"{letter} is {percent(share)} of {build.answers}, where each letter should be right about equally "
                "often: a broken chat template answers so",
            )


def _own_failures(build: Build, answered: Columns) -> Iterator[Finding]:
    """What an agent spoilt itself (tau2): broken tool calls, empty replies, a full context, too many steps."""
    reasons: Counter[str] = Counter()
    for reason, count in answered.finish_reason.counts().items():
        if reason in AGENT_LIMITS or (reason.startswith("agent_") and reason not in AGENT_ENDS):
            reasons[reason.removeprefix("agent_").replace("_", " ")] += count
    if reasons:
        counted = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        yield build.finding(
            FindingCode.AGENT_FAILURES,
            f"{build.share(reasons.total())} failed by the model's own doing and score 0 ({counted}): this is what a "
            "damaged build does first; compare the builds' counts",
        )


def _empty(build: Build, silent: Columns) -> Iterator[Finding]:
    if len(silent):
        thoughts = int((silent.reasoning_length > 0).sum())
        why = (
            f"{thoughts:,} of them nothing but thoughts; is the reasoning parser the model's own?"
            if thoughts
            else "look at the chat template and the stop strings"
        )
        right = int((silent.score > 0).sum())
        scores = f"score 0 but for {right:,} where nothing was to be said" if right else "score 0"
        yield build.finding(FindingCode.EMPTY, f"{build.share(len(silent))} hold no text and {scores}: {why}")


def _off(build: Build, expected: Expectation) -> Finding | None:
    """A score outside what is expected; published numbers get two standard errors of the items asked besides."""
    scores = item_means(build.samples)
    if not scores:
        return None
    mean, count = math.fsum(scores) / len(scores), len(scores)
    if expected.figure is not None:
        found = expected_figure(build.samples, expected.figure)
        if found is None:
            return build.finding(
                FindingCode.BASELINE_OFF,
                f"a {FIGURES[expected.figure]} is expected, and {build.answers} have none: only calls of tools do",
                Severity.BLOCKS if build.name is not None else Severity.WARNS,
            )
        mean, count = found
    error = 0.0 if expected.source is None else math.sqrt(expected.score * (1 - expected.score) / count)
    if abs(mean - expected.score) <= expected.tolerance + _STANDARD_ERRORS * error + _ROUNDING:
        return None
    who = "this run" if build.name is None else f"the {build.name}"
    does = "scores" if expected.figure is None else f"has a {FIGURES[expected.figure]} of"
    stated = f"{expected.score:.1%} ± {100 * expected.tolerance:g} points"
    source = "as you expect" if expected.source is None else f"as published ({expected.source})"
    return build.finding(
        FindingCode.BASELINE_OFF,
        f"{who} {does} {mean:.1%}, not {stated} {source}: prompt, extraction, sampling or server differ, and a "
        "comparison on a broken harness shows nothing",
        Severity.BLOCKS if expected.source is None and build.name is not None else Severity.WARNS,
    )


def _cut_unlike(builds: Sequence[Build], policy: TaskPolicy) -> Iterator[Finding]:
    shares = [int(build.samples.is_status(Status.TRUNCATED).sum()) / max(build.planned, 1) for build in builds]
    if abs(shares[0] - shares[1]) > policy.max_truncated_difference:
        message = sentence(
            f"{percent(shares[0])} of the baseline's answers were cut and {percent(shares[1])} of the candidate's: "
            + (
                "what is compared is partly the context window; serve both with a longer one"
                if any(overflown(build, build.samples) for build in builds)
                else "what is compared is partly the token budget; raise --max-tokens for both until hardly any is cut"
            )
        )
        yield Finding(FindingCode.TRUNCATED_UNLIKE, Severity.BLOCKS, message)


def _lengths_unlike(lengths: LengthComparison) -> Iterator[Finding]:
    for what, ratio in (("median", lengths.median_ratio), ("95th percentile", lengths.p95_ratio)):
        if ratio.differs and not _SHORTER <= ratio.estimate <= _LONGER:
            yield Finding(FindingCode.LENGTHS_UNLIKE, Severity.WARNS, _lengthsentence(what, ratio), "candidate")
            return


def _lengthsentence(what: str, ratio: Ratio) -> str:
    advice = (
        "it costs that much more to serve, and is cut sooner"
        if ratio.estimate > 1
        else "does it think less, or break off?"
    )
    return (
        f"The candidate's answers are {ratio.estimate:.2f} times as long as the baseline's ({what} of completion "
        f"tokens; 95% interval {ratio.low:.2f} to {ratio.high:.2f}): {advice}"
    )


def _context_unlike(baseline: RunRecord, candidate: RunRecord) -> Iterator[Finding]:
    ours, theirs = context_of(baseline.endpoint), context_of(candidate.endpoint)
    if ours is not None and theirs is not None and ours != theirs:
        yield Finding(
            FindingCode.CONTEXT_UNLIKE,
            Severity.WARNS,
            f"The baseline was served with a context of {ours:,} tokens, the candidate with {theirs:,}: "
            "serve both alike",
        )
