"""Two answers cut to what tells them apart: from shortly before they part to where each of them ends."""

from __future__ import annotations

from quantgate.evals.inspection.parting import parting

CUT = "…"


def excerpts(left: str | None, right: str | None, most: int, gap: str = "\n…\n") -> tuple[str | None, str | None]:
    """Both texts, of each about `most` characters.

    Where one is longer, both begin at one place, a tenth of that before they part, and of what is still too long the
    middle is left out, with `gap` in its place; the end is there, where the result is. Of texts that are the same, or a
    single one, the end alone is kept.
    """
    if left is None or right is None or max(len(left), len(right)) <= most:
        return _end(left, most), _end(right, most)
    place = parting(left, right)
    if place is None:
        return _end(left, most), _end(right, most)
    start = max(place - most // 10, 0)
    return _from(left, start, most, gap), _from(right, start, most, gap)


def _end(text: str | None, most: int) -> str | None:
    return text if text is None or len(text) <= most else CUT + text[-most:]


def _from(text: str, start: int, most: int, gap: str) -> str:
    told = text[start:]
    if len(told) > most:
        told = told[: most // 2] + gap + told[-(most // 2) :]
    return CUT + told if start else told
