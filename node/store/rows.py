"""Rows to objects and back, by name.

Layer: node.store. A column of the same name holds each field; an enumeration is its text, a tuple a
JSON list. Nothing is guessed: a value that does not fit its type raises, because only this program
writes here.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_row(record: Any) -> dict[str, Any]:
    """Return a dataclass as the values of its table's row."""
    return {
        name: _plain(getattr(record, name)) for name in (item.name for item in dataclasses.fields(record))
    }


def from_row(kind: type[T], row: Mapping[Any, Any]) -> T:
    """Return the object that :func:`to_row` wrote."""
    return kind(**{name: _typed(hint, row[name]) for name, hint in _hints(typing.cast(type, kind)).items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {item.name: hints[item.name] for item in dataclasses.fields(kind)}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return None if value is None else _typed(typing.get_args(hint)[0], value)
    if typing.get_origin(hint) is tuple:
        return tuple(value)
    return hint(value) if issubclass(hint, StrEnum) else value
