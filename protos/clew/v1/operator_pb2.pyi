import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.clew.v1 import common_pb2 as _common_pb2
from protos.clew.v1 import enrolment_pb2 as _enrolment_pb2
from protos.clew.v1 import rounds_pb2 as _rounds_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MemberRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBER_ROLE_UNSPECIFIED: _ClassVar[MemberRole]
    MEMBER_ROLE_FORCE: _ClassVar[MemberRole]
    MEMBER_ROLE_PARTNER: _ClassVar[MemberRole]
MEMBER_ROLE_UNSPECIFIED: MemberRole
MEMBER_ROLE_FORCE: MemberRole
MEMBER_ROLE_PARTNER: MemberRole

class InvitationRequest(_message.Message):
    __slots__ = ("member", "display_name", "role", "agency_type", "valid_for_h")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    AGENCY_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_H_FIELD_NUMBER: _ClassVar[int]
    member: str
    display_name: str
    role: MemberRole
    agency_type: str
    valid_for_h: int
    def __init__(self, member: _Optional[str] = ..., display_name: _Optional[str] = ..., role: _Optional[_Union[MemberRole, str]] = ..., agency_type: _Optional[str] = ..., valid_for_h: _Optional[int] = ...) -> None: ...

class Invitation(_message.Message):
    __slots__ = ("member", "secret", "expires_at")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    member: str
    secret: bytes
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, member: _Optional[str] = ..., secret: _Optional[bytes] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Enrolment(_message.Message):
    __slots__ = ("member", "display_name", "role", "agency_type", "state", "fingerprint", "hpke_public_key", "signing_public_key")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    AGENCY_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    HPKE_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNING_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    member: str
    display_name: str
    role: MemberRole
    agency_type: str
    state: _enrolment_pb2.EnrolmentState
    fingerprint: str
    hpke_public_key: str
    signing_public_key: str
    def __init__(self, member: _Optional[str] = ..., display_name: _Optional[str] = ..., role: _Optional[_Union[MemberRole, str]] = ..., agency_type: _Optional[str] = ..., state: _Optional[_Union[_enrolment_pb2.EnrolmentState, str]] = ..., fingerprint: _Optional[str] = ..., hpke_public_key: _Optional[str] = ..., signing_public_key: _Optional[str] = ...) -> None: ...

class Enrolments(_message.Message):
    __slots__ = ("enrolments",)
    ENROLMENTS_FIELD_NUMBER: _ClassVar[int]
    enrolments: _containers.RepeatedCompositeFieldContainer[Enrolment]
    def __init__(self, enrolments: _Optional[_Iterable[_Union[Enrolment, _Mapping]]] = ...) -> None: ...

class EnrolmentApproval(_message.Message):
    __slots__ = ("member", "fingerprint")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    member: str
    fingerprint: str
    def __init__(self, member: _Optional[str] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class RoundOpening(_message.Message):
    __slots__ = ("submit_for_s", "assess_for_s", "collect_for_s", "resolve_for_s")
    SUBMIT_FOR_S_FIELD_NUMBER: _ClassVar[int]
    ASSESS_FOR_S_FIELD_NUMBER: _ClassVar[int]
    COLLECT_FOR_S_FIELD_NUMBER: _ClassVar[int]
    RESOLVE_FOR_S_FIELD_NUMBER: _ClassVar[int]
    submit_for_s: int
    assess_for_s: int
    collect_for_s: int
    resolve_for_s: int
    def __init__(self, submit_for_s: _Optional[int] = ..., assess_for_s: _Optional[int] = ..., collect_for_s: _Optional[int] = ..., resolve_for_s: _Optional[int] = ...) -> None: ...

class MemberProgress(_message.Message):
    __slots__ = ("member", "records", "submitted", "answered", "collected", "rows_asked", "records_resolved", "resolved")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    COLLECTED_FIELD_NUMBER: _ClassVar[int]
    ROWS_ASKED_FIELD_NUMBER: _ClassVar[int]
    RECORDS_RESOLVED_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_FIELD_NUMBER: _ClassVar[int]
    member: str
    records: int
    submitted: bool
    answered: bool
    collected: bool
    rows_asked: int
    records_resolved: int
    resolved: bool
    def __init__(self, member: _Optional[str] = ..., records: _Optional[int] = ..., submitted: _Optional[bool] = ..., answered: _Optional[bool] = ..., collected: _Optional[bool] = ..., rows_asked: _Optional[int] = ..., records_resolved: _Optional[int] = ..., resolved: _Optional[bool] = ...) -> None: ...

class RoundStatus(_message.Message):
    __slots__ = ("round_id", "number", "state", "members", "candidate_pairs", "clusters", "failure")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_PAIRS_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    number: int
    state: _rounds_pb2.RoundState
    members: _containers.RepeatedCompositeFieldContainer[MemberProgress]
    candidate_pairs: int
    clusters: int
    failure: str
    def __init__(self, round_id: _Optional[str] = ..., number: _Optional[int] = ..., state: _Optional[_Union[_rounds_pb2.RoundState, str]] = ..., members: _Optional[_Iterable[_Union[MemberProgress, _Mapping]]] = ..., candidate_pairs: _Optional[int] = ..., clusters: _Optional[int] = ..., failure: _Optional[str] = ...) -> None: ...
