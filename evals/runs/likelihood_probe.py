"""By which way an endpoint tells the log-probabilities of a text's tokens, tried on the task's first text."""

from __future__ import annotations

from quantgate.evals.contract.records import Item, Prompt, Request, Sampling, Status
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.likelihood import Likelihoods
from quantgate.evals.errors import RequestRefused
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.settings.run import DoctorConfig

_SUBJECT = "log-probabilities"


async def examine_likelihood(
    endpoint: Endpoint, name: str, prompt: Prompt, sampling: Sampling, config: DoctorConfig, texts: int
) -> Observation:
    """What came of asking for those of the first of a task's `texts`; nothing else is needed of the endpoint."""
    try:
        likelihoods = Likelihoods(endpoint, config.tokenizer)
        found = await likelihoods.find(prompt, config.extra_body)
        answer = await likelihoods.ask(Request(name, Item("doctor"), 0, prompt, sampling))
    except RequestRefused as error:
        return Observation(_SUBJECT, Health.BAD, str(error))
    if answer.status is not Status.OK:
        return Observation(_SUBJECT, Health.BAD, f"{name}, first text: {answer.error}")
    usage, wanted = answer.usage or {}, prompt.per_token
    fewer = "" if wanted is None or found.tops >= wanted.tops else f" (of {wanted.tops} that are wanted)"
    requests = "one request" if usage["requests"] == 1 else f"{usage['requests']:,} requests"
    all_of_them = f", some {texts * usage['requests']:,} for all {texts:,} texts" if texts > 1 else ""
    cut = f"; {usage['cut_tokens']} were cut: see --max-length" if usage["cut_tokens"] else ""
    return Observation(
        _SUBJECT,
        Health.GOOD,
        f"{found.way.words}, the {found.tops} likeliest{fewer}; {name}, first text: {usage['scored_tokens']:,} tokens "
        f"by {requests}{all_of_them}; after {answer.latency_s or 0:.2f} s{cut}",
    )
