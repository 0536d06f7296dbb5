"""Where evalscope's files lie: reviews, the predictions and the report that belong to them, and the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.documents import BrokenDocument, parse_yaml
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_bytes
from quantgate.evals.foreign.folders import begins_with, files_below
from quantgate.evals.foreign.sources import document_of

REVIEWS = "reviews"
_DEEPEST = 4
_MOST_CONFIG = 8 << 20


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews of one subset of a benchmark, in `ROOT/reviews/MODEL/BENCHMARK_SUBSET.jsonl`."""

    file: Path

    @property
    def model(self) -> str:
        return self.file.absolute().parent.name

    @property
    def root(self) -> Path:
        """The folder of the whole invocation, which bears its time."""
        return self.file.absolute().parent.parent.parent

    @property
    def predictions(self) -> Path:
        return self.root / "predictions" / self.model / self.file.name

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.model

    def benchmark(self, config: Mapping[str, Any]) -> str:
        """The benchmark whose name stands first in that of the file; the longest, where several do."""
        asked = config.get("datasets")
        known = [name for name in asked if isinstance(name, str)] if isinstance(asked, list) else []
        if self.reports.is_dir():
            known += [file.stem for file in sorted(self.reports.glob("*.json"))]
        stem = self.file.stem
        return max((name for name in known if stem == name or stem.startswith(f"{name}_")), key=len, default=stem)


def reviews_at(path: Path) -> list[Reviews]:
    """The reviews that a path is or holds. Raises DataError for a link out of it, and for too many files."""
    if not path.is_dir():
        return [Reviews(path)] if is_reviews(path) else []
    inside = path.absolute()
    found = []
    for file in files_below(path, _DEEPEST):
        # The folder itself may be `reviews`, or that of a model in it.
        if file.suffix == ".jsonl" and _in_reviews(inside / file.relative_to(path)) and is_reviews(file):
            found.append(Reviews(file))
    return found


def recognised(path: Path) -> bool:
    """Whether there are reviews of evalscope at a path."""
    try:
        return bool(reviews_at(path))
    except DataError:
        # A folder with too much in it, or with links, is told as that where it has a folder of reviews.
        return (path / REVIEWS).is_dir() or any(path.glob(f"*/{REVIEWS}"))


def is_reviews(file: Path) -> bool:
    """Whether a file begins as evalscope's reviews do."""
    return file.suffix == ".jsonl" and begins_with(file, b"index", b"sample_score")


def config_of(root: Path) -> dict[str, Any]:
    """The configuration of an invocation; none where there is none, or several that were not the same invocation's.

    Raises DataError for one that is broken.
    """
    named = root / "configs" / "task_config.yaml"
    files = [named] if named.is_file() else sorted((root / "configs").glob("task_config*.yaml"))
    if len(files) != 1:
        return {}
    try:
        found = parse_yaml(read_bytes(files[0], _MOST_CONFIG).decode())
    except (BrokenDocument, UnicodeDecodeError) as error:
        raise DataError(f"{files[0]}: {error if isinstance(error, BrokenDocument) else 'it is no UTF-8'}") from None
    except OSError as error:
        raise DataError(f"{files[0]} cannot be read: {error.strerror or error}") from None
    return found if isinstance(found, dict) else {}


def report_of(reviews: Sequence[Reviews], benchmark: str) -> dict[str, Any]:
    """What evalscope reports of a benchmark; nothing where it has not, as after an interruption. Raises DataError."""
    file = reviews[0].reports / f"{benchmark}.json"
    return document_of(file) if file.is_file() else {}


def part_of(value: Any, *names: str) -> Any:
    """What stands in a document at the end of names; `None` where there is nothing."""
    for name in names:
        # A document is of dicts, and whether something is one is known at once.
        value = value.get(name) if isinstance(value, dict) else None
    return value


def object_at(value: Any, *names: str) -> Mapping[str, Any]:
    """The object that stands in a document at the end of names; an empty one where there is none."""
    found = part_of(value, *names)
    return found if isinstance(found, dict) else {}


def _in_reviews(file: Path) -> bool:
    return file.parent.parent.name == REVIEWS
