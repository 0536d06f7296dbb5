"""What a verb is asked to do: the options of `run` and `doctor`, from the command line, a `run.yaml`, or both."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from quantgate.evals.contract.records import Sampling
from quantgate.evals.contract.shard import Shard
from quantgate.evals.documents import MOST_SETTINGS, BrokenDocument, parse_json, parse_yaml
from quantgate.evals.endpoint.connection import MAX_IN_FLIGHT, MOST_MB, OMITTABLE, STALL_S, Connection
from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import UsageError
from quantgate.evals.files import read_text
from quantgate.evals.secrets import redacted, without_keys
from quantgate.evals.settings.durations import read_duration
from quantgate.evals.settings.expected import parse_expectation
from quantgate.evals.settings.explaining import explain, shown
from quantgate.evals.settings.key import OPEN_KEY, key_from_environment, place_of_key
from quantgate.evals.settings.presets import Preset

_NOT_EXTRA = frozenset({"model", "messages", "n", "stream", "stream_options", *OMITTABLE})
_LONGEST_NAME = 16
"""What is longer, where a header is given, may be its value."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _is_expectation(value: object) -> str:
    parse_expectation(str(value))
    return str(value)


ExpectedScore: TypeAlias = Annotated[str, BeforeValidator(_is_expectation)]
"""A score with its tolerance, as `0.92 +- 0.03`."""


class Executor(StrEnum):
    """Where a run's requests are sent from and its answers graded: in its own process, or by workers on a cluster."""

    LOCAL = "local"
    RAY = "ray"


class EndpointConfig(BaseModel):
    """Where to ask, and how answers are sampled; the names are the command line's with underscores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    api_key_env: str | None = None
    header: dict[str, str] = {}
    ca_bundle: Path | None = None
    timeout: float | None = Field(None, gt=0, allow_inf_nan=False)
    stall_timeout: float = Field(STALL_S, gt=0, allow_inf_nan=False)
    max_answer_mb: int = Field(MOST_MB, ge=1, le=4096)
    stream: bool | None = None
    omit: tuple[str, ...] = ()
    max_tokens_field: str | None = None
    temperature: float | None = Field(None, ge=0, le=10, allow_inf_nan=False)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    seed: int | None = None
    extra_body: dict[str, Any] = {}
    tokenizer: Path | None = None
    max_length: int | None = Field(None, ge=2)
    data: dict[str, Path] = {}
    data_dir: Path | None = None
    options: dict[str, Any] = {}
    """What the tasks declare themselves; each reads and checks its own."""

    @field_validator("extra_body")
    @classmethod
    def _is_plain_json(cls, value: dict[str, Any]) -> dict[str, Any]:
        """What is sent is what is recorded, and what has an option of its own is not set behind its back."""
        try:
            plain: dict[str, Any] = json.loads(json.dumps(value, allow_nan=False))
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"must be plain JSON ({error})") from None
        taken = sorted(_NOT_EXTRA & plain.keys())
        if taken:
            raise ValueError(f"may not set {', '.join(taken)}: quantgate sets that itself")
        if (place := place_of_key(plain)) is not None:
            raise ValueError(f"{OPEN_KEY} ({place})")
        return plain

    @field_validator("stream", mode="before")
    @classmethod
    def _is_found_out(cls, value: Any) -> Any:
        """`auto` in YAML is what leaving the option away is."""
        return None if value == "auto" else value

    @field_validator("omit", mode="before")
    @classmethod
    def _split_omitted(cls, value: Any) -> Any:
        """`seed,max_tokens` on the command line and in YAML, or a list."""
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("omit")
    @classmethod
    def _can_be_left_out(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(OMITTABLE))
        if unknown:
            raise ValueError(f"{unknown[0]!r} cannot be left out; these can: {', '.join(OMITTABLE)}")
        return value

    @field_validator("header")
    @classmethod
    def _are_headers(cls, value: dict[str, str]) -> dict[str, str]:
        seen: dict[str, str] = {}
        for name in value:
            if _HEADER_NAME.fullmatch(name) is None:
                raise ValueError("what stands before the = is no name of a header, as api-key=VARIABLE has")
            if (other := seen.setdefault(name.lower(), name)) != name:
                raise ValueError(f"{other} and {name} are one header: give it once")
        return value

    @field_validator("max_tokens_field")
    @classmethod
    def _is_a_field(cls, value: str | None) -> str | None:
        if value is not None and (_FIELD_NAME.fullmatch(value) is None or value in _NOT_EXTRA - {"max_tokens"}):
            raise ValueError("give a name such as max_completion_tokens")
        return value

    @model_validator(mode="after")
    def _sets_nothing_that_it_leaves_out(self) -> Self:
        for name in self.omit:
            if getattr(self, name, None) is not None:
                raise ValueError(f"--{name.replace('_', '-')} sets what --omit {name} leaves out: give one of them")
        return self

    def connection(self) -> Connection:
        """How the endpoint is asked. Raises UsageError when a header's variable is not set."""
        return Connection(
            stream=self.stream,
            stall_s=self.stall_timeout,
            omit=frozenset(self.omit),
            max_tokens_field=self.max_tokens_field,
            headers=self.headers(),
            ca_bundle=self.ca_bundle,
            most_bytes=self.max_answer_mb << 20,
        )

    def asked_with(self) -> dict[str, Any]:
        """How the user wants the endpoint to be asked, as `run.json` records it; of headers the names alone."""
        told = {
            "stream": self.stream,
            "omit": sorted(self.omit),
            "max_tokens_field": self.max_tokens_field,
            "headers": sorted(self.header),
        }
        return {name: value for name, value in told.items() if value not in (None, [])}

    def headers(self) -> dict[str, str]:
        """The headers of `--header` with their values. Raises UsageError when a variable is not set."""
        return {
            name: key_from_environment(f"--header {name}", variable) or "" for name, variable in self.header.items()
        }

    def sampling(self, defaults: Sampling) -> Sampling:
        """A task's own sampling parameters with those that the user has set, without those that are to be left out.

        What has no meaning for the task stays as it is.
        """
        names = ("temperature", "top_p", "max_tokens", "seed") if defaults.draws else ("seed", "max_length")
        chosen = {name: value for name in names if (value := getattr(self, name)) is not None}
        omitted = [name for name in self.omit if defaults.draws or name == "seed"]
        left_out = {name: () if name == "stop" else None for name in omitted}
        extra_body = {**defaults.extra_body, **self.extra_body}
        return replace(defaults, **{**chosen, **left_out}, extra_body=extra_body)

    def api_key(self) -> str | None:
        """The key from the named environment variable. Raises UsageError when that is not set."""
        return key_from_environment("--api-key-env", self.api_key_env)

    def check_keys(self) -> None:
        """Look for the keys, before anything is loaded, and see that none stands where it would be recorded.

        Raises
        ------
        UsageError
            When a variable is not set, the address cannot be used, or a key is part of it or of another option.
        """
        self.api_key()
        self.headers()
        parse_endpoint_url(self.base_url)
        written = self.model_dump(mode="json", exclude={"base_url", "api_key_env", "header", "options"})
        for name, value in written.items():
            if redacted(text := json.dumps(value, default=str)) != text:
                raise UsageError(f"--{name.replace('_', '-')}: {OPEN_KEY}")

    def data_of(self, task: str) -> dict[str, Path]:
        """The task's local files by split; the one that is given without a split is under the empty name."""
        return files_of(task, self.data)


class RunConfig(EndpointConfig):
    """The options of `quantgate run`."""

    task: tuple[str, ...] = Field(min_length=1)
    model: str = Field(min_length=1)
    out: Path
    label: str | None = None
    limit: int | None = Field(None, ge=1)
    first: int | None = Field(None, ge=1)
    repeats: int | None = Field(None, ge=1, le=1000)
    concurrency: Annotated[int, Field(ge=1, le=MAX_IN_FLIGHT)] | Literal["auto"] = "auto"
    metric: dict[str, str] = {}
    expected: dict[str, ExpectedScore] = {}
    preset: Preset | None = None
    durable: bool = False
    prompts: bool = True
    model_changed: bool = False
    shard: Shard | None = None
    max_time: float | None = None
    """Seconds that one call takes at most."""
    executor: Executor = Executor.LOCAL
    ray_address: str | None = None
    ray_workers: int | None = Field(None, ge=1)

    @field_validator("shard", mode="before")
    @classmethod
    def _is_a_shard(cls, value: Any) -> Any:
        return Shard.parse(value) if isinstance(value, str) else value

    @field_validator("max_time", mode="before")
    @classmethod
    def _is_a_time(cls, value: Any) -> Any:
        return None if value is None else read_duration(value)

    @model_validator(mode="after")
    def _chooses_one_way(self) -> Self:
        if self.limit is not None and self.first is not None:
            raise ValueError("--limit draws items at random, --first takes the first ones: give one of them")
        if self.executor is not Executor.RAY and (self.ray_address or self.ray_workers):
            raise ValueError("--ray-address and --ray-workers are for --executor ray: give that, too")
        return self

    def asked_with(self) -> dict[str, Any]:
        """As for the endpoint, and that prompts are not kept, where they are not."""
        return super().asked_with() | ({} if self.prompts else {"prompts": False})

    def sampling(self, defaults: Sampling) -> Sampling:
        """A task's own sampling parameters with the preset's and, over both, those that the user has set."""
        preset = self.preset if defaults.draws else None
        return super().sampling(defaults if preset is None else preset.sampling(defaults))

    def repeats_of(self, default: int) -> int:
        """How often each item of a task is asked whose own number is `default`."""
        return self.repeats or (self.preset and self.preset.repeats) or default


class DoctorConfig(EndpointConfig):
    """The options of `quantgate doctor`."""

    model: str | None = None
    task: str | None = None


Config = TypeVar("Config", bound=EndpointConfig)


def load_config(
    kind: type[Config], file: Path | None, options: Mapping[str, Any], *, at_the_top: Collection[str] = ()
) -> Config:
    """Merge a YAML file with the command line's options, which win where they are given.

    Those options of tasks that are named in `at_the_top` may stand beside the others in the file, not only under
    `options:`.

    Raises
    ------
    UsageError
        Naming file or option, the value, and what is allowed.
    """
    given = {name: value for name, value in options.items() if value not in (None, (), [], {})}
    written = read_yaml(file) if file is not None else {}
    if kind is RunConfig and "task" in written and not isinstance(written["task"], list):
        written["task"] = [written["task"]]
    own = {name: written.pop(name) for name in at_the_top if name in written}
    if isinstance(under := written.get("options", {}), dict):
        if twice := sorted(own.keys() & under.keys()):
            raise UsageError(f"{file}: {twice[0]} is given twice, at the top and under options")
        if own or under or "options" in given:
            given["options"] = {**under, **own, **given.get("options", {})}
    try:
        return kind.model_validate({**written, **given})
    except ValidationError as error:
        from_file = frozenset(written) - frozenset(given)
        raise UsageError(explain(error, kind, file, from_file, at_the_top)) from None


def read_yaml(file: Path | Traversable) -> dict[str, Any]:
    """A YAML file that holds a mapping, no key twice. Raises UsageError, naming file and line, for anything else."""
    try:
        text = read_text(file, MOST_SETTINGS) if isinstance(file, Path) else file.read_text(encoding="utf-8")
        document = parse_yaml(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except BrokenDocument as error:
        raise UsageError(f"{file}: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{file} must hold a mapping of names to values")
    for name in document:
        if not isinstance(name, str):
            raise UsageError(f"{file}: {shown(name)} is no name of an option")
    return document


def files_of(task: str, data: Mapping[str, Path]) -> dict[str, Path]:
    """A task's files by split, of files by `TASK` or `TASK.SPLIT`; the one without a split is under the empty name.

    Raises UsageError when `TASK.` says the same as `TASK` beside it.
    """
    files: dict[str, Path] = {}
    for name, path in data.items():
        if name == task or name.startswith(f"{task}."):
            split = name.removeprefix(task).removeprefix(".")
            if split in files:
                raise UsageError(f"--data {name}={path}: {task} is given twice")
            files[split] = path
    return files


def parse_json_object(option: str, text: str | None) -> dict[str, Any] | None:
    """A JSON object given as an option. Raises UsageError for anything else."""
    if text is None:
        return None
    try:
        value = parse_json(text)
    except BrokenDocument as error:
        raise UsageError(f"{option}: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"""{option} must be a JSON object such as '{{"top_k": 20}}'""")
    return value


def parse_assignments(option: str, pairs: list[str]) -> dict[str, str]:
    """`NAME=VALUE` pairs of a repeatable option. Raises UsageError for anything else."""
    parsed: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            given = "" if option == "--header" and len(pair) > _LONGEST_NAME else f" {without_keys(repr(pair))}"
            raise UsageError(f"{option}{given}: write NAME=VALUE")
        parsed[name] = value
    return parsed
