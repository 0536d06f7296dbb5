"""What a refused request means: a full context, a filter, a key, or anything else."""

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.refusals import is_content_refusal, is_key_problem, refused_answer

FILTERED = [
    {
        "code": "content_filter",
        "message": "The response was filtered",
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    },
    {"message": "Your request was rejected as a result of our safety system.", "code": "content_policy_violation"},
    {"code": "data_inspection_failed", "message": "Input data may contain inappropriate content."},
    {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"},
    {"message": "Content Exists Risk", "type": "invalid_request_error"},
    {"message": 'openai/x requires moderation. Your input was flagged for "violence"', "code": 403},
    {"status_code": 1027, "status_msg": "output new_sensitive"},
]
KEYS = [
    {"message": "No connected db.", "type": "no_db_connection", "code": "400"},
    {"message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"},
    {"message": "Incorrect API key provided: sk-***"},
    {"message": "Authentication Error, Invalid proxy server token passed", "type": "auth_error"},
]
OTHERS = [
    {"message": "temperature must be non-negative"},
    {"message": "max_tokens is too large"},
    {"detail": "no"},
    "",
    None,
]


@pytest.mark.parametrize("body", FILTERED)
def test_a_filters_refusal_is_the_builds_own(body):
    assert is_content_refusal(body)
    answer = refused_answer(body, "HTTP 400: no", 1)
    assert (answer.status, answer.refused, answer.error) == (Status.REFUSED, True, "HTTP 400: no")


@pytest.mark.parametrize("body", KEYS)
def test_a_key_is_spoken_of_whatever_the_status(body):
    assert is_key_problem(body)
    assert not is_content_refusal(body)


@pytest.mark.parametrize("body", OTHERS)
def test_anything_else_is_an_error(body):
    assert not is_key_problem(body)
    assert refused_answer(body, "HTTP 400", 1).status is Status.ERROR


def test_a_full_context_is_truncated():
    answer = refused_answer({"message": "prompt is too long: 9 tokens > 8 maximum"}, "HTTP 400", 2)
    assert (answer.status, answer.finish_reason, answer.attempts) == (Status.TRUNCATED, "context_overflow", 2)
