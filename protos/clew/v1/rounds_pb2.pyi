import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.clew.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RoundState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUND_STATE_UNSPECIFIED: _ClassVar[RoundState]
    ROUND_STATE_OPEN: _ClassVar[RoundState]
    ROUND_STATE_MATCHING: _ClassVar[RoundState]
    ROUND_STATE_RESOLVING: _ClassVar[RoundState]
    ROUND_STATE_LINKING: _ClassVar[RoundState]
    ROUND_STATE_ASSESSING: _ClassVar[RoundState]
    ROUND_STATE_PUBLISHED: _ClassVar[RoundState]
    ROUND_STATE_CLOSED: _ClassVar[RoundState]
    ROUND_STATE_FAILED: _ClassVar[RoundState]
ROUND_STATE_UNSPECIFIED: RoundState
ROUND_STATE_OPEN: RoundState
ROUND_STATE_MATCHING: RoundState
ROUND_STATE_RESOLVING: RoundState
ROUND_STATE_LINKING: RoundState
ROUND_STATE_ASSESSING: RoundState
ROUND_STATE_PUBLISHED: RoundState
ROUND_STATE_CLOSED: RoundState
ROUND_STATE_FAILED: RoundState

class RoundAnnouncement(_message.Message):
    __slots__ = ("round_id", "number", "state", "role_view", "agreement_digest", "schema_digest", "weights_version", "key_epoch", "opened_at", "submit_until")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ROLE_VIEW_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_EPOCH_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_UNTIL_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    number: int
    state: RoundState
    role_view: str
    agreement_digest: str
    schema_digest: str
    weights_version: str
    key_epoch: int
    opened_at: _timestamp_pb2.Timestamp
    submit_until: _timestamp_pb2.Timestamp
    def __init__(self, round_id: _Optional[str] = ..., number: _Optional[int] = ..., state: _Optional[_Union[RoundState, str]] = ..., role_view: _Optional[str] = ..., agreement_digest: _Optional[str] = ..., schema_digest: _Optional[str] = ..., weights_version: _Optional[str] = ..., key_epoch: _Optional[int] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., submit_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubmissionHeader(_message.Message):
    __slots__ = ("round_id", "schema_digest", "agreement_digest", "key_epoch", "record_count", "content_digest", "batch")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_DIGEST_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    KEY_EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    schema_digest: str
    agreement_digest: str
    key_epoch: int
    record_count: int
    content_digest: str
    batch: int
    def __init__(self, round_id: _Optional[str] = ..., schema_digest: _Optional[str] = ..., agreement_digest: _Optional[str] = ..., key_epoch: _Optional[int] = ..., record_count: _Optional[int] = ..., content_digest: _Optional[str] = ..., batch: _Optional[int] = ...) -> None: ...

class SubmissionChunk(_message.Message):
    __slots__ = ("index", "tokens", "encodings", "view", "blocks")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    ENCODINGS_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    index: int
    tokens: bytes
    encodings: bytes
    view: int
    blocks: bytes
    def __init__(self, index: _Optional[int] = ..., tokens: _Optional[bytes] = ..., encodings: _Optional[bytes] = ..., view: _Optional[int] = ..., blocks: _Optional[bytes] = ...) -> None: ...

class SubmissionPart(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: SubmissionHeader
    chunk: SubmissionChunk
    def __init__(self, header: _Optional[_Union[SubmissionHeader, _Mapping]] = ..., chunk: _Optional[_Union[SubmissionChunk, _Mapping]] = ...) -> None: ...

class SubmissionReceipt(_message.Message):
    __slots__ = ("round_id", "record_count", "content_digest")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    record_count: int
    content_digest: str
    def __init__(self, round_id: _Optional[str] = ..., record_count: _Optional[int] = ..., content_digest: _Optional[str] = ...) -> None: ...

class ResolutionQuery(_message.Message):
    __slots__ = ("round_id", "start")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    start: int
    def __init__(self, round_id: _Optional[str] = ..., start: _Optional[int] = ...) -> None: ...

class ViewTokens(_message.Message):
    __slots__ = ("view", "tokens")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    view: int
    tokens: bytes
    def __init__(self, view: _Optional[int] = ..., tokens: _Optional[bytes] = ...) -> None: ...

class ResolutionRequests(_message.Message):
    __slots__ = ("round_id", "total", "rows")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    total: int
    rows: _containers.RepeatedCompositeFieldContainer[ViewTokens]
    def __init__(self, round_id: _Optional[str] = ..., total: _Optional[int] = ..., rows: _Optional[_Iterable[_Union[ViewTokens, _Mapping]]] = ...) -> None: ...

class ViewRow(_message.Message):
    __slots__ = ("view", "token")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    view: int
    token: bytes
    def __init__(self, view: _Optional[int] = ..., token: _Optional[bytes] = ...) -> None: ...

class Resolution(_message.Message):
    __slots__ = ("token", "rows")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    token: bytes
    rows: _containers.RepeatedCompositeFieldContainer[ViewRow]
    def __init__(self, token: _Optional[bytes] = ..., rows: _Optional[_Iterable[_Union[ViewRow, _Mapping]]] = ...) -> None: ...

class ResolutionBatch(_message.Message):
    __slots__ = ("round_id", "answers")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    answers: _containers.RepeatedCompositeFieldContainer[Resolution]
    def __init__(self, round_id: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[Resolution, _Mapping]]] = ...) -> None: ...

class SummaryRequests(_message.Message):
    __slots__ = ("round_id", "tokens")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    tokens: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, round_id: _Optional[str] = ..., tokens: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SummaryAnswer(_message.Message):
    __slots__ = ("token", "envelope")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    token: bytes
    envelope: bytes
    def __init__(self, token: _Optional[bytes] = ..., envelope: _Optional[bytes] = ...) -> None: ...

class SummaryBatch(_message.Message):
    __slots__ = ("round_id", "answers")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    answers: _containers.RepeatedCompositeFieldContainer[SummaryAnswer]
    def __init__(self, round_id: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[SummaryAnswer, _Mapping]]] = ...) -> None: ...

class Counterpart(_message.Message):
    __slots__ = ("match_ref", "member", "agency_type", "candidate_probability")
    MATCH_REF_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    AGENCY_TYPE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    match_ref: bytes
    member: str
    agency_type: str
    candidate_probability: float
    def __init__(self, match_ref: _Optional[bytes] = ..., member: _Optional[str] = ..., agency_type: _Optional[str] = ..., candidate_probability: _Optional[float] = ...) -> None: ...

class MemberMatch(_message.Message):
    __slots__ = ("token", "cluster_ref", "counterparts", "score_lower", "score_upper", "rule_override", "breadth", "other_forces", "others_events", "others_oldest", "others_threats", "juvenile", "placeholder_weights", "score_disclosed")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_REF_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTS_FIELD_NUMBER: _ClassVar[int]
    SCORE_LOWER_FIELD_NUMBER: _ClassVar[int]
    SCORE_UPPER_FIELD_NUMBER: _ClassVar[int]
    RULE_OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    BREADTH_FIELD_NUMBER: _ClassVar[int]
    OTHER_FORCES_FIELD_NUMBER: _ClassVar[int]
    OTHERS_EVENTS_FIELD_NUMBER: _ClassVar[int]
    OTHERS_OLDEST_FIELD_NUMBER: _ClassVar[int]
    OTHERS_THREATS_FIELD_NUMBER: _ClassVar[int]
    JUVENILE_FIELD_NUMBER: _ClassVar[int]
    PLACEHOLDER_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    SCORE_DISCLOSED_FIELD_NUMBER: _ClassVar[int]
    token: bytes
    cluster_ref: bytes
    counterparts: _containers.RepeatedCompositeFieldContainer[Counterpart]
    score_lower: float
    score_upper: float
    rule_override: bool
    breadth: int
    other_forces: int
    others_events: str
    others_oldest: str
    others_threats: _containers.RepeatedScalarFieldContainer[str]
    juvenile: bool
    placeholder_weights: bool
    score_disclosed: bool
    def __init__(self, token: _Optional[bytes] = ..., cluster_ref: _Optional[bytes] = ..., counterparts: _Optional[_Iterable[_Union[Counterpart, _Mapping]]] = ..., score_lower: _Optional[float] = ..., score_upper: _Optional[float] = ..., rule_override: _Optional[bool] = ..., breadth: _Optional[int] = ..., other_forces: _Optional[int] = ..., others_events: _Optional[str] = ..., others_oldest: _Optional[str] = ..., others_threats: _Optional[_Iterable[str]] = ..., juvenile: _Optional[bool] = ..., placeholder_weights: _Optional[bool] = ..., score_disclosed: _Optional[bool] = ...) -> None: ...

class MemberResults(_message.Message):
    __slots__ = ("round_id", "published_at", "matches")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    round_id: str
    published_at: _timestamp_pb2.Timestamp
    matches: _containers.RepeatedCompositeFieldContainer[MemberMatch]
    def __init__(self, round_id: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[MemberMatch, _Mapping]]] = ...) -> None: ...
