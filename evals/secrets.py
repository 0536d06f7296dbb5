"""The keys and passwords that this process holds, and texts without them, in whatever form they are repeated.

Some servers repeat the key that they were sent: in a refusal, in a debugging answer, encoded as the header had it. What
comes from a server passes `redacted` before anything of it is stored, shown or raised.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
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

_ESCAPED = re.compile(r"\\(?:u00[2-7]|[^A-Za-z0-9\s\"\\])|%[2-7][0-9A-Fa-f]|&(?:#|amp;|lt;|gt;|quot;|apos;)")
"""Whether a text has characters that are written in another way, which few have."""

_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_TOLD_BY = 32
"""So many characters of a form that is escaped are enough, and all that hangs on them belongs to it."""

_REST = (
    r"(?:[A-Za-z0-9._~+/=-]|\\{1,8}u00[2-7][0-9A-Fa-f]|\\{1,8}[^A-Za-z0-9\s\"\\]|%[0-9A-Fa-f]{2}|&[#a-zA-Z0-9]{2,8};)*"
)

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
        forms = sorted({self.value, raw.hex(), raw.hex().upper(), *_base64_of(raw)}, key=len, reverse=True)
        return tuple((form, form[: -(-6 * len(form) // 10)] if len(form) >= _CUT_FROM else form) for form in forms)

    @cached_property
    def escaped(self) -> re.Pattern[str]:
        """The same with any of its characters written in another way, made when it is first needed."""
        begun = dict.fromkeys(
            (enough[:_TOLD_BY], enough != form or len(form) > _TOLD_BY) for form, enough in self.forms
        )
        return re.compile("|".join("".join(map(_in_any_way, begin)) + (_REST if more else "") for begin, more in begun))


def _base64_of(raw: bytes) -> Iterator[str]:
    """What base64 makes of a key, alone or among other text, in both alphabets.

    What stands before it shifts its bits, and the characters at both ends have some of their neighbours'.
    """
    for before in range(3):
        whole = b64encode(b"\0" * before + raw).decode()
        core = whole[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
        yield from (core, core.translate(str.maketrans("+/", "-_")))


def _in_any_way(character: str) -> str:
    """A pattern of a character as it is or escaped as in JSON, URLs or HTML, several times over."""
    code, itself = ord(character), re.escape(character)
    percent = "".join(f"%(?:25){{0,3}}(?i:{byte:02x})" for byte in character.encode())
    html = rf"#(?:0{{0,4}}{code}|[xX]0{{0,4}}(?i:{code:x}))" + (f"|{_NAMED[character]}" if character in _NAMED else "")
    if not character.isalnum():
        itself = rf"\\{{0,8}}{itself}"
    return rf"(?:{itself}|\\{{1,8}}u(?i:{code:04x})|{percent}|&(?:amp;){{0,3}}(?:{html});)"


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
                text = _without(text, form, enough)
    if _known and _ESCAPED.search(text):
        for secret in _known:
            text = secret.escaped.sub(MASK, text)
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


def _without(text: str, form: str, enough: str) -> str:
    """The text without a form, or enough of it and what follows of the rest."""
    parts, at = [], 0
    while (found := text.find(enough, at)) >= 0:
        parts.append(text[at:found])
        at = found + len(enough)
        while at - found < len(form) and text[at : at + 1] == form[at - found]:
            at += 1
    return MASK.join([*parts, text[at:]])
