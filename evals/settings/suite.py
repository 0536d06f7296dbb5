"""What a policy asks of several tasks together: their weighted mean, at a margin of its own."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.margin import MarginField
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, Requirement


def _is_weight(value: float) -> float:
    if not 0.001 <= value <= 1000:
        raise ValueError("a weight lies between 0.001 and 1000; a task that is not to count is left out of the tasks")
    return value


Weight = Annotated[float, AfterValidator(_is_weight)]


class SuitePolicy(BaseModel):
    """The mean over `tasks` that decides beside each task's own margin, which then only guards it.

    `weights` says how much a task counts, 1 where nothing is said. `margin` is the largest loss of the mean that still
    passes, as a task's: a recovery is of the ratio of both builds' means. `alpha` and `require` are those of the whole
    policy where nothing is said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: list[str]
    weights: dict[str, Weight] = {}
    margin: MarginField
    alpha: float | None = Field(None, ge=SMALLEST_ALPHA, lt=0.5)
    require: Requirement | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_what_it_needs(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("write its tasks and its margin, as {tasks: [gsm8k, gpqa_diamond], margin: 0.01}")
        known = list(cls.model_fields)
        if unknown := [str(key) for key in value if key not in known]:
            raise ValueError(f"{unknown[0]} is not known{nearest(unknown[0], known)}")
        if "tasks" not in value:
            raise ValueError("name its tasks, as tasks: [gsm8k, gpqa_diamond]")
        if "margin" not in value:
            raise ValueError("say the largest loss of the mean that still passes, as margin: 0.01")
        return value

    @field_validator("tasks")
    @classmethod
    def _are_several(cls, tasks: list[str]) -> list[str]:
        if twice := [name for place, name in enumerate(tasks) if name in tasks[:place]]:
            raise ValueError(f"{twice[0]} is named twice; weights say how much a task counts")
        if len(tasks) < 2:
            raise ValueError("a suite is of two tasks or more; of one task set the margin under tasks")
        return tasks

    @model_validator(mode="after")
    def _weighs_its_own_tasks(self) -> Self:
        for name in self.weights:
            if name not in self.tasks:
                raise ValueError(f"weights: {name} is no task of the suite{nearest(name, self.tasks)}")
        return self

    @property
    def shares(self) -> dict[str, float]:
        """Each task's share of the mean, in the order of the tasks; they sum to 1."""
        weights = {name: self.weights.get(name, 1.0) for name in self.tasks}
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}

    def check_tasks(self, names: Sequence[str]) -> None:
        """Raise UsageError when the runs, which hold `names`, lack a task of the suite, advisory or not."""
        for name in self.tasks:
            if name not in names:
                held = ", ".join(names) or "none"
                raise UsageError(
                    f"suite: the runs do not hold its task {name!r}, they hold {held}{nearest(name, names)}"
                )


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name that was perhaps meant, as the end of a sentence; empty where there is none."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
