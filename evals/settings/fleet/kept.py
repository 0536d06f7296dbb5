"""A fleet file as it was understood, with no secret in it: what is kept beside the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.secrets import without_keys
from quantgate.evals.settings.durations import told_duration
from quantgate.evals.settings.fleet.serve import Serve
from quantgate.evals.settings.requirements import PassIf

HEADER = """\
# The fleet as `quantgate sweep` understood it: policy and servers written out, paths absolute, the command line's
# options in it. No key is: of addresses, user and query are left out.
"""


def fleet_copy(release: str, serves: Mapping[str, Serve], parallel: int, pass_if: PassIf) -> str:
    """The copy as YAML, of the release's own and of what a fleet has beside it."""
    document: dict[str, Any] = yaml.safe_load(release)
    document.pop("order", None)
    key = "candidates" if "candidates" in document else "candidate"
    builds = document[key] if isinstance(document[key], list) else [document[key]]
    for build in (document["baseline"], *builds):
        if (serve := serves.get(build["label"])) is not None:
            build["base_url"] = redact_url(serve.base_url)
            build["serve"] = {
                **({} if serve.command is None else {"command": without_keys(serve.command)}),
                "health": serve.health,
                "timeout": told_duration(serve.timeout_s),
            }
    if serves:
        document.pop("base_url", None)
    said = {**document, "parallel": parallel, "pass_if": pass_if.value}
    return HEADER + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)
