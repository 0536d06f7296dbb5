"""The keys of a release file that are the whole release's: how it is asked, what it may take, what is written where."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import looks_like_key
from quantgate.evals.settings.durations import read_duration
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.release.parts import Order, Report, Stop
from quantgate.evals.settings.release.said import Said, path_in
from quantgate.evals.storage.address import address_of
from quantgate.evals.text import printable

MOST_LOOKS = 50
_LONGEST_NAME = 200


class BudgetPlan(BaseModel):
    """The most that a release takes, all builds and tasks together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_time: float | None = Field(default=None, description="As 4h or 1h30m, or a number of seconds.")
    max_requests: int | None = Field(default=None, ge=1, description="Requests.")

    @field_validator("max_time", mode="before")
    @classmethod
    def _is_a_time(cls, value: Any) -> Any:
        return None if value is None else read_duration(value)

    @field_validator("max_requests", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("give a number of requests")
        return value


class Plan(BaseModel):
    """What is said once of the whole release."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = Field(None, max_length=_LONGEST_NAME, description="What the reports call the release.")
    stop: Stop = Field(Stop.EARLY, description="Whether a task ends as soon as its verdict is certain.")
    order: Order = Field(Order.INTERLEAVED, description="Both builds at the same time, or the baseline first.")
    looks: int = Field(8, ge=1, le=MOST_LOOKS, description="How often the answers are looked at on the way.")
    futility: float = Field(0.05, ge=0, lt=1, description="Give up below this conditional power; 0 for never.")
    budget: BudgetPlan = BudgetPlan()
    out: Path = Field(description="The folder of everything that is written.")
    reports: tuple[Report, ...] = (Report.HTML, Report.MARKDOWN, Report.JUNIT, Report.JSON)

    @field_validator("name")
    @classmethod
    def _is_a_line(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or "\n" in value or printable(value) != value):
            raise ValueError("give a name on one line")
        if value is not None and looks_like_key(value):
            raise ValueError("it looks like a key, and the name is shown everywhere")
        return value

    @field_validator("looks", "futility", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("give a number")
        return value

    @field_validator("budget", mode="before")
    @classmethod
    def _is_a_mapping(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, Mapping | BudgetPlan):
            raise ValueError("write {max_time: 4h}, {max_requests: 20000} or both")
        return BudgetPlan() if value is None else value

    @field_validator("reports", mode="before")
    @classmethod
    def _is_a_list(cls, value: Any) -> Any:
        """A list, or one name; the JSON is always written."""
        names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if value is None:
            names = []
        if not isinstance(names, list | tuple):
            raise ValueError(f"write a list of {', '.join(Report)}")
        for name in names:
            if name not in list(Report):
                near = difflib.get_close_matches(str(name), list(Report), n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(Report)}"
                raise ValueError(f"{shown(name)} is no report{hint}")
        return tuple(dict.fromkeys([*names, Report.JSON]))


def plan_of(said: Mapping[str, Said], file: Path) -> Plan:
    """Read the keys of the whole release. Raises UsageError, naming file and key."""
    values = {name: each.value for name, each in said.items()}
    out = values.get("out")
    if isinstance(out, str | Path) and out and address_of(Path(out)) is not None:
        raise UsageError(
            f"{said['out'].where} {address_of(Path(out))}: name a folder of this machine: `run` alone writes to a store"
        )
    if isinstance(out, str) and out:
        values["out"] = path_in(file.parent, out, said["out"].where)
    elif not isinstance(out, Path):
        given = f" {shown(out)}" if "out" in values else " is missing"
        where = said["out"].where if "out" in said else f"{file}: out"
        raise UsageError(f"{where}{given}: name the folder that everything is written to, as out: releases/mxfp4")
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        raise UsageError(_explained(error, said)) from None


def _explained(error: ValidationError, said: Mapping[str, Said]) -> str:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    where = ".".join([said[path[0]].where, *path[1:]])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], BudgetPlan.model_fields, n=1)
        return f"{where} is not known" + (
            f"; did you mean {near[0]}?" if near else "; there are max_time and max_requests"
        )
    if path[0] in ("stop", "order"):
        message = f"write {' or '.join(Stop if path[0] == 'stop' else Order)}"
    value = "" if path[0] in ("budget", "reports") and len(path) == 1 else f" {shown(first['input'])}"
    return f"{where}{value}: {message[:1].lower()}{message[1:]}"
