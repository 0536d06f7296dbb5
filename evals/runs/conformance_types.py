"""What `quantgate doctor --conformance` tries, and what each outcome means for a gate, as frozen types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quantgate.evals.runs.observation import Observation


class Outcome(StrEnum):
    """How a check came out. `UNKNOWN` is what could not be told, as of a server whose greedy answers vary."""

    PASS = "pass"
    FAIL = "fail"
    NOT_SUPPORTED = "not supported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is tried: `means` says what follows for a gate where it does not pass.

    A server that fails what is `needed` gives a gate numbers that are not its model's, whatever the task.
    """

    name: str
    means: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A check with its outcome and what was seen."""

    check: Check
    outcome: Outcome
    seen: str

    @property
    def is_unfit(self) -> bool:
        """Whether the endpoint is not fit to be asked for it."""
        return self.check.needed and self.outcome is Outcome.FAIL


SYSTEM = Check("system", "tasks and options with a system message cannot be asked, or are asked without it")
GREEDY = Check("greedy", "greedy runs are not repeated exactly: gate with --noise, a second run of the baseline")
STREAM = Check("stream", "what is scored depends on the way that it is asked: text is lost or added", needed=True)
USAGE = Check("usage", "lengths, costs and whether both builds were sent the same tokens are not known")
BUDGET = Check("max_tokens", "answers are cut elsewhere than asked, or look whole though they were cut", needed=True)
STOP = Check("stop", "tasks with stop strings score what the model says after its answer", needed=True)
SEED = Check("seed", "repeats cannot be asked again as they were: a resumed run draws other answers")
TEMPERATURE = Check("temperature", "repeats are one answer over and over, and add nothing")
N = Check("n", "nothing: each repeat is a request of its own")
LOGPROBS = Check("logprobs", "no `likelihood` task by way of chat answers")
JSON = Check("json", "tasks that ask for JSON by response_format cannot be asked")
REASONING = Check("reasoning", "thoughts are graded as part of the answer: serve with the model's reasoning parser")
TOOLS = Check("tools", "`tool_calls`, `bfcl` and tau2 score 0: serve with the model's tool parser")
OVERLONG = Check(
    "overlong prompt",
    "prompts beyond the window are cut in silence and answered as others, or end in faults",
    needed=True,
)
UNKNOWN_PARAMETER = Check("unknown parameter", "nothing tells a misspelt name in --extra-body, which is ignored")


def examined_json(
    base_url: str, observations: Sequence[Observation], checked: Sequence[Checked], *, is_fit: bool
) -> str:
    """All that a doctor has found, as JSON: what it observed, what it tried, and whether a run may be begun."""
    document = {
        "schema_version": 1,
        "base_url": base_url,
        "fit": is_fit,
        "observations": [
            {"subject": one.subject, "health": one.health.value, "text": one.text} for one in observations
        ],
        "conformance": [
            {
                "check": one.check.name,
                "outcome": one.outcome.value,
                "seen": one.seen,
                "means": one.check.means,
                "needed": one.check.needed,
            }
            for one in checked
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
