"""The options of `quantgate run` that an agentic benchmark needs: its user simulator, its judge, how it is run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from quantgate.evals.errors import UsageError


class AgenticConfig(BaseModel):
    """Whose models play user and judge, and how tau2 is run; the names are the command line's with underscores."""

    user_base_url: str | None = None
    user_model: str | None = Field(None, min_length=1)
    user_api_key_env: str | None = None
    user_extra_body: dict[str, Any] = {}
    judge_base_url: str | None = None
    judge_model: str | None = Field(None, min_length=1)
    judge_api_key_env: str | None = None
    judge_extra_body: dict[str, Any] = {}
    domains: tuple[str, ...] = ()
    max_steps: int | None = Field(None, ge=1)
    tau2_python: Path | None = None
    tau2_workers: int | None = Field(None, ge=1, le=64)

    @field_validator("domains", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """`airline,retail` on the command line and in YAML, or a list."""
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("user_extra_body", "judge_extra_body")
    @classmethod
    def _is_plain_json(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            plain: dict[str, Any] = json.loads(json.dumps(value, allow_nan=False))
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"must be plain JSON ({error})") from None
        return plain

    def agentic_options(self) -> dict[str, Any]:
        """Those of these options that were given, by the name on the command line."""
        given = {name: getattr(self, name) for name in AgenticConfig.model_fields}
        return {f"--{name.replace('_', '-')}": value for name, value in given.items() if value not in (None, (), {})}


def key_from_environment(option: str, variable: str | None) -> str | None:
    """The key that an environment variable holds, `None` when none is named.

    Raises
    ------
    UsageError
        When the variable is not set, or holds what no HTTP header can carry.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(f"{option} {variable}: the environment variable {variable} is not set")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"{option} {variable}: the key in it has characters that no header can carry")
    return key
