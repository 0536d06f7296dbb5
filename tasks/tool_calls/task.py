"""The task `tool_calls`: requests with tools, each reply judged by whether it can be carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from quantgate.evals.contract.call_metrics import CallMetric
from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.contract.tool_calls import ToolReply, parse_tool_reply
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.tool_calls.case import Case
from quantgate.tasks.tool_calls.judging import Judge

NAME = "tool_calls"
SAMPLING = Sampling(temperature=0.0, max_tokens=4096)
METRICS = tuple(str(metric) for metric in CallMetric if metric not in (CallMetric.DUE, CallMetric.CALLED))
"""What a reply may be scored by; the first of them unless it is said otherwise."""

_AT_ONCE = 20_000


@dataclass(frozen=True)
class ToolCalls:
    """Requests with tools.

    `metric` becomes the score; `form_share` of the items is asked in both forms, streamed and not. `trusted` says that
    the schemas are quantgate's own, so that replies can be graded at once. `provenance` and `notes` as in
    `TaskIdentity`.

    Raises
    ------
    UsageError
        When the score is to be a metric that not all items can have.
    """

    cases: Sequence[Case]
    metric: CallMetric = CallMetric.SCHEMA_VALID
    form_share: float = 0.0
    trusted: bool = False
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = {
            CallMetric.TRIGGER: [case.due is None for case in self.cases],
            CallMetric.ARGUMENTS_EQUAL: [case.expected is None for case in self.cases],
        }.get(self.metric, [])
        if any(unknown):
            raise UsageError(
                f"--metric {self.metric}: of {sum(unknown):,} of {len(self.cases):,} requests it is not known what "
                "should come: give them `expected` or a `reference`"
            )
        if self.metric is CallMetric.STREAM_EQUAL and self.form_share < 1:
            raise UsageError(f"--metric {self.metric} needs every request in both forms: --option form_share=1")

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version="1",
            grader="tool_calls 1",
            metric=str(self.metric),
            data_hash=self._data_hash,
            settings={"weights": "items"},
            provenance={**self.provenance, "form_share": f"{self.form_share:g}"},
            notes=(*self.notes, *self._forms_note()),
        )

    @property
    def sampling(self) -> Sampling:
        return SAMPLING

    @property
    def repeats(self) -> int:
        return 1

    @property
    def at_once(self) -> int:
        return _AT_ONCE if self.trusted else 0

    def items(self) -> Sequence[Item]:
        return [Item(case.item_id, case.stratum) for case in self.cases]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        case = self._by_id[item.item_id]
        # As text, for a hash of the objects would not see their order, which the model does.
        digest = canonical_hash([json.dumps([case.messages, case.sent], ensure_ascii=False)])
        return Prompt(case.messages, digest, body=case.sent, both_forms=self._in_both_forms(case))

    def reference(self, item: Item, repeat: int) -> str | None:
        """The calls that should come, `no call`, or `a call` where no more is known."""
        case = self._by_id[item.item_id]
        if case.expected:
            return "; ".join(f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in case.expected)
        return None if case.due is None else "a call" if case.due else "no call"

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Judge a reply as it is stored; the score is one of its metrics.

        Raises
        ------
        DataError
            When the response is none of a request with tools, or lacks what the metric needs: replies in both forms.
        """
        reply = parse_tool_reply(response) if response.strip() else ToolReply("")
        judge = Judge(self._by_id[item.item_id])
        metrics = judge.metrics(reply)
        if self.metric not in metrics:
            if response.strip():
                raise DataError("the server gave no reply in one of the two forms, streamed and not")
            metrics[self.metric] = 0.0
        return Grade(metrics[self.metric], judge.extracted(reply), metrics)

    @cached_property
    def _by_id(self) -> dict[str, Case]:
        return {case.item_id: case for case in self.cases}

    @cached_property
    def _data_hash(self) -> str:
        # Tools recur in many requests: each is written out once.
        written: dict[int, str] = {}
        tools = {id(tool): tool for case in self.cases for tool in case.tools}
        for key, tool in tools.items():
            written[key] = canonical_hash([json.dumps(tool, ensure_ascii=False)])
        return canonical_hash(
            {
                "id": case.item_id,
                "messages": case.messages,
                "tools": [written[id(tool)] for tool in case.tools],
                "body": case.body,
                "due": case.due,
                "expected": case.expected and [[call.name, call.arguments] for call in case.expected],
            }
            for case in self.cases
        )

    def _in_both_forms(self, case: Case) -> bool:
        """Whether an item is one of those: drawn by its id, so that a larger share holds the smaller one's."""
        digest = hashlib.sha256(f"{NAME}\nboth forms\n{case.item_id}".encode()).digest()
        return int.from_bytes(digest[:8]) < self.form_share * 2.0**64

    def _forms_note(self) -> tuple[str, ...]:
        count = sum(map(self._in_both_forms, self.cases))
        if not count:
            return ()
        return (
            f"{count:,} of {len(self.cases):,} requests are asked once more in the other form, streamed or not, at "
            f"temperature 0, and where the replies differ twice more; --option form_share=0 asks none of them so",
        )
