"""The tools of the generated set: 32 kinds of records, four things to do with each, each with a schema of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What can be done with a thing; with its name this is the name of a tool."""

    FIND = "find"
    CREATE = "create"
    UPDATE = "update"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing: the name of its text, its choice with what can be chosen, and its number."""

    name: str
    text: str
    choice: str
    choices: tuple[str, ...]
    number: str
    whole: bool

    def tool(self, action: Action) -> str:
        """The name of the tool for an action."""
        return f"{action}_{self.name}"


# Name, its text, its choice with what can be chosen, its number (# before those without a fraction).
_ROWS = """
invoice      title        status    draft sent paid overdue              amount
flight       route        cabin     economy premium business first       #seats
hotel_room   guest        view      garden street sea                    #nights
contact      nickname     group     family work club                     #age
shipment     label        carrier   rail road sea air                    weight_kg
sensor       place        unit      celsius fahrenheit kelvin            threshold
playlist     title        mood      calm happy sad loud                  #tracks
ticket       summary      priority  low normal high urgent               #estimate_minutes
meeting      subject      room      north south online                   #minutes
recipe       dish         diet      any vegetarian vegan                 #servings
patient_note heading      ward      a b c                                temperature_c
account      holder       currency  EUR USD JPY GBP                      balance
vehicle      plate        fuel      petrol diesel electric               range_km
parcel_locker site        size      small medium large                   #compartment
course       title        level     beginner intermediate advanced       #credits
song         title        key       major minor                          tempo_bpm
book         title        binding   hardcover paperback digital          price
task_list    name         colour    red green blue grey                  #limit_open
server       hostname     region    eu us ap                             #memory_gb
backup       label        schedule  hourly daily weekly                  #keep_days
alarm        label        sound     bell chime voice                     volume
photo_album  title        privacy   private friends public               #photos
reservation  party        seating   inside outside bar                   #guests
subscription plan         period    month quarter year                   fee
experiment   hypothesis   phase     planned running finished             learning_rate
warehouse    address_line zone      cold dry hazardous                   area_m2
translation  source_text  target    de fr ja pl                          #words
loan         purpose      kind      fixed variable                       interest_percent
survey       question     scale     stars thumbs points                  #answers_wanted
route_plan   start        mode      walk bike car transit                distance_km
coupon       code_name    discount  percent amount shipping              value
robot        callsign     program   clean patrol charge                  speed_m_s
"""

REASONS = ("duplicate", "mistake", "no_longer_needed", "other")
_LONG = (
    " Use it only once the user has named everything that is required; what is optional is left out unless the user "
    "speaks of it. Values are taken over exactly as they were given: letters with accents, other scripts, signs and "
    "blanks are part of them, and nothing is translated, shortened or corrected. Numbers are given as numbers, without "
    "units and without separators of thousands. Several of one kind are made by several calls, one for each, in the "
    "order in which the user names them. The record can be changed afterwards by the tool for changes, and is kept "
    "for ten years after it has been cancelled, as the rules for records of its kind have it; who may read it does not "
    "depend on who has made it. A record that was made by mistake is cancelled, never made a second time."
)
_ID = {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"}


def _things() -> tuple[Thing, ...]:
    made = []
    for row in _ROWS.split("\n")[1:-1]:
        name, text, choice, *choices, number = row.split()
        made.append(Thing(name, text, choice, tuple(choices), number.lstrip("#"), number.startswith("#")))
    return tuple(made)


THINGS = _things()


def tool(thing: Thing, action: Action) -> dict[str, Any]:
    """The tool for an action, as OpenAI's API has it."""
    make = {Action.FIND: _find, Action.CREATE: _create, Action.UPDATE: _update, Action.CANCEL: _cancel}[action]
    said, properties, required = make(thing)
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    function = {"name": thing.tool(action), "description": said, "parameters": parameters}
    return {"type": "function", "function": function}


_Made = tuple[str, dict[str, Any], list[str]]


def _find(thing: Thing) -> _Made:
    return (
        f"Searches the records of the kind {thing.name}.",
        {
            "query": {"type": "string", "description": "The text to look for."},
            thing.choice: {"type": "string", "enum": list(thing.choices)},
            "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
            "newest_first": {"type": "boolean", "default": False},
        },
        ["query"],
    )


def _create(thing: Thing) -> _Made:
    address = _object({"street": {"type": "string"}, "city": {"type": "string"}, "postcode": {"type": "string"}})
    return (
        f"Creates a record of the kind {thing.name}." + (_LONG if THINGS.index(thing) % 3 == 0 else ""),
        {
            thing.text: {"type": "string"},
            thing.choice: {"type": "string", "enum": list(thing.choices)},
            thing.number: _number(thing),
            "contact": _object({"name": {"type": "string"}, "email": {"type": "string"}, "address": address}),
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5, "description": "Optional."},
        },
        [thing.text, thing.choice, thing.number, "contact"],
    )


def _update(thing: Thing) -> _Made:
    changes = {
        "type": "object",
        "properties": {
            thing.choice: {"type": "string", "enum": list(thing.choices)},
            thing.number: _number(thing),
            "note": {"type": "string"},
        },
        "minProperties": 1,
        "additionalProperties": False,
    }
    return (
        f"Changes a record of the kind {thing.name}; what is not named under changes stays as it is.",
        {"id": _ID, "changes": changes, "notify": {"type": "boolean", "default": True}},
        ["id", "changes"],
    )


def _cancel(thing: Thing) -> _Made:
    return (
        f"Cancels a record of the kind {thing.name}.",
        {"id": _ID, "reason": {"type": "string", "enum": list(REASONS)}, "comment": {"type": "string"}},
        ["id", "reason"],
    )


def _number(thing: Thing) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0} if thing.whole else {"type": "number"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
