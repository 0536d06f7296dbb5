"""Asks one request streamed and not, at temperature 0, and stores both replies: what a stream's parser spoils shows.

Where the two differ, each form is asked once more: a server whose answers differ from one time to the next, as batches
change, is told apart from one whose streams differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from quantgate.evals.contract.records import Answer, Request, Status
from quantgate.evals.contract.tool_calls import FormReply, ToolReply, parse_tool_reply, write_tool_reply
from quantgate.evals.errors import RequestRefused

Ask = Callable[[Request, bool | None], Awaitable[Answer]]
"""Asks a request, streamed or not, or (`None`) as the server is asked otherwise."""

_COMPARED = (Status.OK, Status.EMPTY, Status.TRUNCATED)


async def ask_both_forms(ask: Ask, request: Request, streams: Callable[[], bool]) -> Answer:
    """The answer as it is asked otherwise; its response holds what came of each form, where both could be had.

    `streams` says whether the server was last answered by a stream. A form that the server does not take, or that
    nothing but faults come of, costs no answer: there is then nothing to compare.
    """
    single = replace(request, prompt=replace(request.prompt, both_forms=False))
    answer = await ask(single, None)
    if answer.status not in _COMPARED or answer.turned_away:
        return answer
    greedy = replace(single, sampling=replace(single.sampling, temperature=0.0))
    usual = answer.first_token_s is not None or streams()
    replies: list[FormReply] = []

    async def add(streamed: bool) -> bool:
        try:
            reply = _reply(await ask(greedy, streamed), streamed)
        except RequestRefused:
            reply = None  # this form of it: the other has just been answered
        replies.extend([] if reply is None else [reply])
        return reply is not None

    if request.sampling.temperature == 0.0:
        replies.append(FormReply(usual, _said(answer)))
    elif not await add(usual):
        return answer
    if not await add(not usual):
        return answer
    # What differs is asked again; a fault now leaves the first two, which then show nothing.
    if replies[0].reply.said != replies[1].reply.said and not (await add(usual) and await add(not usual)):
        return answer
    return replace(answer, response=write_tool_reply(replace(_said(answer), forms=tuple(replies))))


def _reply(answer: Answer, streamed: bool) -> FormReply | None:
    """The reply in a form, `None` where none came, or it came in the other form."""
    came_streamed = answer.first_token_s is not None
    if answer.status not in _COMPARED or answer.turned_away or (came_streamed and not streamed):
        return None
    said = _said(answer)
    return None if streamed and not came_streamed and said.said != ("", ()) else FormReply(streamed, said)


def _said(answer: Answer) -> ToolReply:
    return ToolReply("") if answer.response is None else parse_tool_reply(answer.response)
