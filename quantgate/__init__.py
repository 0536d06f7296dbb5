"""quantgate: the accuracy gate for quantized language models.

For notebooks and scripts; each name is loaded when it is first used:

- `load(run)`: a run's samples as a pandas DataFrame, one row a sample.
- `gate(baseline, candidate, margin=0.02)`: decides whether a candidate passes.
- `compare(baseline, runs, margin=0.02)`: several formats against one baseline, in bounds that hold together.
- `assert_not_regressed(baseline, candidate, margin=0.02)`: a gate as an assertion, for tests.
- `plan(task, margin=0.02)`: how many items and repeats a margin needs.
- `claim(n=200, baseline="0.965", candidate="0.955")`: what published accuracies alone can show.
- `stats`: the statistics, usable on their own.
"""

from __future__ import annotations

# What tools for types take for typing's own, which would take longer to import than all that stands here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from quantgate import stats
    from quantgate.notebook.asserting import assert_not_regressed
    from quantgate.notebook.functions import claim, compare, gate, load, plan

__version__ = "0.1.0"

__all__ = ["__version__", "assert_not_regressed", "claim", "compare", "gate", "load", "plan", "stats"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `import quantgate` itself costs next to nothing."""
    from importlib import import_module

    if name == "stats":
        return import_module("quantgate.stats")
    if name == "assert_not_regressed":
        return getattr(import_module("quantgate.notebook.asserting"), name)
    if name in __all__:
        return getattr(import_module("quantgate.notebook.functions"), name)
    raise AttributeError(f"module 'quantgate' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
