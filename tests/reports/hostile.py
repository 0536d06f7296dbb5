"""Text as a model, a file or a server may send it to break a report, put into every field of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

TEXTS = {
    "script": "<script>alert(1)</script>x",
    "image": "x<img src=//evil.example/x onerror=alert(1)>",
    "svg": "</text></svg><svg onload=alert(1)><style>*{display:none}</style>x",
    "breaks out of attributes": 'x" onmouseover="alert(1)" \' autofocus onfocus=\'alert(1)',
    "link": "[click](javascript:alert(1)) <javascript:alert(1)> ![x](https://evil.example/x.png)",
    "autolink": "https://evil.example/a www.evil.example mailto:a@evil.example @octocat org/repo#1 #12 GH-3",
    "table": "a | b |\n| --- | --- |\n| c | d",
    "fence": "```\n# heading\n~~~ `code` ``",
    "emphasis": "*a* **b** _c_ __d__ ~~e~~ <b>f</b> $x^2$ \\frac{a}{b} $$",
    "heading": "# a\n===\n---\n1. b\n- c\n> d",
    "escapes": "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b31m",
    "right to left": "abc\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "not for XML": "a\x00b\x0bc\ufffed\uffff e]]>f<![CDATA[g]]>&amp;&#x0;",
    "half a pair": "a\ud800b",
    "template": "{{ 7*7 }}{% for x in y %}{# z #}",
    "yaml": "a: b # c\n- d: &e *f !!python/object:os.system {g: h}",
    "blank": " \t\n\r ",
    "letters of all kinds": "שלום 你好 🎉 é",
    "a megabyte on one line": "<b>" + "A" * 1_000_000,
}
_MEANT_FOR_MACHINES = {"over", "tier", "require", "method", "created"}


def with_text(value: Any, text: str) -> Any:
    """The same decision with `text` in every field that holds text, but for those that are chosen from a few words."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_text(one, text) for one in value)
    if isinstance(value, Mapping):
        return {name: with_text(one, text) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        kept = [field.name for field in fields(value) if field.name not in _MEANT_FOR_MACHINES]
        return replace(value, **{name: with_text(getattr(value, name), text) for name in kept})
    return value
