"""The keys and passwords that this process holds, and texts without them, in whatever form they are repeated.

Some servers repeat the key that they were sent: in a refusal, in a debugging answer, encoded as the header had it. What
comes from a server passes `redacted` before anything of it is stored, shown or raised.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

MASK = "***"

_SHORTEST = 8
_LONGEST_WORD = 11
_PLACEHOLDERS = frozenset({
    "api-key", "api_key", "12345678", "123456789", "1234567890", "dummy-key", "dummy_key", "fake-key",
    "fake_key", "llama.cpp", "lm-studio", "local-key", "no-api-key", "no-key-needed", "no-key-required",
    "not-needed", "not-required", "not-used", "placeholder", "sk-no-key-required", "sk-placeholder", "test-key",
    "test_key", "test-token", "token-abc123", "your-api-key", "your_api_key", "your-key-here",
    "your-token-here",
})  # fmt: skip
"""What servers without keys are given in their own documentation, the usual one of vLLM among it."""

_CUT_FROM = 20
"""Of a key this long, more than half of it is one, too: servers and messages cut what they repeat."""

_SECRETIVE = re.compile(r"key|token|secret|auth|sig|pass|pwd|code|cred|cookie|session|jwt", re.IGNORECASE)
_RANDOM = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])\S{20,}")

_ESCAPES = ("\\", "%", "&")
_ESCAPE = re.compile(
    r"\\(?:\\*u00([0-9a-fA-F]{2})|\\*([^A-Za-z0-9\s\\]))|%([0-9a-fA-F]{2})"
    r"|&(?:#[xX]0*([0-9a-fA-F]{1,2})|#0*([0-9]{1,3})|(amp|lt|gt|quot|apos));"
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_MOST_NESTED = 3

_TAIL = r"[A-Za-z0-9_.+/=-]"
_KEY_LIKE = re.compile(
    rf"(?<![A-Za-z0-9])(?:sk[-_]{_TAIL}{{6,}}"
    r"|(?:rk|pk|hf|gsk|csk|xai|nvapi|pplx|fw|r8|ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_]"
    rf"(?=[A-Za-z_-]*[0-9]){_TAIL}{{8,}}"
    rf"|(?:AKIA|ASIA)[A-Z0-9]{{12,}}|AIza[A-Za-z0-9_-]{{20,}}|eyJ[A-Za-z0-9_-]{{8,}}{_TAIL}*"
    rf"|(?i:Bearer)\s+{_TAIL}{{8,}}|(?i:Basic)\s+(?={_TAIL}*[0-9=]){_TAIL}{{6,}})"
)
"""Keys by their look: the beginnings that providers give them, and the values of `Authorization`."""


@dataclass(frozen=True)
class _Secret:
    value: str

    @cached_property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """In which forms it is looked for, each with how much of its beginning is enough."""
        raw = self.value.encode()
        encoded = {self.value, raw.hex(), raw.hex().upper()}
        for before in range(3):
            # What stands before a key shifts its bits; the characters at both ends have some of their neighbours'.
            base64 = b64encode(b"\0" * before + raw).decode()
            core = base64[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
            encoded |= {core, core.translate(str.maketrans("+/", "-_"))}
        return tuple(
            (form, form[: -(-6 * len(form) // 10)] if len(form) >= _CUT_FROM else form)
            for form in sorted(encoded, key=len, reverse=True)
        )


_known: tuple[_Secret, ...] = ()


def learn(value: str | None, name: str = "key") -> None:
    """Keep a value out of every text from now on; `name` is that of the header or parameter that has it.

    Neither placeholders nor short or plain words are secrets: nobody's account is opened by them, and answers that say
    them would be spoilt. What a header or parameter holds whose name speaks of no key, has to look like one.
    """
    global _known
    if value is None:
        return
    for secret in _parts(value.strip(), name):
        if _is_secret(secret, name) and all(secret != known.value for known in _known):
            _known = tuple(sorted((*_known, _Secret(secret)), key=lambda known: len(known.value), reverse=True))


def redacted(text: str) -> str:
    """The text with what is left of it when all keys that are known are taken out.

    They are found as they are and in hexadecimal or base64 (among other text, too), also where JSON, a URL or HTML has
    written their characters in another way.
    """
    for secret in _known:
        for form, enough in secret.forms:
            if enough in text:
                text = _without(text, list(_found(text, form, enough)))
    if _known and any(mark in text for mark in _ESCAPES):
        text = _unescaped_without(text)
    return text


def without_keys(text: str) -> str:
    """A message that repeats what the user has given, without anything that looks like a key in a wrong place."""
    return _KEY_LIKE.sub(MASK, redacted(text))


def looks_like_key(text: str) -> bool:
    """Whether a text has a key that is known, or one by its look."""
    return without_keys(text) != text


def _is_secret(value: str, name: str) -> bool:
    if len(value) < _SHORTEST or value.lower() in _PLACEHOLDERS or (value.isdigit() and len(value) < 2 * _SHORTEST):
        return False
    if value.isalpha() and len(value) <= _LONGEST_WORD and (value.islower() or value.isupper() or value.istitle()):
        return False
    return _SECRETIVE.search(name) is not None or _RANDOM.fullmatch(value) is not None


def _parts(value: str, name: str) -> Iterator[str]:
    """A value, what follows its scheme (`Bearer`, `Basic`), the password of the latter, and values of cookies."""
    yield value
    scheme, blank, rest = value.partition(" ")
    if blank and scheme.isalpha():
        yield rest.strip()
        if scheme.lower() == "basic":
            try:
                password = b64decode(rest, validate=True).decode().partition(":")[2]
            except ValueError:
                return
            yield password
    if name.lower() == "cookie":
        yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
    if "%" in value:
        yield unquote(value)


def _found(text: str, form: str, enough: str) -> Iterator[tuple[int, int]]:
    """Where a form, or enough of it, stands in a text."""
    at = text.find(enough)
    while at >= 0:
        end = at + len(enough)
        while end - at < len(form) and text[end : end + 1] == form[end - at]:
            end += 1
        yield at, end
        at = text.find(enough, end)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + MASK + text[end:]
    return text


def _unescaped_without(text: str) -> str:
    """The text without keys of which some characters are escaped."""
    plain, starts = text, None
    for _ in range(_MOST_NESTED):
        unescaped, moved = _unescaped(plain)
        if unescaped == plain:
            break
        plain, starts = unescaped, moved if starts is None else _Moved.both(starts, moved)
        for secret in _known:
            for form, enough in secret.forms:
                if enough in plain:
                    spans = [(starts.source(start), starts.source(end)) for start, end in _found(plain, form, enough)]
                    return redacted(_without(text, spans))
    return text


@dataclass(frozen=True)
class _Moved:
    """Where characters of an unescaped text stood: `(place, source)` after each escape, in their order."""

    places: list[int]
    sources: list[int]
    inner: _Moved | None = None

    def source(self, place: int) -> int:
        nearest = bisect_right(self.places, place) - 1
        at = place if nearest < 0 else self.sources[nearest] + place - self.places[nearest]
        return at if self.inner is None else self.inner.source(at)

    @classmethod
    def both(cls, first: _Moved, second: _Moved) -> _Moved:
        return cls(second.places, second.sources, first)


def _unescaped(text: str) -> tuple[str, _Moved]:
    parts: list[str] = []
    places: list[int] = []
    sources: list[int] = []
    at = length = 0
    for escape in _ESCAPE.finditer(text):
        unicode, itself, percent, hexadecimal, decimal, named = escape.groups()
        digits = unicode or percent or hexadecimal
        read = itself or _NAMED.get(named) or chr(int(digits, 16) if digits else int(decimal))
        before = text[at : escape.start()]
        parts += [before, read]
        length += len(before) + len(read)
        at = escape.end()
        places.append(length)
        sources.append(at)
    return "".join([*parts, text[at:]]), _Moved(places, sources)
