"""Published accuracies as they were printed: claims out of a YAML file or the command line's options."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import explain
from quantgate.evals.settings.margin import Margin, MarginField, Written, read_recovery
from quantgate.evals.settings.requirements import SMALLEST_ALPHA
from quantgate.evals.settings.run import read_yaml

# Judging all pairings of more takes minutes.
MOST_ANSWERS = 20_000
_MOST_DIGITS = 12
_MOST_STRATA = 6


def _as_printed(value: object) -> object:
    """An accuracy as text; a number that a YAML parser has read is written out again, without its trailing zeros."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("an accuracy is a number such as 0.965")
    text = str(value).strip() if isinstance(value, str) else f"{Decimal(repr(value)):f}"
    try:
        number = Decimal(text if text.isascii() and "_" not in text else "")
    except InvalidOperation:
        hint = ""
        if text.endswith("%") and text[:-1].replace(".", "", 1).isdigit():
            hint = f": for {text} write {Decimal(text[:-1]).scaleb(-2):f}"
        raise ValueError(f"an accuracy is a share such as 0.965{hint}") from None
    if not number.is_finite():
        raise ValueError("an accuracy is a share such as 0.965")
    if printed_decimals(text) > _MOST_DIGITS:
        raise ValueError(f"more than {_MOST_DIGITS} decimals were never printed; round it as it was published")
    return text


def printed_decimals(text: str) -> int:
    """Decimals of a finite number as it is written, whatever its size."""
    return max(-int(Decimal(text).as_tuple().exponent), 0)


def _as_sizes(value: object) -> object:
    """Items of each stratum, from the command line as "50,114,114"."""
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("write the items of each part with commas between, such as 50,114,114")
        return [int(part) for part in parts]
    return value


Printed = Annotated[str, BeforeValidator(_as_printed)]
Size = Annotated[int, Field(ge=1, le=MOST_ANSWERS, strict=True)]


class Claim(BaseModel):
    """Two published accuracies of one task. `baseline` and `candidate` are shares, as text, just as they were printed.

    `n` counts items; for a macro average `strata` gives the items of each part instead. `digits` says to how many
    decimals the accuracies were printed, where that cannot be told from them: `unquoted` says that YAML read them.
    `remarks` say what was filled in by whoever read the claim.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str = Field("the task", min_length=1)
    n: Size | None = None
    strata: Annotated[tuple[Size, ...], BeforeValidator(_as_sizes)] = ()
    baseline: Printed
    candidate: Printed
    margin: MarginField = Margin(points=0.02)
    alpha: float = Field(0.05, ge=SMALLEST_ALPHA, lt=0.5)
    repeats: int = Field(1, ge=1, le=1000, strict=True)
    digits: int | None = Field(None, ge=1, le=_MOST_DIGITS, strict=True)
    unquoted: bool = False
    remarks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Claim:
        if (self.n is None) == (not self.strata):
            raise ValueError(
                "give n, the number of items, or for a macro average strata, the items of each part (strata: [50, 114])"
            )
        if len(self.strata) == 1 or len(self.strata) > _MOST_STRATA:
            raise ValueError(f"strata are the 2 to {_MOST_STRATA} parts of a macro average; for one part give n")
        if self.items * self.repeats > MOST_ANSWERS:
            raise ValueError(f"items times repeats are {self.items * self.repeats:,}; at most {MOST_ANSWERS:,} work")
        if self.margin.recovery is not None and (self.strata or self.repeats > 1):
            raise ValueError(
                "a recovery is judged of one answer to each item of one pool; of strata or repeats give a margin in "
                "points, or the answers item by item to `quantgate gate`"
            )
        if self.margin.both and self.alpha < 2 * SMALLEST_ALPHA:
            raise ValueError(f"with points and recovery in one margin alpha is {2 * SMALLEST_ALPHA:g} or more")
        most = max(printed_decimals(self.baseline), printed_decimals(self.candidate))
        if self.digits is not None and most > self.digits:
            raise ValueError(f"an accuracy has {most} decimals, but digits says {self.digits}")
        return self

    @property
    def items(self) -> int:
        return self.n if self.n is not None else sum(self.strata)

    @property
    def printed_to(self) -> int:
        """Decimals of both accuracies: as said, else those of the one that shows more."""
        if self.digits is not None:
            return self.digits
        return max(printed_decimals(self.baseline), printed_decimals(self.candidate), 1)


_KEYS = Claim.model_fields.keys() - {"unquoted", "remarks"}


def claim_of_options(options: Mapping[str, Any]) -> Claim:
    """A claim out of the command line's options. Raises UsageError, naming the option."""
    try:
        return Claim.model_validate({name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError(_explained(error, None, frozenset())) from None


def margin_of_options(margin: float | None, recovery: float | None) -> Written | None:
    """What the options `--margin` and `--recovery` say together. Raises UsageError for a recovery that is none."""
    if recovery is None:
        return margin
    try:
        said = {"recovery": read_recovery(recovery)}
    except ValueError as error:
        raise UsageError(f"--recovery {recovery:g}: {error}") from None
    return said if margin is None else {"points": margin, **said}


def read_claims(file: Path, margin: Written | None = None, alpha: float | None = None) -> tuple[Claim, ...]:
    """The claims of a YAML file: a list under `claims:`; `margin` and `alpha` beside it hold for all that set none.

    The arguments win over the file. Raises UsageError naming file, claim and key; for an unknown key the nearest one.
    """
    written = read_yaml(file)
    listed = written.pop("claims", None)
    if unknown := sorted(written.keys() - {"margin", "alpha"}):
        where = "it belongs under a claim" if unknown[0] in Claim.model_fields else "known are claims, margin and alpha"
        raise UsageError(f"{file}: {unknown[0]} is not known here; {where}")
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{file}: claims: must hold a list of claims, each with task, n, baseline and candidate")
    forced = {name: value for name, value in (("margin", margin), ("alpha", alpha)) if value is not None}
    claims = tuple(_claim_of_file(file, number, entry, written, forced) for number, entry in enumerate(listed, 1))
    names = [claim.task for claim in claims]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"{file}: task {twice[0]} is claimed more than once; name each claim by its own task")
    return claims


def _claim_of_file(
    file: Path, number: int, entry: object, shared: Mapping[str, Any], forced: Mapping[str, object]
) -> Claim:
    if not isinstance(entry, dict):
        raise UsageError(f"{file}: claim {number} must be a mapping with task, n, baseline and candidate")
    where = Path(f"{file}: claim {number}")
    for name in entry:
        if name not in _KEYS:
            near = difflib.get_close_matches(str(name), _KEYS, n=1)
            raise UsageError(f"{where}: {name} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        unquoted = any(isinstance(entry.get(build), int | float) for build in ("baseline", "candidate"))
        return Claim.model_validate({"task": f"claim {number}", **shared, **entry, **forced, "unquoted": unquoted})
    except ValidationError as error:
        names = frozenset({*(str(key) for key in entry), *shared}) - frozenset(forced)
        raise UsageError(_explained(error, where, names)) from None


def explained_briefly(error: ValidationError) -> str:
    """Why a row of a card is no claim, in the words of the first rule that it breaks."""
    first = error.errors()[0]
    said = first["msg"].removeprefix("Value error, ")
    return f"{first['loc'][0]}: {said}" if first["loc"] else said


def _explained(error: ValidationError, file: Path | None, from_file: frozenset[str]) -> str:
    """The error as one line; a rule about several keys names none, so its own words are all there is."""
    first = error.errors()[0]
    if first["loc"] and first["type"] != "missing":
        return explain(error, Claim, file, from_file)
    said = f"{first['loc'][0]} is missing" if first["loc"] else first["msg"].removeprefix("Value error, ")
    if file is None:
        return f"--{said}: write it as it was published, such as 0.965" if first["loc"] else said
    return f"{file}: {said}"
