"""Hypothesis strategies that build any wire message from its type hints, within its bounds."""

import dataclasses
import types
import typing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from crypto.pki import Role
from protos import messages as m
from scoring.risk.areas import AgencyType, ThreatArea
from scoring.risk.buckets import AgeBucket, EventsBucket

MESSAGES: tuple[type[Any], ...] = tuple(
    value for value in vars(m).values() if dataclasses.is_dataclass(value) and isinstance(value, type)
)
_UUIDS = st.uuids().map(str)
_NAMES = st.text("abxyz019-", min_size=1, max_size=40).map("m".__add__)
_DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
_TOKENS = st.binary(min_size=m.TOKEN_BYTES, max_size=m.TOKEN_BYTES)
_KEYS = st.text("ABCDEFabcdef0189+/=", min_size=44, max_size=44)
_SECONDS = st.integers(1, 24 * 3600)
_TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=40),
    bytes: st.binary(max_size=64),
    int: st.integers(0, 2**32 - 1),
    float: st.floats(0, 1),
    bool: st.booleans(),
    datetime: _TIMES,
}
# Fields whose bounds the type does not say, by "Message.field" or by "field" for all messages.
_BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "round_id": _UUIDS,
    "message_id": _UUIDS,
    "message_ids": st.lists(_UUIDS, max_size=4).map(tuple),
    "member": _NAMES,
    "recipient": _NAMES,
    "agreement_digest": _DIGESTS,
    "schema_digest": _DIGESTS,
    "weights_version": _DIGESTS,
    "content_digest": _DIGESTS,
    "token": _TOKENS,
    "cluster_ref": _TOKENS,
    "match_ref": _TOKENS,
    "view": st.integers(0, m.MAX_VIEWS - 1),
    "ViewTokens.tokens": st.lists(_TOKENS, max_size=4).map(b"".join),
    "SummaryRequests.tokens": st.lists(_TOKENS, max_size=4).map(tuple),
    "role_view": st.just("PERPETRATOR"),
    "role": st.sampled_from([Role.FORCE, Role.PARTNER]),
    "agency_type": st.sampled_from(AgencyType).map(str),
    "others_events": st.sampled_from(["", *EventsBucket]).map(str),
    "others_oldest": st.sampled_from(["", *AgeBucket]).map(str),
    "others_threats": st.lists(st.sampled_from(ThreatArea).map(str), max_size=3).map(tuple),
    "hpke_public_key": _KEYS,
    "signing_public_key": _KEYS,
    "invitation_secret": st.binary(min_size=32, max_size=32),
    "InvitationRequest.display_name": st.text(min_size=1, max_size=100),
    "valid_for_h": st.integers(1, 720),
    "submit_for_s": _SECONDS,
    "resolve_for_s": _SECONDS,
    "assess_for_s": _SECONDS,
    "collect_for_s": _SECONDS,
    "EntryRange.count": st.integers(1, m.MAX_LOG_RANGE),
    "sealed": st.binary(min_size=1, max_size=64),
    "entry": st.binary(min_size=1, max_size=64),
    "SignedDocument.envelope": st.binary(min_size=1, max_size=64),
}


def build(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy of valid messages of one kind."""
    if kind is m.SubmissionChunk:
        return _chunks()
    if kind is m.SubmissionPart:
        header, chunk = build(m.SubmissionHeader), _chunks()
        return st.one_of(st.builds(kind, header=header), st.builds(kind, chunk=chunk))
    fields = {name: _strategy(kind, name, hint) for name, hint in typing.get_type_hints(kind).items()}
    if kind is m.SummaryBatch:
        fields["answers"] = st.lists(build(m.SummaryAnswer), max_size=3, unique_by=lambda a: a.token).map(
            tuple
        )
    if kind is m.Resolution:
        fields["rows"] = st.lists(build(m.ViewRow), min_size=1, max_size=3).map(tuple)
    if kind is m.ResolutionBatch:
        fields["answers"] = st.lists(_TOKENS, max_size=3, unique=True).map(_resolutions)
    built = st.fixed_dictionaries(fields)
    if kind is m.MemberMatch:
        built = st.tuples(built, st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted)).map(
            lambda pair: {**pair[0], "score_lower": pair[1][0], "score_upper": pair[1][1]}
        )
    if kind is m.InvitationRequest:
        built = built.map(lambda values: {**values, "role": _role_of(values["agency_type"])})
    return built.map(lambda values: kind(**values))


def _resolutions(tokens: list[bytes]) -> tuple[m.Resolution, ...]:
    rows = [m.ViewRow(number, token) for number, token in enumerate(tokens)]
    return tuple(m.Resolution(row.token, (row,)) for row in rows)


def _role_of(agency_type: str) -> Role:
    return Role.FORCE if agency_type == AgencyType.POLICE else Role.PARTNER


def _chunks() -> st.SearchStrategy[m.SubmissionChunk]:
    return st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(0, 9), st.integers(0, 1)).map(
        lambda shape: m.SubmissionChunk(
            shape[0],
            bytes(range(m.TOKEN_BYTES)) * shape[1],
            b"\xa5" * (shape[1] * shape[2]),
            view=shape[2],
            blocks=b"\x5a" * (m.TOKEN_BYTES * shape[1] * shape[3]),
        )
    )


def _strategy(kind: type[Any], name: str, hint: Any) -> st.SearchStrategy[Any]:
    bounded = _BY_FIELD.get(f"{kind.__name__}.{name}", _BY_FIELD.get(name))
    return _by_hint(hint) if bounded is None else bounded


def _by_hint(hint: Any) -> st.SearchStrategy[Any]:
    if isinstance(hint, types.UnionType):
        return st.none() | _by_hint(typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return st.lists(_by_hint(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type[Any], hint))
    if issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    return _BY_TYPE[hint]
