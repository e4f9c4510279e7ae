"""The one place that turns protobuf bytes into domain objects and back.

Layer: protos. Translates by structure: each dataclass of :mod:`protos.messages` has a protobuf
message of the same name and field names, which a test proves. Generated types never leave this
module. Unknown protobuf fields are tolerated so that members can be upgraded one by one; everything
that is read is validated by the dataclass.
"""

import dataclasses
import types
import typing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from crypto.errors import InputError
from protos.clew.v1 import common_pb2, enrolment_pb2, log_pb2, operator_pb2, relay_pb2, rounds_pb2

SERVICE_FILES = (common_pb2, enrolment_pb2, log_pb2, operator_pb2, relay_pb2, rounds_pb2)

T = TypeVar("T")


def encode_message(message: Any) -> bytes:
    """Return the protobuf bytes of a domain message.

    Raises:
        InputError: A field's value has no protobuf form.
    """
    wire = _protobuf_type(type(message))()
    _fill(wire, message)
    data: bytes = wire.SerializeToString(deterministic=True)
    return data


def parse_message(kind: type[T], data: bytes) -> T:
    """Parse untrusted protobuf bytes into a validated domain message.

    Raises:
        InputError: The bytes are not that message, or a field is out of bounds.
    """
    wire = _protobuf_type(kind)()
    try:
        wire.ParseFromString(data)
    except DecodeError as error:
        raise InputError(f"expected a {kind.__name__} message, got bytes that do not parse as one") from error
    return typing.cast(T, _build(kind, wire))


def _protobuf_type(kind: Any) -> Any:
    for module in SERVICE_FILES:
        if hasattr(module, kind.__name__):
            return getattr(module, kind.__name__)
    raise LookupError(f"no protobuf message is called {kind.__name__}")


_FIELDS: dict[Any, dict[str, Any]] = {}  # type hints are costly to resolve for each of many answers


def _fields(kind: Any) -> dict[str, Any]:
    if kind not in _FIELDS:
        hints = typing.get_type_hints(kind)
        _FIELDS[kind] = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    return _FIELDS[kind]


def _fill(wire: Message, message: Any) -> None:
    for name in _fields(type(message)):
        value = getattr(message, name)
        if value is None:
            continue
        if isinstance(value, tuple):
            target = getattr(wire, name)
            for item in value:
                _append(target, item)
        elif isinstance(value, StrEnum):
            setattr(wire, name, _enum_number(wire.DESCRIPTOR.fields_by_name[name].enum_type, value))
        elif isinstance(value, datetime):
            getattr(wire, name).FromDatetime(value.astimezone(UTC))
        elif dataclasses.is_dataclass(value):
            getattr(wire, name).SetInParent()
            _fill(getattr(wire, name), value)
        else:
            _set_scalar(wire, name, value)


def _append(target: Any, item: Any) -> None:
    if dataclasses.is_dataclass(item):
        _fill(target.add(), item)
    else:
        target.append(item)


def _set_scalar(wire: Message, name: str, value: Any) -> None:
    try:
        setattr(wire, name, value)
    except (TypeError, ValueError) as error:
        raise InputError(f"field {name}: the value does not fit its type on the wire") from error


def _build(kind: Any, wire: Message) -> Any:
    return kind(**{name: _read(wire, name, hint) for name, hint in _fields(kind).items()})


def _read(wire: Message, name: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = typing.get_args(hint)[0]
        return _read(wire, name, hint) if wire.HasField(name) else None
    value = getattr(wire, name)
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_build(inner, item) if dataclasses.is_dataclass(inner) else item for item in value)
    if issubclass(hint, StrEnum):
        return _enum_member(wire.DESCRIPTOR.fields_by_name[name].enum_type, hint, value)
    if issubclass(hint, datetime):
        return _read_time(wire, name)
    return _build(hint, value) if dataclasses.is_dataclass(hint) else value


def _read_time(wire: Message, name: str) -> datetime:
    if not wire.HasField(name):
        raise InputError(f"field {name}: expected a time")
    try:
        return typing.cast(datetime, getattr(wire, name).ToDatetime(tzinfo=UTC))
    except ValueError as error:
        raise InputError(f"field {name}: expected a time between the years 1 and 9999") from error


def _enum_prefix(descriptor: Any) -> str:
    return str(descriptor.values_by_number[0].name).removesuffix("UNSPECIFIED")


def _enum_number(descriptor: Any, value: StrEnum) -> int:
    wire_value = descriptor.values_by_name.get(_enum_prefix(descriptor) + value.name)
    if wire_value is None:
        raise InputError(f"{descriptor.name}: {value.name} has no form on the wire")
    return int(wire_value.number)


def _enum_member(descriptor: Any, kind: type[StrEnum], number: int) -> StrEnum:
    wire_value = descriptor.values_by_number.get(number)
    name = wire_value.name.removeprefix(_enum_prefix(descriptor)) if wire_value else ""
    if name not in kind.__members__:
        raise InputError(f"{descriptor.name}: expected one of {', '.join(kind.__members__)}")
    return kind[name]
