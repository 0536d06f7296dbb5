"""Any `generate_until` task of lm-eval through a chat endpoint, with lm-eval's own prompts, hashes and scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.runs.grading import said_by
from quantgate.tasks.lm_eval.loading import load
from quantgate.tasks.lm_eval.requests import AllAtOnce, Requests
from quantgate.tasks.lm_eval.single import UNGRADABLE, SingleTask
from quantgate.tasks.lm_eval.source import LmEvalSource

_NO_MATCH = "[invalid]"
_DEFAULT_MAX_TOKENS = 2048
_MOST_STOPS = 4
"""lm-eval's chat client sends so many stop strings and leaves out the others, which some servers would refuse."""


class LmEvalTask(SingleTask):
    """Builds lm-eval's own prompts once, then grades single answers with lm-eval's own filters and metrics.

    The prompts are those of `lm_eval run --model local-chat-completions --apply_chat_template --fewshot_as_multiturn`,
    with its default seeds; `task` is lm-eval's object where it has been loaded already.

    Raises
    ------
    UsageError
        When the task does not exist, or cannot be asked of a chat endpoint.
    DataError
        When its data cannot be loaded, or it has no metric that scores single answers in [0, 1].
    """

    def __init__(self, source: LmEvalSource, limit: int | None = None, task: Any = None) -> None:
        super().__init__(source, task or next(iter(load(source).tasks.values())), limit)

    @property
    def sampling(self) -> Sampling:
        wanted = dict(self._task.config.generation_kwargs or {})
        wanted.pop("until", None)
        wanted.pop("do_sample", None)
        return Sampling(
            temperature=wanted.pop("temperature", 0.0),
            top_p=wanted.pop("top_p", None),
            max_tokens=wanted.pop("max_tokens", None) or wanted.pop("max_gen_toks", _DEFAULT_MAX_TOKENS),
            stop=self._stops[:_MOST_STOPS] if self._source.stop else (),
            extra_body=wanted,
        )

    def prompt(self, item: Item, repeat: int) -> Prompt:
        context = self._instances(item)[0].args[0]
        return Prompt(tuple(json.loads(context)), prompt_hash_of(context))

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        try:
            metrics, extracted = self._graded(item, [response])
        except UNGRADABLE as error:
            raise self._ungradable(item, error) from error
        found = extracted[self.metric.partition(",")[2]]
        text = str(found[0]) if isinstance(found, list | tuple) and found else str(found)
        return Grade(self._score(metrics, item), None if text in (_NO_MATCH, "") else text, metrics)

    @cached_property
    def _requests(self) -> Requests:
        requests = super()._requests
        if isinstance(requests, AllAtOnce) and any(len(requests.of(document)) > 1 for document in requests.documents):
            raise UsageError(f"{self._source.name} asks several requests per question, which is not supported")
        return requests

    @property
    def _form(self) -> Mapping[str, Any]:
        return {"apply_chat_template": True, "fewshot_as_multiturn": True, "chat_template": _as_json}

    def _probe(self, item: Item) -> Mapping[str, float]:
        document = self._document(item)
        try:
            target = self._task.doc_to_target(document)
            choices = self._task.doc_to_choice(document) if self._task.config.doc_to_choice else None
            if choices is not None and isinstance(target, int):
                target = choices[target]
            return self._graded(item, [str(target[0] if isinstance(target, list) else target)])[0]
        except ImportError as error:
            raise DataError(
                f"{self._source.name}: its grader needs a package that is not there ({said_by(error)}): "
                f"pip install {error.name or 'what it names'}"
            ) from None
        except Exception:  # noqa: BLE001
            return {}  # a metric that cannot read the bare target says nothing of what it gives

    def _notes(self) -> tuple[str, ...]:
        if not self._task.config.gen_prefix:
            return ()
        return (
            "lm-eval begins the assistant's answer itself, and a server opens a new turn after that unless it is told "
            'to go on: vLLM and SGLang are by --extra-body \'{"continue_final_message": true, "add_generation_prompt": '
            "false}'. Without it, as here and in lm-eval, the model starts afresh",
        )

    def _provenance(self) -> dict[str, str]:
        known = super()._provenance()
        if self._source.stop and len(self._stops) > _MOST_STOPS:
            known["stop"] = f"the first {_MOST_STOPS} of {len(self._stops)}, as lm-eval's chat client sends them"
        return known

    @property
    def _stops(self) -> tuple[str, ...]:
        until = (self._task.config.generation_kwargs or {}).get("until") or []
        return tuple([until] if isinstance(until, str) else until)

    def _refuse_unservable(self) -> None:
        super()._refuse_unservable()
        if self._task.OUTPUT_TYPE != "generate_until":
            raise UsageError(f"{self._source.name} is a {self._task.OUTPUT_TYPE} task, which is not asked by chat")


def prompt_hash_of(context: str) -> str:
    """lm-eval's `prompt_hash`: SHA-256 of the context, of a conversation as lm-eval writes it to JSON."""
    from lm_eval.utils import hash_string

    return str(hash_string(context))


def _as_json(history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    """The chat template of lm-eval's chat-completions client: the conversation itself, as JSON."""
    return json.dumps(history, ensure_ascii=False)
