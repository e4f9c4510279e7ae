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

class RelayKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELAY_KIND_UNSPECIFIED: _ClassVar[RelayKind]
    RELAY_KIND_KEY_SHARE: _ClassVar[RelayKind]
    RELAY_KIND_REQUEST: _ClassVar[RelayKind]
    RELAY_KIND_RULING: _ClassVar[RelayKind]
    RELAY_KIND_DISCLOSURE: _ClassVar[RelayKind]
RELAY_KIND_UNSPECIFIED: RelayKind
RELAY_KIND_KEY_SHARE: RelayKind
RELAY_KIND_REQUEST: RelayKind
RELAY_KIND_RULING: RelayKind
RELAY_KIND_DISCLOSURE: RelayKind

class RelayMessage(_message.Message):
    __slots__ = ("message_id", "sender", "recipient", "kind", "sealed", "sent_at")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    sender: str
    recipient: str
    kind: RelayKind
    sealed: bytes
    sent_at: _timestamp_pb2.Timestamp
    def __init__(self, message_id: _Optional[str] = ..., sender: _Optional[str] = ..., recipient: _Optional[str] = ..., kind: _Optional[_Union[RelayKind, str]] = ..., sealed: _Optional[bytes] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RelayMessages(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[RelayMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[RelayMessage, _Mapping]]] = ...) -> None: ...

class RelayAcknowledgement(_message.Message):
    __slots__ = ("message_ids",)
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, message_ids: _Optional[_Iterable[str]] = ...) -> None: ...
