"""The pages of the viewer as HTML text: the overview, a decision, a list of items, one item.

Templates escape everything (`autoescape`); what they print has control and bidirectional characters named before that,
so no text of a model, a file or a server can do more in a page than be read. There is no inline script or style.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from quantgate.evals.contract.records import Status
from quantgate.evals.text import one_line
from quantgate.reports.words import numbers
from quantgate.reports.words.palette import MARK, VERDICT_ROLE, verdict_word
from quantgate.view import addresses
from quantgate.view.answers import AnswerCard, answer_cards, asked_parts
from quantgate.view.marks import visible
from quantgate.view.types import DecisionRow, Filter, Flipped, ItemPage, ItemRow, ItemView, Overview, RunRow

if TYPE_CHECKING:
    from jinja2 import Environment


def overview_page(overview: Overview, base: str) -> str:
    """All that is open; `base` is the address under which everything stands, with a slash at its end."""
    return _render("overview", base, overview=overview, live=any(run.live for run in overview.runs))


def decision_page(decision: DecisionRow, base: str) -> str:
    """One decision with its tasks."""
    return _render("decision", base, decision=decision, pair=_pair(decision))


def items_page(page: ItemPage, base: str, *, fragment: bool = False) -> str:
    """A list of items; `fragment` is what htmx asks for (`HX-Request`): the rows and the counts, without the frame."""
    keys = [run.key for run in page.runs]
    tasks = list(dict.fromkeys(task.name for run in page.runs for task in run.tasks))
    subjects = {task.name: task.subjects for run in page.runs for task in run.tasks if task.subjects}
    return _render(
        "results" if fragment else "items",
        base,
        page=page,
        keys=keys,
        tasks=tasks,
        subjects=subjects,
        statuses=list(Status),
        flips=list(Flipped),
        live=any(run.live for run in page.runs),
        chips=_chips(page.filter),
        nothing=page.filter == Filter(),
        folded=replace(page.filter, search="", flipped=None) != Filter(),
        stored=max((sum(task.stored for task in run.tasks) for run in page.runs), default=0),
        problems=[f"{run.label}: {run.problem}" for run in page.runs if run.problem],
    )


def item_page(view: ItemView, base: str) -> str:
    """One item whole."""
    cards = answer_cards(view)
    return _render(
        "item",
        base,
        view=view,
        keys=[run.key for run in view.runs],
        cards=cards,
        title=_item_title(view),
        sample=next((card.sample for card in cards if card.sample is not None), None),
        asked=asked_parts(view.asked),
        facts=_facts(cards),
        live=any(run.live and card.seen is None for run, card in zip(view.runs, cards, strict=True)),
    )


def problem_page(title: str, message: str, base: str) -> str:
    """What went wrong and what to do, for an address that leads nowhere or a run that cannot be read."""
    return _render("problem", base, title=title, message=message)


def _render(template: str, base: str, **values: Any) -> str:
    page = _environment().get_template(f"{template}.html.j2").render(base=base, **values)
    return page.encode("utf-8", "replace").decode("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("quantgate.view", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        line=one_line,
        role=lambda verdict: VERDICT_ROLE.get(verdict, "invalid"),
        mark=lambda verdict: MARK.get(verdict, "!"),
        word=verdict_word,
        signed=numbers.signed,
        percent=numbers.percent,
        count=lambda number: f"{number:,}",
        when=_when,
        seconds=_seconds,
        score=score_word,
        right=lambda score: "none" if score is None else "right" if score == 1 else "wrong" if score == 0 else "partly",
    )
    environment.globals.update(
        decision_address=addresses.decision_address,
        list_address=addresses.list_address,
        item_address=addresses.item_address,
        row_key=_row_key,
        repeated=_repeated,
        bare=_bare,
        planned=_planned,
        all_of=Filter(),
        only=Filter,
    )
    return environment


def score_word(score: float | None) -> str:
    """A score as a mark with its meaning: whole, none, or in percent between them."""
    if score is None:
        return "–"
    return "✓" if score == 1 else "✗" if score == 0 else f"{100 * score:.0f}%"


def _row_key(row: ItemRow) -> tuple[str, str, int]:
    return (row.task, row.item_id, row.repeat)


def _repeated(page: ItemPage) -> bool:
    return any(row.repeat for row in page.rows)


def _bare(page: ItemPage) -> bool:
    """Whether nothing is told of what was asked, so that it needs no room."""
    return all(row.question is None and row.reference is None for row in page.rows)


def _planned(run: RunRow) -> tuple[int, int]:
    return sum(task.stored for task in run.tasks), sum(task.planned for task in run.tasks)


def _pair(decision: DecisionRow) -> list[str] | None:
    if decision.baseline is None or decision.candidate is None:
        return None
    return [decision.baseline, decision.candidate]


def _chips(chosen: Filter) -> list[tuple[str, Filter]]:
    """What is chosen, in words, each with the filter that is left without it."""
    said = {
        "task": chosen.task and f"task {chosen.task}",
        "subject": chosen.subject and f"subject {chosen.subject}",
        "status": chosen.status and f"status {chosen.status}",
        "wrong": chosen.wrong and "wrong",
        "unparsed": chosen.unparsed and "unparsed",
        "flipped": chosen.flipped and FLIPPED[chosen.flipped],
        "shortest": chosen.shortest is not None and f"at least {chosen.shortest:,} tokens",
        "longest": chosen.longest is not None and f"at most {chosen.longest:,} tokens",
        "search": chosen.search and f"“{chosen.search}”",
    }
    return [(str(words), addresses.without(chosen, name)) for name, words in said.items() if words]


FLIPPED = {Flipped.ANY: "flipped", Flipped.LOSSES: "lost", Flipped.GAINS: "gained"}


def _item_title(view: ItemView) -> str:
    found = next((seen.sample for seen in view.answers if seen is not None), None) or view.asked
    return f"{found.task} {found.item_id}" if found else "An item"


_NEVER_ALIKE = ("characters", "latency", "first token after", "speed", "time")


def _facts(cards: list[AnswerCard]) -> list[tuple[str, list[str], bool]]:
    """What is known of the answers, row by row, and whether it is worth a look that they are unlike in it."""
    names = dict.fromkeys(name for card in cards for name in card.facts)
    rows = [(name, [card.facts.get(name, numbers.NONE) for card in cards]) for name in names]
    return [(name, values, len(set(values)) > 1 and name not in _NEVER_ALIKE) for name, values in rows]


def _when(text: str) -> str:
    """A time of a record as people read it, in UTC to the minute."""
    return text[:16].replace("T", " ") if len(text) >= 16 and text[10:11] == "T" else text


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"
