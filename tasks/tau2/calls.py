"""The calls that tau2 makes of its models: tagged by role, retried, and told apart by whose failure it was.

Runs in a worker process. tau2's own `generate` functions stay in use; what litellm does for them is watched.
"""

from __future__ import annotations

import functools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from quantgate.evals.contract.records import AGENT_CONTEXT_EXCEEDED, Origin, Status
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.http_status import OVERLOAD_STATUS, REFUSING_STATUS, is_retried, retry_after_s
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.reply import read_reply
from quantgate.evals.text import excerpt
from quantgate.tasks.tau2.wire import Retry, Role, Served

_REASKED = 3
"""So often user and judge are asked again when their answer cannot be used; the agent never is."""

_MAY_OVERFLOW = frozenset({400, 413, 422, 500})
"""llama.cpp says with 500 that its context is full."""

_MOST_ORIGINS = 8
_SHOWN = 300
_KEPT = 2000
"""So many characters of what the agent broke are kept."""

Report = Callable[[Role, str, bool], None]
"""Is told of every failed attempt: role, what happened, and whether it was an overload."""


class AgentFailure(Exception):
    """The model under test has failed by itself. `reason` is counted per build."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class RoleFault(Exception):
    """A fault that outlasted its retries, or any failure of user or judge. `refusing`: every request would fail so."""

    def __init__(self, role: Role, message: str, *, refusing: bool = False) -> None:
        super().__init__(message)
        self.role = role
        self.refusing = refusing


class _Unusable(Exception):
    """An answer that came whole, but says nothing that tau2 could go on with."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass
class Tally:
    """What one role has cost in one simulation; `truncated` counts replies that the token budget cut."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    truncated: int = 0


@dataclass
class Context:
    """What a thread's calls belong to. `verdicts` is how many assertions the judge is asked about.

    `origins` is what each role's replies say of their model, each once.
    """

    retry: Retry
    report: Report
    judge: Served | None = None
    verdicts: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    tallies: dict[Role, Tally] = field(default_factory=dict)
    origins: dict[Role, dict[Origin, None]] = field(default_factory=dict)
    waited_s: float = 0.0


class _Local(threading.local):
    """The calling thread's context and role, and the HTTP exchange that it had last."""

    context: Context | None = None
    role: Role | None = None
    status: int | None = None
    retry_after: str | None = None
    date: str | None = None
    body: str = ""
    cut: bool = False
    refused: bool = False


_local = _Local()


@contextmanager
def calling(context: Context) -> Iterator[None]:
    """Let this thread's calls belong to `context`."""
    _local.context = context
    try:
        yield
    finally:
        _local.context = None


def watch(response: Any) -> None:
    """Note the true status, header and body of an exchange; an event hook of the `httpx.Client` that litellm uses.

    litellm reports HTTP 200 with an error inside as 422, and lost connections as 500.
    """
    response.read()
    _local.status = response.status_code
    _local.retry_after = response.headers.get("retry-after")
    _local.date = response.headers.get("date")
    _local.body = response.text


def litellm_arguments(served: Served, headers: dict[str, str]) -> dict[str, Any]:
    """A model's arguments for `litellm.completion`; parameters that are `None` are left to the server."""
    optional = {name: getattr(served, name) for name in ("temperature", "top_p", "max_tokens")}
    authorization = {} if served.authorization is None else {"Authorization": served.authorization}
    return {
        "api_base": served.base_url,
        "api_key": served.api_key or "none",
        "timeout": served.timeout_s,
        "num_retries": 0,
        "max_retries": 0,
        "extra_headers": {**headers, **authorization, **served.headers},
        **{name: value for name, value in optional.items() if value is not None},
        **({"extra_body": dict(served.extra_body)} if served.extra_body else {}),
    }


def retrying(completion: Callable[..., Any], failures: type[Exception]) -> Callable[..., Any]:
    """`litellm.completion`, whose transport faults are retried by the unit's policy.

    `failures` is the base of all that litellm raises. Raises RoleFault, and AgentFailure for a context that is full.
    """

    @functools.wraps(completion)
    def complete(*args: Any, **arguments: Any) -> Any:
        context, role = _local.context, _local.role
        if context is None or role is None:
            raise RuntimeError("tau2 has called a model in a way that this adapter does not know")
        for attempt in range(1, context.retry.tries + 1):
            _local.status, _local.retry_after, _local.date, _local.body = None, None, None, ""
            try:
                response = _completed(completion, args, arguments)
                _count(context, role)
                return response
            except failures as error:
                message = _judged(role, error)
            except MalformedReply as error:
                message = str(error)
            overload = _local.status in OVERLOAD_STATUS or "timed out" in message.lower()
            context.report(role, message, overload)
            wait = _wait(context.retry, attempt)
            if attempt == context.retry.tries or context.waited_s + wait > context.retry.total_s:
                raise RoleFault(role, f"{message} ({attempt} attempts)")
            context.waited_s += wait
            time.sleep(wait)
        raise AssertionError("unreachable")

    return complete


_without_mcp: dict[str, bool] = {}


def _completed(completion: Callable[..., Any], args: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    """Call litellm, which from 1.106 on imports the package `mcp` for any request with tools, unless it is told not to.

    `mcp` is in no environment that pip makes for tau2; older versions of litellm do not know the argument.
    """
    if not _without_mcp:
        try:
            return completion(*args, **arguments)
        except ImportError:
            _without_mcp["_skip_mcp_handler"] = True
    return completion(*args, **arguments, **_without_mcp)


def _judged(role: Role, error: Exception) -> str:
    """What a failed exchange was, where another try may heal it; raises for what no other try would heal."""
    status, body = _local.status, _local.body
    if status is None:
        return f"no answer: {excerpt(_innermost(error))}"
    if status == 200:
        try:
            reply = read_reply(body)
        except MalformedReply as malformed:
            return str(malformed)
        if reply.refused:
            _raise_turned_away(role, reply.status, str(reply.error))
        return f"the answer could not be read: {excerpt(str(error))}"
    said = f"HTTP {status}: {excerpt(body, _SHOWN)}"
    if status in _MAY_OVERFLOW and is_context_overflow(body):
        _raise_turned_away(role, Status.TRUNCATED, said)
    if is_retried(status):
        return said
    raise RoleFault(role, said, refusing=status in REFUSING_STATUS)


def _raise_turned_away(role: Role, status: Status, said: str) -> NoReturn:
    """Raise for a conversation that does not fit the role's context any more, or that a filter would not let pass."""
    full = status is Status.TRUNCATED
    if role is Role.AGENT:
        raise AgentFailure(AGENT_CONTEXT_EXCEEDED if full else "agent_refused_reply", said)
    raise RoleFault(role, f"{said}. Serve it with a longer context" if full else said)


def _innermost(error: BaseException) -> str:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__


def _count(context: Context, role: Role) -> None:
    """Count a whole answer.

    Raises
    ------
    MalformedReply
        For one that is no chat completion though litellm took it.
    RuntimeError
        When litellm has asked by another client than the one that is watched.
    """
    if _local.status is None:
        raise RuntimeError("this version of litellm does not use the HTTP client that it is given; 1.80 to 1.106 do")
    reply = read_reply(_local.body)
    told = context.origins.setdefault(role, {})
    if len(told) < _MOST_ORIGINS:
        told[reply.origin] = None
    usage = reply.usage or {}
    tally = context.tallies.setdefault(role, Tally())
    tally.calls += 1
    for name in ("prompt_tokens", "completion_tokens"):
        if isinstance(count := usage.get(name), int) and not isinstance(count, bool) and count >= 0:
            setattr(tally, name, getattr(tally, name) + count)
    _local.cut = reply.status is Status.TRUNCATED
    _local.refused = reply.status is Status.REFUSED
    tally.truncated += _local.cut


def _wait(retry: Retry, attempt: int) -> float:
    """Seconds to wait after the given attempt: doubled each time, varied by up to a half, or what the server asks."""
    backoff = min(retry.longest_wait_s, retry.first_wait_s * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.5)
    return max(backoff, retry_after_s(_local.retry_after, _local.date) or 0.0)


def tagged(role: Role, generate: Callable[..., Any]) -> Callable[..., Any]:
    """One of tau2's `generate` functions, its calls tagged with a role and its unusable answers told apart."""

    def usable(*args: Any, **arguments: Any) -> Any:
        if role is Role.JUDGE:
            return _judgement(generate, arguments)
        try:
            message = generate(*args, **arguments)
        except (ValueError, TypeError, RecursionError) as error:
            # The arguments of a tool call that are no JSON object; nothing else in there raises these.
            raise _Unusable("broken_tool_call", f"{excerpt(str(error))}: {_called(_local.body)}") from None
        if not message.tool_calls and not (message.content or "").strip():
            raise _Unusable("empty_reply", excerpt(_local.body))
        return message

    def call(*args: Any, **arguments: Any) -> Any:
        _local.role = role
        try:
            for asked in range(1, _REASKED + 1):
                try:
                    return usable(*args, **arguments)
                except _Unusable as failure:
                    if role is Role.AGENT:
                        reason = failure.reason
                        if _local.cut or _local.refused:
                            reason = "truncated_reply" if _local.cut else "refused_reply"
                        raise AgentFailure(f"agent_{reason}", str(failure)) from None
                    said = f"its answer cannot be used ({failure.reason.replace('_', ' ')}): {failure}"
                    if _local.context is not None:
                        _local.context.report(role, said, False)
                    if asked == _REASKED:
                        raise RoleFault(role, said) from None
            raise AssertionError("unreachable")
        finally:
            _local.role = None

    return call


def _called(body: str) -> str:
    """The tool calls of an answer as the model wrote them."""
    try:
        calls = json.loads(body)["choices"][0]["message"]["tool_calls"]
        return excerpt(
            "; ".join(f"{call['function']['name']}({call['function']['arguments']})" for call in calls), _KEPT
        )
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return excerpt(body, _KEPT)


def _judgement(generate: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Ask the judge that the run has named, whatever tau2's default is, and see that it has judged everything.

    tau2 reads bare JSON only, and takes an empty list of judgements for a pass.
    """
    context = _local.context
    if context is None or context.judge is None:
        raise RoleFault(Role.JUDGE, "no judge is named", refusing=True)
    named = litellm_arguments(context.judge, context.headers)
    message = generate(model=f"openai/{context.judge.model}", messages=arguments["messages"], **named)
    text = (message.content or "").strip()
    if text.startswith("```"):
        text = text.removeprefix("```").removeprefix("json").rpartition("```")[0].strip()
    try:
        results = json.loads(text)["results"]
        complete = len(results) == context.verdicts and all(
            isinstance(result["metExpectation"], bool) and {"expectedOutcome", "reasoning"} <= result.keys()
            for result in results
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        complete = False
    if not complete:
        raise _Unusable("no judgement of every assertion", excerpt(text))
    message.content = text
    return message
