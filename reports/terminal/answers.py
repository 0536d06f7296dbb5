"""Answers on the terminal: a table of many, and each whole, from the question to how long it took."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import message_text, offered_tools
from quantgate.evals.contract.records import Sample
from quantgate.evals.inspection.choosing import Chosen, Kind, of_kind
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import token_count
from quantgate.evals.text import one_line, unbroken
from quantgate.reports.terminal.marked import Marks, clean, wrapped
from quantgate.reports.terminal.rows import Column, streamed

NOTHING = "–"
_FIRST_WORDS = 60
_MOST_NAMES = 500
_LONG_PROMPT, _LONGEST_PROMPT = 1_500, 6_000
_LABEL = re.compile(r"(?:\A|\n\n)([A-Z]\w{0,20}:)")
"""How a worked example begins, and the question like it."""

NOT_KEPT = "this run has not kept it"
HIDDEN = "hidden, as the task's authors ask; --reveal shows it"


def answers_table(answers: Iterable[Seen], names: Iterable[str], width: int, *, repeats: bool) -> Iterator[Text]:
    """A line for each answer; `names` are the ids of their items."""
    columns = [
        Column("item"),
        *([Column("repeat", right=True)] if repeats else []),
        Column("status"),
        Column("score", right=True),
        Column("extracted", 20),
        Column("reference", 20, spare=2),
        Column("tokens", spare=3, right=True),
        Column("latency", spare=4, right=True),
        Column("first words", 16, spare=5, fills=True),
    ]
    yield from streamed(columns, (_cells(seen, repeats=repeats) for seen in answers), width, names)


def _cells(seen: Seen, *, repeats: bool) -> list[Text]:
    sample = seen.sample
    return [
        Text(unbroken(sample.item_id)),
        *([Text(str(sample.repeat))] if repeats else []),
        status_text(sample),
        score_text(sample),
        result_text(seen),
        Text(NOTHING if seen.reference is None else one_line(seen.reference, 60)),
        Text(tokens_of(sample) or NOTHING),
        Text(seconds_of(sample) or NOTHING),
        Text(one_line(first_words(seen), _FIRST_WORDS)),
    ]


def status_text(sample: Sample) -> Text:
    """The status of an answer, coloured where it is none of a sound one."""
    return Text(sample.status.value, style="" if sample.status == "ok" else "yellow")


def score_text(sample: Sample) -> Text:
    """The score: whole numbers for right and wrong."""
    if sample.score is None:
        return Text(NOTHING)
    return Text(f"{sample.score:.4g}", style="green" if sample.score == 1 else "red")


def result_text(seen: Seen, most: int = 60) -> Text:
    """What was read out of the answer, or that nothing was."""
    if seen.hidden:
        return Text("hidden", style="dim")
    if seen.sample.extracted is None:
        return Text("unparsed" if seen.sample.unparsed and seen.results else NOTHING, style="dim")
    return Text(one_line(seen.sample.extracted, most) or '""')


def result_in_text(seen: Seen) -> str | None:
    """The result that was read out of the text; of a conversation it is none of its words."""
    return None if seen.turns else seen.sample.extracted


def first_words(seen: Seen) -> str:
    """How the answer begins, or why there is none."""
    if seen.hidden:
        return ""
    if seen.choices:
        return f"{len(seen.choices)} choices"
    return seen.answer[:1000] or seen.sample.error or ("only thoughts" if seen.sample.reasoning else "")


def tokens_of(sample: Sample) -> str:
    """How many tokens were generated, as the server told it; empty where it did not."""
    count = token_count((sample.usage or {}).get("completion_tokens"))
    return "" if count < 0 else f"{count:,}"


def seconds_of(sample: Sample) -> str:
    """How long the answering attempt took."""
    return "" if sample.latency_s is None else f"{sample.latency_s:.2f} s"


def heading(seen: Seen, width: int, *, repeats: bool) -> Text:
    """The line above an item, as wide as the terminal."""
    sample = seen.sample
    named = f"{unbroken(sample.task)}/{unbroken(sample.item_id)}" + (f", repeat {sample.repeat}" if repeats else "")
    return Text.assemble((f"── {named} ", "bold"), ("─" * max(width - cell_len(named) - 4, 0), "dim"))


def section(name: str, more: str = "") -> Text:
    """The name of a part of an item, and what is to be said of it."""
    return Text.assemble((name, "bold"), f"  {more}" if more else "")


def whole_answer(console: Console, seen: Seen, *, repeats: bool, thoughts: bool, prompt: bool) -> Iterator[Text]:
    """The lines of one item: question, thoughts, answer, and what became of it."""
    width = console.width
    yield heading(seen, width, repeats=repeats)
    yield from figures(console, seen, width)
    if seen.hidden:
        yield section("text", HIDDEN)
        yield Text()
        return
    yield from question(console, seen, prompt=prompt)
    yield from reference(console, seen)
    yield from thought(console, seen, width, unfolded=thoughts)
    yield from answer(console, seen, Marks(result_in_text(seen)), width)
    yield Text()


def figures(console: Console, seen: Seen, width: int) -> list[Text]:
    """What became of an answer: status, score, what was read, metrics, tokens, time, fault."""
    sample = seen.sample
    told = [Text.assemble("status ", status_text(sample)), Text.assemble("score ", score_text(sample))]
    told.append(Text.assemble("extracted ", result_text(seen, 300)))
    lines = wrapped(console, Text(", ").join(told), width)
    rest = [f"finish reason {one_line(sample.finish_reason, 60)}"] if sample.finish_reason else []
    rest += [f"{tokens} tokens" for tokens in [tokens_of(sample)] if tokens]
    rest += [seconds for seconds in [seconds_of(sample)] if seconds]
    rest += [f"first token after {sample.first_token_s:.2f} s"] if sample.first_token_s is not None else []
    rest += [f"{sample.attempts} attempts"] if sample.attempts != 1 else []
    rest += [f"stratum {one_line(sample.stratum, 60)}"] if sample.stratum else []
    if len(sample.metrics) > 1:
        rest += [f"{one_line(name, 60)} {value:.4g}" for name, value in sample.metrics.items()]
    if sample.margin is not None:
        rest.append(f"margin {sample.margin:.3f} nats")
    lines += wrapped(console, Text(", ".join(rest)), width)
    if sample.error:
        lines += wrapped(console, Text(f"fault: {one_line(sample.error, 2000)}", style="yellow"), width)
    return lines


def question(console: Console, seen: Seen, *, prompt: bool) -> Iterator[Text]:
    """What was asked: the last message, its worked examples folded unless the whole `prompt` is wanted."""
    asked = seen.asked
    if asked is None or asked.private:
        yield section("question", NOT_KEPT if asked is None else "this run keeps no text of this task")
        return
    messages = [(message.get("role", ""), message_text(message)) for message in asked.messages]
    if asked.continuations:
        first = asked.continuations[0]
        # A text that is scored token by token stands for itself, or after the messages that it answers.
        messages = [("context", first.context)] if first.context else [*messages, ("text", first.text)]
    if not messages:
        yield section("question", "the benchmark's own orchestrator asks it, in a conversation")
        return
    yield from _tools(console, asked, whole=prompt)
    said = [place for place, (role, _) in enumerate(messages) if role in ("user", "context")]
    last = said[-1] if said else 0
    for place, (role, text) in enumerate(messages if prompt else messages[last:]):
        shown = clean(text)
        folded = 0 if prompt else _examples(shown)
        before = 0 if prompt or place else sum(len(content) for _, content in messages[:last])
        more = f"({before + folded:,} characters before it: --prompt)" if before + folded else ""
        named = "question" if not (prompt or place) else f"question, {one_line(role, 40)}"
        yield section(named, more)
        yield from _indented(console, Text(shown[folded:].strip("\n")), console.width)


def _tools(console: Console, asked: Asked, *, whole: bool) -> Iterator[Text]:
    """What was offered besides the messages: the names of the tools, or the `whole` of it as it was sent."""
    if names := offered_tools(asked):
        yield section("tools", f"{len(names):,}" + ("" if whole else ": --prompt"))
        yield from _indented(console, Text(one_line(", ".join(names), _MOST_NAMES)), console.width)
    if whole and asked.body:
        yield section("sent beside the messages")
        yield from _indented(console, Text(clean(json.dumps(asked.body, ensure_ascii=False, indent=1))), console.width)


def reference(console: Console, seen: Seen) -> Iterator[Text]:
    """The right answer, where it was kept."""
    if seen.reference is not None:
        text = clean(seen.reference)
        if "\n" not in text and len(text) < console.width - len("reference") - 2:
            yield section("reference", text)
            return
        yield section("reference")
        yield from _indented(console, Text(text), console.width)


def _examples(text: str) -> int:
    """How many characters stand before the question itself: worked examples begin with the same word as it does."""
    if len(text) <= _LONG_PROMPT:
        return 0
    places: dict[str, list[int]] = {}
    for found in _LABEL.finditer(text):
        places.setdefault(found[1], []).append(found.start(1))
    again = next((starts for starts in places.values() if len(starts) > 1), None)
    return again[-1] if again else max(len(text) - _LONGEST_PROMPT, 0)


def thought(console: Console, seen: Seen, width: int, *, unfolded: bool, marks: Marks | None = None) -> Iterator[Text]:
    """The thoughts, or how long they are; nothing where there are none."""
    reasoning = seen.sample.reasoning
    if not reasoning:
        return
    if not unfolded:
        yield section("thoughts", f"{len(reasoning):,} characters: --thoughts")
        return
    yield section("thoughts")
    text = (marks or Marks()).of(clean(reasoning), coloured=console.color_system is not None)
    yield from _indented(console, text, width)


def answer(console: Console, seen: Seen, marks: Marks, width: int) -> Iterator[Text]:
    """The answer, or the choices with their log-likelihoods, or that there is none."""
    if seen.choices:
        yield section("choices", "> taken, = right, in nats")
        for line in choice_lines(seen):
            yield from _indented(console, line, width)
        return
    text = clean(seen.answer)
    if not text.strip():
        yield section("answer", "none" if not seen.sample.reasoning else "none besides the thoughts")
        return
    yield section("conversation" if seen.turns else "answer")
    yield from _indented(console, marks.of(text, coloured=console.color_system is not None), width)


def choice_lines(seen: Seen) -> list[Text]:
    """A line for each choice: taken, right, its log-likelihood, its text."""
    return [
        Text.assemble(
            (f"{'>' if each.chosen else ' '}{'=' if each.right else ' '} ", "bold"),
            f"{each.total:>10.3f}  ",
            f"choice {number}" if each.text is None else one_line(each.text, 500),
        )
        for number, each in enumerate(seen.choices, 1)
    ]


def _indented(console: Console, text: Text, width: int) -> Iterator[Text]:
    for line in wrapped(console, text, max(width - 2, 20)):
        yield Text("  ").append_text(line)


def count_line(chosen: Chosen, record: TaskRecord | None) -> str:
    """How many answers of a task there are, what became of them, and how many of them are shown."""
    columns = chosen.held.columns
    stored, planned = len(columns), record.items * record.repeats if record is not None else 0
    counted = {kind: int(of_kind(columns, kind, record).sum()) for kind in Kind}
    told = [f"{stored:,} of {planned:,} answers" if planned > stored else f"{stored:,} answers"]
    told += [f"{count:,} {kind}" for kind, count in counted.items() if count]
    shown = f"; {len(chosen.rows):,} shown" if len(chosen.rows) != stored else ""
    return f"{unbroken(chosen.task)}: {', '.join(told)}{shown}"
