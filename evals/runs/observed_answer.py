"""What one answer shows of the endpoint that gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quantgate.evals.contract.records import Answer, Prompt, Sampling, Status
from quantgate.evals.contract.thoughts import leaked_tokens
from quantgate.evals.contract.token_ids import TokenIds
from quantgate.evals.contract.tool_calls import shown_reply
from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.parameters import MAX_TOKENS
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.text import excerpt

_PART = 80
_HASH = 12


def completion(
    subject: str, answer: Answer, budget: int | None, *, show: bool = True, own: bool = False
) -> Observation:
    """How one request went; `own` says that the budget is the doctor's and not the user's."""
    if answer.status is Status.ERROR:
        return Observation(subject, Health.BAD, "; ".join(filter(None, (answer.error, answer.advice))) or "failed")
    seconds = "" if answer.latency_s is None else f" after {answer.latency_s:.2f} s"
    if answer.turned_away:
        full = answer.status is Status.TRUNCATED
        advice = "serve a longer context, or lower --max-tokens" if full else "a content filter stands before the model"
        return Observation(subject, Health.BAD, f"refused: {answer.error}: {advice}")
    if answer.status is Status.REFUSED:
        said = f" {excerpt(answer.response or '')!r}" if show else ""
        return Observation(subject, Health.BAD, f"refused{seconds} (finish_reason {answer.finish_reason}){said}")
    if answer.status is Status.TRUNCATED:
        if own:
            return Observation(
                subject, Health.NOTE, f"cut{seconds}: not finished within the doctor's own {budget:,} tokens"
            )
        cut = "the token budget was used up before the answer ended; raise --max-tokens"
        return Observation(subject, Health.BAD if answer.response is None else Health.NOTE, f"cut{seconds}: {cut}")
    if answer.status is Status.EMPTY:
        return Observation(
            subject, Health.BAD, f"answered{seconds} without text (finish_reason {answer.finish_reason})"
        )
    said = shown_reply(answer.response or "")
    told = said if show and excerpt(said) == said else _parts(answer)
    return Observation(subject, Health.GOOD, f"answered{seconds}: {told}")


def _parts(answer: Answer) -> str:
    """How much was taken for thought and how much for answer, of a text that is not to be shown."""
    said = f"{len(answer.response or ''):,} characters"
    return f"{said}, after {len(answer.reasoning):,} of thoughts" if answer.reasoning else said


def ended(answer: Answer) -> list[Observation]:
    """What is odd about how an answer ended."""
    found = []
    if answer.finish_reason is None:
        told = "not sent: whether an answer was cut cannot be told"
        found.append(Observation("finish_reason", Health.NOTE, told))
    elif ending_of(answer.finish_reason) is Ending.UNKNOWN:
        told = f"'{excerpt(answer.finish_reason)}' is not known: such answers are graded as complete, and counted"
        found.append(Observation("finish_reason", Health.NOTE, told))
    if tokens := leaked_tokens(answer.response or ""):
        told = f"the answer ends in {' '.join(tokens)}, which is not graded: look at chat template and stop tokens"
        found.append(Observation("special tokens", Health.NOTE, told))
    return found


def speed(name: object, answer: Answer) -> Observation:
    """Whether answers are streamed, how fast, and under which `name` the token budget had to be sent."""
    budget = "" if name in (None, MAX_TOKENS) else f"; the token budget is sent as {name}"
    if answer.first_token_s is None:
        return Observation("stream", Health.NOTE, f"answers come whole: a run waits for each without seeing it{budget}")
    speed = "" if answer.tokens_per_s is None else f", then {answer.tokens_per_s:g} tokens/s"
    return Observation("stream", Health.GOOD, f"first token after {answer.first_token_s:.2f} s{speed}{budget}")


def reasoning(answer: Answer) -> Observation:
    """What was taken for thought."""
    if answer.reasoning:
        return Observation(
            "reasoning",
            Health.GOOD,
            "thoughts come apart from the answer, in a field of their own or split off where they end: taken for "
            f"thought {_named(answer.reasoning)}, for the answer {_named(answer.response or '')}",
        )
    if answer.response and "<think>" in answer.response:
        return Observation(
            "reasoning", Health.NOTE, "the answer holds <think> in its midst: serve with a reasoning parser"
        )
    return Observation("reasoning", Health.GOOD, f"none was sent: all of {_named(answer.response or '')} is answer")


def _named(text: str) -> str:
    """A text, where it is short enough to be quoted whole."""
    quoted = " ".join(text.split())
    return repr(quoted) if excerpt(quoted, _PART) == quoted else f"{len(text):,} characters"


def usage(told: Mapping[str, Any] | None) -> Observation:
    """Whether tokens are counted."""
    if told is None or not isinstance(told.get("completion_tokens"), int):
        return Observation("usage", Health.NOTE, "not told: token counts and speeds will be missing")
    return Observation(
        "usage",
        Health.GOOD,
        f"told: {told.get('prompt_tokens')} prompt, {told['completion_tokens']} completion tokens",
    )


def token_ids(made: TokenIds) -> Observation:
    """What a server makes of a first prompt: two builds that are to be compared show the same hashes."""
    through = made.templated is not None
    template = f"{(made.templated or '')[:_HASH]} through its chat template" if through else "its chat template unshown"
    return Observation(
        "token ids",
        Health.GOOD,
        f"the first prompt is {made.tokens:,} tokens{'' if through else ' of bare text'} by /tokenize; hashes "
        f"{template}, {(made.plain or '')[:_HASH]} of the text alone: the other build's must be the same",
    )


def beyond_window(subject: str, answer: Answer, budget: int | None, window: int | None) -> Observation | None:
    """An observation where a prompt and its budget do not fit the context window: some servers cut that in silence."""
    prompt = (answer.usage or {}).get("prompt_tokens")
    if window is None or budget is None or not isinstance(prompt, int) or prompt + budget <= window:
        return None
    fits = f", or lower --max-tokens to {window - prompt:,} or less" if window > prompt else ""
    return Observation(
        subject,
        Health.NOTE,
        f"its prompt of {prompt:,} tokens and the budget of {budget:,} exceed the context of {window:,}, and other "
        f"items may be longer: serve a longer context{fits}",
    )


def tools(*, works: bool, text: str, needed: bool) -> Observation:
    """Whether tool calls come as such, of what a try has shown; `needed` where a task is of no use without."""
    if works:
        return Observation("tools", Health.GOOD, text)
    if needed:
        return Observation("tools", Health.BAD, f"no tool calls, so every score would be 0: {text}")
    return Observation("tools", Health.NOTE, f"no tool calls, which only agentic tasks need: {text}")


def exchanged(
    prompt: Prompt, sampling: Sampling, answer: Answer, read: Callable[[Answer], str] | None, *, private: bool = False
) -> tuple[tuple[str, str], ...]:
    """What was asked, what came back, and what a task reads from it; of what is private, how much it was."""
    said = prompt.messages[-1].get("content") or "" if prompt.messages else ""
    examples, _, question = said.rpartition("\n\n")
    asked = f"{len(said):,} characters, which are private" if private else question or said
    if not private and question and examples:
        asked += f" (after {len(examples):,} characters of instructions and worked examples)"
    told = {name: value for name, value in _sent(sampling).items() if value is not None}
    details = [("asked", asked), ("sampling", ", ".join(f"{name} {value:g}" for name, value in told.items()))]
    if not private:
        details += [("thought", answer.reasoning or ""), ("answered", shown_reply(answer.response or ""))]
    if read is not None and answer.response is not None and answer.status is not Status.ERROR:
        details.append(("read", read(answer)))
    return tuple((name, text) for name, text in details if text.strip())


def _sent(sampling: Sampling) -> dict[str, float | int | None]:
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
    }
