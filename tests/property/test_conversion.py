"""Conversion between wire and domain: lossless both ways, and safe for any bytes."""

import dataclasses
import typing
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import InputError
from protos import messages as m
from protos.conversion import SERVICE_FILES, encode_message, parse_message
from tests.support.message_strategies import MESSAGES, build

KINDS = pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)


def _descriptors() -> dict[str, Any]:
    return {
        name: descriptor
        for file in SERVICE_FILES
        for name, descriptor in file.DESCRIPTOR.message_types_by_name.items()
    }


def test_domain_and_wire_have_the_same_messages() -> None:
    assert {kind.__name__ for kind in MESSAGES} == set(_descriptors())


@KINDS
def test_message_has_the_fields_of_its_protobuf_form(kind: type[Any]) -> None:
    fields = [field.name for field in dataclasses.fields(kind)]
    assert sorted(fields) == sorted(_descriptors()[kind.__name__].fields_by_name)


def _enums() -> list[Any]:
    found = {}
    for kind in MESSAGES:
        for name, hint in typing.get_type_hints(kind).items():
            if isinstance(hint, type) and issubclass(hint, StrEnum):
                found[hint] = _descriptors()[kind.__name__].fields_by_name[name].enum_type
    return list(found.items())


@pytest.mark.parametrize(("kind", "descriptor"), _enums(), ids=lambda value: getattr(value, "__name__", ""))
def test_every_wire_choice_but_unspecified_has_a_domain_form(kind: type[StrEnum], descriptor: Any) -> None:
    prefix = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
    assert descriptor.values_by_number[0].name == f"{prefix}UNSPECIFIED"
    on_the_wire = {value.name.removeprefix(prefix) for value in descriptor.values} - {"UNSPECIFIED"}
    assert on_the_wire <= set(kind.__members__)


@KINDS
@settings(max_examples=25)  # of each of some thirty messages
@given(data=st.data())
def test_message_survives_the_wire_unchanged(kind: type[Any], data: st.DataObject) -> None:
    message = data.draw(build(kind))
    assert parse_message(kind, encode_message(message)) == message


@KINDS
@settings(max_examples=25)  # of each of some thirty messages
@given(data=st.binary(max_size=80))
def test_arbitrary_bytes_parse_or_are_refused_as_input(kind: type[Any], data: bytes) -> None:
    with suppress(InputError):
        assert isinstance(parse_message(kind, data), kind)


@KINDS
@settings(max_examples=25)  # of each of some thirty messages
@given(data=st.data())
def test_damaged_messages_parse_or_are_refused_as_input(kind: type[Any], data: st.DataObject) -> None:
    wire = bytearray(encode_message(data.draw(build(kind))))
    for _ in range(data.draw(st.integers(1, 3))):
        if wire:
            wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        assert isinstance(parse_message(kind, bytes(wire)), kind)


def _wire_form(name: str) -> Any:
    return next(getattr(file, name) for file in SERVICE_FILES if hasattr(file, name))


@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63), 253_402_300_800, -62_135_596_801])
@pytest.mark.parametrize("nanos", [0, -1, 2**31 - 1])
def test_time_beyond_the_calendar_is_refused(seconds: int, nanos: int) -> None:
    wire: Message = _wire_form("Invitation")(member="essex", secret=b"s")
    wire.expires_at.seconds, wire.expires_at.nanos = seconds, nanos  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="field expires_at: expected a time between the years 1 and 9999"):
        parse_message(m.Invitation, wire.SerializeToString())


def test_absent_time_is_refused() -> None:
    wire = _wire_form("Invitation")(member="essex", secret=b"s")
    with pytest.raises(InputError, match="field expires_at: expected a time"):
        parse_message(m.Invitation, wire.SerializeToString())


def test_unspecified_and_unknown_choices_are_refused() -> None:
    for number in (0, 99):
        wire = _wire_form("EnrolResponse")(state=number)
        with pytest.raises(InputError, match="EnrolmentState: expected one of INVITED, PENDING, APPROVED"):
            parse_message(m.EnrolResponse, wire.SerializeToString())


def test_fields_of_a_later_release_are_tolerated() -> None:
    reference = m.RoundReference("11111111-1111-4111-8111-111111111111")
    later = encode_message(reference) + b"\xfa\x01\x03new"
    assert parse_message(m.RoundReference, later) == reference


def test_value_without_a_wire_form_is_refused() -> None:
    for number in (-1, 2**32):
        with pytest.raises(InputError, match="field count: the value does not fit its type on the wire"):
            encode_message(m.Accepted(number))


def test_time_of_another_zone_arrives_as_the_same_moment() -> None:
    moment = datetime(2026, 11, 21, 22, 18, 33, 120_000, tzinfo=UTC)
    sent = m.Invitation("essex", b"s", moment)
    assert parse_message(m.Invitation, encode_message(sent)).expires_at == moment


def test_representations_hide_secrets_and_encodings() -> None:
    secret = b"\xcaNARY" * 7
    shown = (
        repr(m.Invitation("essex", secret, datetime.now(UTC))),
        repr(m.EnrolRequest("essex", bytes(32), secret, "A" * 44, "B" * 44)),
        repr(m.SubmissionChunk(0, bytes(16), secret)),
    )
    assert not [text for text in shown if "NARY" in text or "AAAA" in text]
