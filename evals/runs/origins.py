"""The models that a run's replies name: each with its count and times, and whether they are more than one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quantgate.evals.contract.records import Origin
from quantgate.evals.errors import ModelChanged
from quantgate.evals.runs.record import RepliesOf, now
from quantgate.evals.text import excerpt

MOST_TOLD = 32
"""So many are told apart: a router that names every reply otherwise must not fill `run.json`."""


@dataclass(slots=True)
class _Tally:
    """A model's answers as they are counted: thousands, of each of which nothing else is kept."""

    first: RepliesOf
    count: int = 0
    last: str = ""


class Origins:
    """What has been told so far. `allowed` says that answers of several models are meant."""

    def __init__(self, before: Sequence[RepliesOf] = (), *, allowed: bool = False) -> None:
        self._told = [_Tally(each, each.count, each.last) for each in before]
        self._places = {Origin(each.model, each.fingerprint): n for n, each in enumerate(before) if not each.others}
        self._allowed = allowed
        self.news = 0
        """How often a count has doubled: what is stored then tells a run that goes on after this one was killed."""

    def note(self, origins: Sequence[Origin]) -> tuple[int, ...] | None:
        """Count the replies of one answer; the places of their models in `told`, `None` for the first one alone.

        Raises
        ------
        ModelChanged
            When one is of another model than those before, unless that is meant: nothing is counted then.
        """
        if not self._allowed:
            for origin in origins:
                if (why := self._change(origin)) is not None:
                    raise ModelChanged(why)
        places = tuple(sorted({self._count(origin) for origin in origins}))
        return None if places in ((), (0,)) else places

    @property
    def told(self) -> tuple[RepliesOf, ...]:
        """The models in the order in which they came; as in `run.json`."""
        return tuple(replace(each.first, count=each.count, last=each.last) for each in self._told)

    def _count(self, origin: Origin) -> int:
        place, time = self._places.get(origin), now()
        if place is None and len(self._places) < MOST_TOLD:
            place = self._places[origin] = len(self._told)
            self._told.append(_Tally(RepliesOf(origin.model, origin.fingerprint, 0, time, time)))
        elif place is None:
            place = next((n for n, each in enumerate(self._told) if each.first.others), len(self._told))
            if place == len(self._told):
                self._told.append(_Tally(RepliesOf(None, None, 0, time, time, others=True)))
        tally = self._told[place]
        tally.count, tally.last = tally.count + 1, time
        self.news += tally.count.bit_count() == 1
        return place

    def _change(self, origin: Origin) -> str | None:
        """Why a reply shows that the model has changed; `None` where it does not, or the change is known already."""
        place = self._places.get(origin)
        if place is not None and self._told[place].count > 1:
            return None
        models, fingerprints = names_of(self.told)
        if origin.model is not None and models and origin.model not in models:
            return f"a reply is of the model {excerpt(origin.model)!r}, those before were of {_counted(models)}"
        told = Counter(fingerprints)
        told.update([] if origin.fingerprint is None else [origin.fingerprint])
        if are_of_several(told) and not (are_of_several(fingerprints) and origin.fingerprint in fingerprints):
            return (
                f"a reply has the system_fingerprint {excerpt(str(origin.fingerprint))!r}, "
                f"those before had {_counted(fingerprints)}"
            )
        return None


def names_of(told: Sequence[RepliesOf]) -> tuple[Counter[str], Counter[str]]:
    """How many answers are of each model by its name, and by its fingerprint, where they tell it."""
    models, fingerprints = Counter[str](), Counter[str]()
    for each in told:
        if each.model is not None:
            models[each.model] += each.count
        if each.fingerprint is not None:
            fingerprints[each.fingerprint] += each.count
    return models, fingerprints


def are_of_several(fingerprints: Mapping[str, int]) -> bool:
    """Whether fingerprints show more than one build; some servers give every reply another, which says nothing."""
    return len(fingerprints) > 1 and max(fingerprints.values()) > 1


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{excerpt(name)!r} ({count:,})" for name, count in names.most_common(3))
