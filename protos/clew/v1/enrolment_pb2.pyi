from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnrolmentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENROLMENT_STATE_UNSPECIFIED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_INVITED: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_PENDING: _ClassVar[EnrolmentState]
    ENROLMENT_STATE_APPROVED: _ClassVar[EnrolmentState]
ENROLMENT_STATE_UNSPECIFIED: EnrolmentState
ENROLMENT_STATE_INVITED: EnrolmentState
ENROLMENT_STATE_PENDING: EnrolmentState
ENROLMENT_STATE_APPROVED: EnrolmentState

class EnrolRequest(_message.Message):
    __slots__ = ("member", "invitation_secret", "signing_request_pem", "hpke_public_key", "signing_public_key")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    INVITATION_SECRET_FIELD_NUMBER: _ClassVar[int]
    SIGNING_REQUEST_PEM_FIELD_NUMBER: _ClassVar[int]
    HPKE_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNING_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    member: str
    invitation_secret: bytes
    signing_request_pem: bytes
    hpke_public_key: str
    signing_public_key: str
    def __init__(self, member: _Optional[str] = ..., invitation_secret: _Optional[bytes] = ..., signing_request_pem: _Optional[bytes] = ..., hpke_public_key: _Optional[str] = ..., signing_public_key: _Optional[str] = ...) -> None: ...

class EnrolResponse(_message.Message):
    __slots__ = ("state", "certificate_pem")
    STATE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_PEM_FIELD_NUMBER: _ClassVar[int]
    state: EnrolmentState
    certificate_pem: bytes
    def __init__(self, state: _Optional[_Union[EnrolmentState, str]] = ..., certificate_pem: _Optional[bytes] = ...) -> None: ...
