"""The client for the endpoint that a configuration names."""

from __future__ import annotations

from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.settings.run import EndpointConfig, RunConfig


def endpoint_of(config: EndpointConfig, model: str, retry: RetryPolicy | None = None) -> Endpoint:
    """A client for the endpoint; nothing is sent yet.

    Raises
    ------
    UsageError
        When the address cannot be used, a proxy, a certificate, or what a variable holds.
    """
    return Endpoint(
        config.base_url,
        model,
        api_key=config.api_key(),
        timeout_s=config.timeout,
        retry=retry,
        connection=config.connection(),
    )


def asking_once(config: RunConfig) -> Endpoint:
    """A client that tries nothing twice, for questions that are asked besides."""
    return endpoint_of(config, config.model, retry=RetryPolicy(tries=1))
