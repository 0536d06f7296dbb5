"""Whether an endpoint tells the log-likelihoods that a task needs, tried on the task's first item."""

from __future__ import annotations

from quantgate.evals.contract.records import Item, Prompt, Request, Sampling, Status
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.completions import Completions
from quantgate.evals.errors import RequestRefused
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.settings.run import DoctorConfig

_SUBJECT = "log-likelihoods"


async def examine_loglikelihoods(
    endpoint: Endpoint, name: str, prompt: Prompt, sampling: Sampling, config: DoctorConfig
) -> Observation:
    """What came of asking for those of the first item of the task `name`; nothing else is needed of the endpoint."""
    try:
        completions = Completions(endpoint, config.tokenizer)
        await completions.check(config.extra_body)
        answer = await completions.ask(Request(name, Item("doctor"), 0, prompt, sampling))
    except RequestRefused as error:
        return Observation(_SUBJECT, Health.BAD, str(error))
    if answer.status is not Status.OK:
        return Observation(_SUBJECT, Health.BAD, f"{name}, first item: {answer.error}")
    usage = answer.usage or {}
    cut = f"; {usage['cut_tokens']} were cut: see --max-length" if usage["cut_tokens"] else ""
    return Observation(
        _SUBJECT,
        Health.GOOD,
        f"told for given tokens (of {completions.tokenizer.description}); {name}, first item: "
        f"{usage['requests']} texts of {usage['prompt_tokens']:,} tokens in all after {answer.latency_s:.2f} s{cut}",
    )
