"""JSON and YAML that people write: no key twice in one mapping, and no document that unfolds into a huge one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import yaml

MOST_SETTINGS = 1 << 20
"""Bytes of a file of settings; YAML is read slowly."""

_MOST_UNFOLDED = 2 << 20
"""Characters and values of a YAML document with every alias written out: more than any without aliases has."""

_LONGEST_NUMBER = 100
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})


class BrokenDocument(ValueError):
    """A document that is not used; its text says where and why, in one line."""


def parse_json(text: str | bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """What JSON says.

    Raises
    ------
    BrokenDocument
        When it is none, or is nested too deeply, or names a key twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=parse_constant)
    except BrokenDocument:
        raise
    except RecursionError:
        raise BrokenDocument("it is nested too deeply") from None
    except ValueError as error:
        raise BrokenDocument(f"not JSON: {error}") from None


def parse_yaml(text: str) -> Any:
    """What YAML says.

    A key that a merge (`<<`) brings may be given anew beside it, as YAML has it; of two merged mappings only one may
    have it.

    Raises
    ------
    BrokenDocument
        When it is none, or is nested too deeply, names a key twice, or is made huge by its aliases.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _unfolded(node, {})
        for mapping in _mappings(node):
            _check_keys(loader, mapping)
        return loader.construct_document(node)
    except BrokenDocument:
        raise
    except RecursionError:
        raise BrokenDocument("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise BrokenDocument(f"it is not YAML: {_why(error)}") from None


def _why(error: Exception) -> str:
    """What is wrong and where, without the line itself, in which a key may stand."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"{error.problem}, in line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BrokenDocument(f"the key {_shown(name)} is given twice")
            seen.add(name)
    return made


def _unfolded(node: yaml.Node, known: dict[int, int | None], name: str = "the value") -> int:
    """How large a node is with its aliases written out; `name` is the key that it is the value of.

    Raises BrokenDocument when that is too much, or has no end.
    """
    if id(node) in known:
        if (size := known[id(node)]) is None:
            raise BrokenDocument(f"line {_line(node)}: {name} holds itself by an alias")
        return size
    known[id(node)] = None
    size = 1
    if isinstance(node, yaml.ScalarNode):
        size += len(node.value)
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            raise BrokenDocument(f"line {_line(node)}: {name} is a number of more than {_LONGEST_NUMBER} characters")
    for called, part in _parts(node):
        size += _unfolded(part, known, called or name)
        if size > _MOST_UNFOLDED:
            raise BrokenDocument(f"line {_line(node)}: {called or name} is made too large by aliases")
    known[id(node)] = size
    return size


def _parts(node: yaml.Node) -> Iterator[tuple[str | None, yaml.Node]]:
    """What a node is made of, each with its key in words, where it has one."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield None, key
            yield _shown(key.value) if isinstance(key, yaml.ScalarNode) else None, value
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield None, value


def _mappings(top: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Every mapping of a document once."""
    seen: set[int] = set()
    todo = [top]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
        todo += [part for _, part in _parts(node)]


def _check_keys(loader: yaml.SafeLoader, mapping: yaml.MappingNode) -> None:
    own: dict[object, yaml.Node] = {}
    for key, value in mapping.value:
        if isinstance(key, yaml.ScalarNode):
            # As values and not as they are written: "margin" in quotes is margin, and 1 is 1.0.
            name = _MERGE if key.tag == _MERGE else loader.construct_object(key)
            if name in own:
                raise _twice(key, own[name])
            own[name] = key
        if key.tag == _MERGE and isinstance(value, yaml.SequenceNode):
            _check_merged(loader, value)


def _check_merged(loader: yaml.SafeLoader, merged: yaml.SequenceNode) -> None:
    given: dict[object, yaml.Node] = {}
    for mapping in merged.value:
        for key, _ in mapping.value if isinstance(mapping, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                name = loader.construct_object(key)
                if given.setdefault(name, mapping) is not mapping:
                    raise _twice(key, given[name])


def _twice(key: yaml.ScalarNode, first: yaml.Node) -> BrokenDocument:
    return BrokenDocument(f"line {_line(key)}: {_shown(key.value)} is given twice, first in line {_line(first)}")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(key: str) -> str:
    return repr(key if len(key) <= 60 else key[:57] + "...")
