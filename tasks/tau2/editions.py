"""The benchmarks that tau2 is asked as: `tau2`, whichever package has it, and Sierra's tau3 domain by domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.tasks.tau2.defaults import NAME

OFFLINE_RETRIEVAL = "bm25"
"""The retrieval that Sierra's own page names for a machine without keys and sandbox; its default asks an API."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One benchmark: `sizes` has the tasks of each domain's split `base`, in the order in which they are asked.

    `least` is the first version of Sierra's tau2 that grades as this one does, `None` where any package will do;
    `retrieval` how the agent finds documents unless it is told otherwise, `None` where there are none.
    """

    name: str
    sizes: Mapping[str, int]
    least: str | None = None
    retrieval: str | None = None

    @property
    def domains(self) -> tuple[str, ...]:
        return tuple(self.sizes)

    @property
    def items(self) -> int:
        return sum(self.sizes.values())


TAU2 = Edition(NAME, {"airline": 50, "retail": 114, "telecom": 114})
TAU3 = (
    Edition("tau3_airline", {"airline": 50}, least="1.0.1"),
    Edition("tau3_retail", {"retail": 114}, least="1.0.1"),
    Edition("tau3_telecom", {"telecom": 114}, least="1.0.1"),
    Edition("tau3_banking_knowledge", {"banking_knowledge": 97}, least="1.0.1", retrieval=OFFLINE_RETRIEVAL),
)
