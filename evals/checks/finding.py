"""What a finding is: something seen in the answers that a reader must know before trusting the scores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`BLOCKS` keeps a task from passing whatever its bounds say; `WARNS` is for the reader."""

    BLOCKS = "blocks"
    WARNS = "warns"


class FindingCode(StrEnum):
    """What was found, for machines: the words of the gate JSON."""

    MISSING = "missing"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    UNGRADED = "ungraded"
    TRUNCATED = "truncated"
    CONTEXT_OVERFLOW = "context_overflow"
    BROKEN_OFF = "broken_off"
    REFUSED = "refused"
    UNKNOWN_FINISH_REASON = "unknown_finish_reason"
    LEAKED_TOKENS = "leaked_tokens"
    REPEATS_ALIKE = "repeats_alike"
    EMPTY = "empty"
    UNPARSED = "unparsed"
    UNPARSED_UNLIKE = "unparsed_unlike"
    SAME_ENDPOINT = "same_endpoint"
    SAME_WEIGHTS = "same_weights"
    SAME_LOGPROBS = "same_logprobs"
    DIVERGENCE_CLIPPED = "divergence_clipped"
    TOPS_UNLIKE = "tops_unlike"
    MODEL_CHANGED = "model_changed"
    OTHER_NAME = "other_name"
    SEVERAL_ENDPOINTS = "several_endpoints"
    FIRST_DOCUMENTS = "first_documents"
    LOOPING = "looping"
    AGENT_FAILURES = "agent_failures"
    LETTER_BIAS = "letter_bias"
    BASELINE_OFF = "baseline_off"
    TRUNCATED_UNLIKE = "truncated_unlike"
    LENGTHS_UNLIKE = "lengths_unlike"
    PROMPTS_UNLIKE = "prompts_unlike"
    PROMPTS_UNTOLD = "prompts_untold"
    PROMPTS_VARY = "prompts_vary"
    CONTEXT_UNLIKE = "context_unlike"
    METRICS_DISAGREE = "metrics_disagree"
    DECIDED_BY_BOOTSTRAP = "decided_by_bootstrap"
    DIFFERENCE_IS_TRUNCATION = "difference_is_truncation"
    LOSS_WITHOUT_CUT = "loss_without_cut"
    LOOKED_BEFORE = "looked_before"
    LEFT_OUT = "left_out"
    PAIRED_BY_ID = "paired_by_id"
    SETTINGS_UNKNOWN = "settings_unknown"
    ROWS_UNREAD = "rows_unread"
    FAULTS_SCORED = "faults_scored"
    EMPTY_UNLIKE = "empty_unlike"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: a stable code for machines, a sentence for people that says what was seen and what to do.

    `build` is `baseline` or `candidate`, or `None` where it is about both.
    """

    code: FindingCode
    severity: Severity
    message: str
    build: str | None = None

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKS
