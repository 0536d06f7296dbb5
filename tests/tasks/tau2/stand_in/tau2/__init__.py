"""As much of Sierra's tau2 1.0 as its adapter touches, and of the libraries that come with it, for tests without them.

Written after the signatures of the original; it says nothing of how that behaves.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace


def module(name: str, **members: object) -> ModuleType:
    """Register a module, and it as a member of its parent."""
    made = sys.modules.get(name)
    if made is None:
        made = sys.modules[name] = ModuleType(name)
        parent, _, leaf = name.rpartition(".")
        if parent:
            setattr(sys.modules.get(parent) or module(parent), leaf, made)
    vars(made).update(members)
    return made


class OpenAIError(Exception): ...


class Client:
    """What `httpx.Client` is told, and the hooks that it would call."""

    def __init__(self, *, event_hooks: dict, **_: object) -> None:
        self.hooks = event_hooks["response"]


def completion(model: str, messages: list, api_base: str, api_key: str, extra_headers: dict, **options: object) -> dict:
    """One request as litellm would send it, through the client that it was given."""
    options = {name: value for name, value in options.items() if name not in ("num_retries", "max_retries", "timeout")}
    body = {"model": model.removeprefix("openai/"), "messages": messages, **options}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {api_key}", **extra_headers}
    request = urllib.request.Request(f"{api_base}/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as reply:
            status, text = reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    for hook in sys.modules["litellm"].client_session.hooks:
        hook(SimpleNamespace(status_code=status, text=text, headers={}, read=lambda: None))
    if status != 200:
        raise OpenAIError(f"litellm says: {status}")
    return json.loads(text)


class Model:
    """A pydantic model as far as the adapter knows one."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def model_dump(self, mode: str) -> dict:
        return json.loads(json.dumps(self.__dict__, default=lambda it: it.value if isinstance(it, Enum) else vars(it)))

    @classmethod
    def model_validate(cls, document: dict) -> Model:
        return cls(**document)


class Basis(Enum):
    DB = "DB"
    NL_ASSERTION = "NL_ASSERTION"


def generate(
    model: str, messages: list, tools: object = None, call_name: str | None = None, **options: object
) -> Model:
    message = sys.modules["tau2.utils.llm_utils"].completion(model=model, messages=messages, **options)["choices"][0]
    calls = [json.loads(it["function"]["arguments"]) for it in message["message"].get("tool_calls") or []]
    return Model(content=message["message"]["content"], tool_calls=calls or None)


def get_tasks(task_set_name: str, task_split_name: str) -> list[Model]:
    file = Path(os.environ["TAU2_DATA_DIR"]) / "tau2" / "domains" / task_set_name / "tasks.json"
    tasks = json.loads(file.read_text(encoding="utf-8"))
    for task in tasks:
        criteria = task["evaluation_criteria"]
        criteria["reward_basis"] = [Basis(name) for name in criteria["reward_basis"]]
        task["evaluation_criteria"] = Model(**criteria)
    return [Model(**task) for task in tasks]


class Orchestrator:
    """The user asks, the agent answers, the user goes."""

    def __init__(self, config: Model, task: Model, seed: int) -> None:
        self.config, self.task, self.seed = config, task, seed
        self.environment = make_environment()
        self.messages: list[Model] = []

    def get_trajectory(self) -> list[Model]:
        return self.messages

    def run(self) -> Model:
        config = self.config
        turns = (
            (sys.modules["tau2.user.user_simulator"], config.llm_user, config.llm_args_user),
            (sys.modules["tau2.agent.llm_agent"], config.llm_agent, config.llm_args_agent),
        )
        for module_of, model, arguments in turns:
            said = [{"role": "user", "content": "Hi!"}]
            self.messages.append(module_of.generate(model=model, messages=said, seed=self.seed, **arguments))
        return Model(termination_reason="user_stop", messages=self.messages, task_id=self.task.id, seed=self.seed)


def build_text_orchestrator(config: Model, task: Model, *, seed: int) -> Orchestrator:
    return Orchestrator(config, task, seed)


def evaluate_simulation(simulation: Model, task: Model, evaluation_type: object, solo_mode: bool, domain: str) -> Model:
    reward = 1.0
    if Basis.NL_ASSERTION in task.evaluation_criteria.reward_basis:
        judge = sys.modules["tau2.evaluator.evaluator_nl_assertions"]
        judged = judge.generate(model="gpt-4.1", messages=[{"role": "user", "content": "judge"}], call_name="nl")
        reward = float(all(it["metExpectation"] for it in json.loads(judged.content)["results"]))
    return Model(reward=reward, reward_breakdown={"NL_ASSERTION": reward})


def make_environment() -> SimpleNamespace:
    return SimpleNamespace(
        get_tools=list,
        get_policy=lambda: "Be polite.",
        get_db_hash=lambda: "d",
        get_user_db_hash=lambda: None,
        user_tools=None,
    )


class Tool:
    @property
    def openai_schema(self) -> dict:
        return {}


module("httpx", Client=Client, Limits=lambda **_: None)
module("litellm", client_session=None)
module("litellm.litellm_core_utils.litellm_logging", Logging=type("Logging", (), {}))
module("openai", OpenAIError=OpenAIError)
module("openai.resources.chat.completions.completions", maybe_transform=None)
module("loguru", logger=SimpleNamespace(remove=lambda: None))
module("tau2.agent.llm_agent", generate=generate)
module("tau2.user.user_simulator", generate=generate)
module("tau2.evaluator.evaluator_nl_assertions", generate=generate)
module("tau2.evaluator.evaluator", EvaluationType=SimpleNamespace(ALL="all"), evaluate_simulation=evaluate_simulation)
module("tau2.environment.tool", Tool=Tool)
module("tau2.data_model.simulation", SimulationRun=Model, TextRunConfig=Model)
module("tau2.registry", registry=SimpleNamespace(get_env_constructor=lambda domain: make_environment))
module("tau2.utils.llm_utils", completion=completion, get_response_cost=lambda response: 1.0)
