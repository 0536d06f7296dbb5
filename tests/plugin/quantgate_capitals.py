"""Capital cities as a task of quantgate: one question a country, graded by the answer's last line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.data.hub import HubFile, download, hub_fetch
from quantgate.tasks.data.rows import read_rows

NAME = "capitals"
METRIC = "exact_match"
SAMPLING = Sampling(temperature=0.0, max_tokens=256)
SOURCE = HubFile("example/capitals", "test.jsonl", "0123456789abcdef0123456789abcdef01234567")
COLUMNS = ("country", "capital", "continent")


class Capitals:
    """Asks for the capital of each country of a file; `hint` is `none`, or `continent` to tell where it lies."""

    def __init__(
        self, rows: Sequence[Mapping[str, str]], limit: int | None, hint: str, origin: Mapping[str, str]
    ) -> None:
        self._rows = {row["country"]: row for row in rows[:limit]}
        self._hint = hint
        self._data_hash = canonical_hash([[row[column] for column in COLUMNS] for row in rows])
        self._origin = origin

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version="1",  # raise it with every change of prompt or grading
            grader="capitals 1",
            metric=METRIC,
            data_hash=self._data_hash,
            settings={"hint": self._hint},  # whatever else two runs must share to be compared
            provenance=self._origin,
        )

    @property
    def sampling(self) -> Sampling:
        return SAMPLING

    @property
    def repeats(self) -> int:
        return 1

    def items(self) -> Sequence[Item]:
        return [Item(country) for country in self._rows]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        row = self._rows[item.item_id]
        where = f" (in {row['continent']})" if self._hint == "continent" else ""
        text = f"What is the capital of {row['country']}{where}? Close with a line that holds only its name."
        messages = ({"role": "user", "content": text},)
        return Prompt(messages, canonical_hash(messages))

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        lines = [line.strip(" .*") for line in response.splitlines() if line.strip(" .*")]
        said = lines[-1] if lines else None  # None: no result could be read, which is counted apart
        score = float(said is not None and said.casefold() == self._rows[item.item_id]["capital"].casefold())
        return Grade(score, said, {METRIC: score})


def load(options: TaskOptions) -> Capitals:
    """The task from a local file, or else from the hub."""
    file: Path | None = options.data.get("test")
    origin = options.origin or ({"file_test": file.name} if file else {"revision": SOURCE.revision})
    rows = read_rows(file or download(SOURCE, NAME))
    for row in rows:
        if missing := [column for column in COLUMNS if not isinstance(row.values.get(column), str)]:
            raise DataError(f"{row.where}: there is no text in the column {missing[0]!r}")
    return Capitals([row.values for row in rows], options.limit, options.own.get("hint", "none"), origin)


def hint(value: object) -> str:
    """Reads the option of that name, from the command line or from YAML."""
    if value not in ("none", "continent"):
        raise ValueError("must be none or continent")
    return str(value)


INFO = TaskInfo(
    name=NAME,
    summary="Capital cities: 40 short questions",
    load=load,
    data=TaskData("example/capitals on the Hugging Face hub", ("test",), hub_fetch(NAME, {"test": SOURCE})),
    items=40,
    metrics=(METRIC,),
    sampling=SAMPLING,
    repeats=1,
    private="The authors ask to keep the questions off the web",
    typical=Typical(accuracy=0.9),
    options=(TaskOption("hint", "none, or continent to tell where the country lies; default none", hint),),
)
