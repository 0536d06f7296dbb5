"""Says why a task that is looked at on the way is settled, where it is."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.contract.design import Design, Look


@dataclass(frozen=True, slots=True)
class Said:
    """The sentences about one design; each begins with how it is settled and names no task."""

    design: Design

    def passed(self, place: int, missing: int = 0) -> str:
        return f"passed at {self.look(place)}{_without(missing)}"

    def regressed(self, items: int) -> str:
        return f"regressed after {self.items(items)}"

    def regressed_at(self, place: int) -> str:
        return f"regressed at {self.look(place)}"

    def futile(self, place: int, why: str) -> str:
        return f"given up at {self.look(place)}: {why}"

    def futile_between(self, items: int, why: str) -> str:
        return f"given up after {self.items(items)}: {why}"

    def blocked(self, items: int, why: str) -> str:
        return f"stopped after {self.items(items)}, for it cannot pass: {why}"

    def blocked_at(self, place: int, why: str) -> str:
        return f"stopped at {self.look(place)}, for it cannot pass: {why}"

    def ended(self, missing: int = 0) -> str:
        return f"still not told at the last look, after {self.size(self.design.looks[-1])}{_without(missing)}"

    def look(self, place: int) -> str:
        """`look 3 of 8, after 471 of 1,319 items`."""
        look = self.design.looks[place]
        return f"look {place + 1} of {len(self.design.looks)}, after {self.size(look)}"

    def size(self, look: Look) -> str:
        """`471 of 1,319 items`, `4 of 16 answers to each of 198 items`."""
        items, repeats = self.design.items, self.design.repeats
        if repeats == 1:
            return self.items(look.items)
        of_items = f"{look.items:,}" if look.items == items else f"{look.items:,} of {items:,}"
        answers = f"{look.repeats} of {repeats}" if look.repeats < repeats else f"all {repeats}"
        return f"{answers} answers to each of {of_items} items"

    def items(self, count: int) -> str:
        """`37 of 1,319 items`, `the first answers to 37 of 198 items`."""
        of_all = f"{count:,} of" if count < self.design.items else "all"
        said = f"{of_all} {self.design.items:,} items"
        return said if self.design.repeats == 1 else f"the first answers to {said}"


def _without(missing: int) -> str:
    if not missing:
        return ""
    answers = "1 answer that is" if missing == 1 else f"{missing:,} answers that are"
    return f", with {answers} missing counted for the worst"
