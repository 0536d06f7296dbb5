"""What a finish reason means, from what servers really send."""

import pytest

from quantgate.evals.endpoint.finish_reasons import Ending, ending_of, reason_text

SENT = {
    Ending.COMPLETE: "stop eos eos_token stop_sequence end_turn tool_calls function_call tool_use END_ID "
    "STOP_WORDS COMPLETE parse_error eosFound "
    "stopStringFound FINISH_REASON_STOP FinishReason.STOP StopReason.END_TURN stop_token STOP_SEQUENCE",
    Ending.CUT: "length max_token max_tokens MAX_TOKENS maxTokens max-tokens max_output_tokens LENGTH "
    "maximum_tokens TOKEN_LIMIT "
    "REASON_MAX_LEN maxPredictedTokensReached FINISH_REASON_MAX_TOKENS max_output_tokens_reached",
    Ending.FULL: "model_length model_context_window_exceeded context_length_exceeded contextLengthReached "
    "REASON_MAX_CONTEXT",
    Ending.BROKEN_OFF: "repetition loop_detected",
    Ending.REFUSED: "content_filter content-filter contentFilter refusal SAFETY RECITATION "
    "PROHIBITED_CONTENT SPII BLOCKLIST sensitive guardrail_intervened ERROR_TOXIC content_filtered IMAGE_SAFETY",
    Ending.FAULT: "abort aborted error timeout TIMED_OUT cancelled canceled CANCELLED not_finished network_error "
    "insufficient_system_resource engine_overloaded time_limit failed preempted upstream_timeout internal_server_error "
    "userStopped modelUnloaded networkError kTIMED_OUT rate_limited deadline_exceeded evicted "
    "resource-exhausted unclosed_stream client_disconnected",
    Ending.UNKNOWN: "x something_new delegate OTHER FINISH_REASON_UNSPECIFIED",
}


@pytest.mark.parametrize(
    ("ending", "reason"), [(ending, each) for ending, sent in SENT.items() for each in sent.split()]
)
def test_every_reason_is_known_whatever_its_case_and_separators(ending, reason):
    assert ending_of(reason) is ending


@pytest.mark.parametrize("reason", ["agent_stop", "user_stop", "max_steps", ""])
def test_the_ends_of_conversations_are_no_reasons_of_a_server(reason):
    assert ending_of(reason) is Ending.UNKNOWN


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("stop", "stop"),
        ("", ""),
        (None, None),
        ("null", None),
        ("None", None),
        ({"type": "length", "length": 5}, "length"),
        (3, "3"),
        (True, None),
        ([], None),
    ],
)
def test_a_reason_is_read_as_text_and_a_written_null_is_none(sent, text):
    assert reason_text(sent) == text
