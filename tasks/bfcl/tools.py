"""BFCL's function documents as the tools of a chat request, the same that its own handler of that interface sends."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

JSON_TYPES: Mapping[str, str] = {
    "integer": "integer",
    "number": "number",
    "float": "number",
    "string": "string",
    "boolean": "boolean",
    "bool": "boolean",
    "array": "array",
    "list": "array",
    "dict": "object",
    "object": "object",
    "tuple": "array",
    "any": "string",
    "byte": "integer",
    "short": "integer",
    "long": "integer",
    "double": "number",
    "char": "string",
    "ArrayList": "array",
    "Array": "array",
    "HashMap": "object",
    "Hashtable": "object",
    "Queue": "array",
    "Stack": "array",
    "Any": "string",
    "String": "string",
    "Bigint": "integer",
}
"""JSON Schema's types by those of the documents; any other is a string."""

_SYNTAX = {"java": "Java 8 SDK", "javascript": "JavaScript"}
_SPOKEN = {"java": "Java", "javascript": "JavaScript"}
_LISTS = {"java": ("ArrayList", "Array"), "javascript": ("array",)}

Schema = dict[str, Any]


def tools_of(functions: Sequence[Mapping[str, Any]], category: str) -> list[dict[str, Any]]:
    """The `tools` of a request: names without dots, types as JSON Schema has them, a hint at the language.

    Parameters
    ----------
    functions
        The documents as the questions hold them.
    category
        Their category, whose name ends with the language where that is not Python.
    """
    language = category.rpartition("_")[2]
    return [{"type": "function", "function": _tool(copy.deepcopy(dict(document)), language)} for document in functions]


def tool_name(function: str) -> str:
    """A function's name as a tool's, which may hold no dot."""
    return function.replace(".", "_")


def _tool(document: Schema, language: str) -> Schema:
    document["name"] = tool_name(document["name"])
    document["description"] += f" Note that the provided function is in {_SYNTAX.get(language, 'Python 3')} syntax."
    parameters = document["parameters"]
    if language in _SPOKEN:
        for value in parameters["properties"].values():
            _spell_out(value, language)
    parameters["type"] = "object"
    _to_json_types(parameters["properties"])
    return document


def _spell_out(value: Schema, language: str) -> None:
    """Turn a parameter of another language into a string: its type goes into the description, in words."""
    kind, spoken = value["type"], _SPOKEN[language]
    said = (
        f" This parameter can be of any type of {spoken} object in string representation."
        if kind == "any"
        else f" This is {spoken} {kind} type parameter in string representation."
    )
    if kind in _LISTS[language]:
        said += f" The list elements are of type {value.pop('items')['type']}; they are not in string representation."
    if kind == "dict" and "properties" in value and language == "javascript":
        entries = json.dumps(value.pop("properties"))
        said += " The dictionary entries have the following schema; they are not in string representation. " + entries
    value["description"] += said
    value["type"] = "string"


def _to_json_types(properties: Schema) -> None:
    """Cast the types of parameters in place; of lists the elements too, and theirs, and no deeper."""
    for value in properties.values():
        kind = value.get("type", "string")
        if kind == "float":
            value["format"] = "float"
            value["description"] += " This is a float type value."
        value["type"] = JSON_TYPES.get(kind, "string")
        if value["type"] not in ("array", "object"):
            continue
        if "properties" in value:
            _to_json_types(value["properties"])
        elif "items" in value:
            _cast_elements(value["items"])


def _cast_elements(element: Schema) -> None:
    element["type"] = JSON_TYPES[element["type"]]
    if element["type"] == "array" and "items" in element:
        element["items"]["type"] = JSON_TYPES[element["items"]["type"]]
    elif element["type"] == "object" and "properties" in element:
        _to_json_types(element["properties"])
