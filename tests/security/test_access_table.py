"""The access table is complete, and a real server answers every (method, role) as the table says.

Calls carry bytes that parse as no message: the guard judges the caller before it reads the request, so
a caller that may call is told that its bytes are malformed, and no call changes anything.
"""

from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from crypto.errors import InputError, PolicyError
from crypto.pki import Role
from protos import methods
from protos.conversion import SERVICE_FILES
from protos.methods import ENROLMENT_PORT_METHODS, MEMBER_PORT_METHODS, PACKAGE, Method
from protos.wire_errors import restore_error
from tests.support.coordinator_process import CoordinatorProcess
from tests.support.raw_calls import call_raw, open_raw_channel
from tests.support.scripted_member import ScriptedMember

MALFORMED = b"\xff"
ALL_METHODS = MEMBER_PORT_METHODS + ENROLMENT_PORT_METHODS
CALLERS = (Role.OPERATOR, Role.FORCE, Role.PARTNER)


def _described_methods() -> dict[str, Any]:
    return {
        f"/{PACKAGE}.{service.name}/{method.name}": method
        for file in SERVICE_FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def test_table_lists_exactly_the_methods_of_the_proto_services() -> None:
    assert {method.path for method in ALL_METHODS} == set(_described_methods())
    assert len({method.path for method in ALL_METHODS}) == len(ALL_METHODS)


@pytest.mark.parametrize("method", ALL_METHODS, ids=lambda m: m.name)
def test_table_gives_each_method_the_types_of_its_proto(method: Method[Any, Any]) -> None:
    described = _described_methods()[method.path]
    assert described.input_type.name == method.request.__name__
    assert described.output_type.name == method.answer.__name__
    assert described.client_streaming == method.streams_request
    assert not described.server_streaming


def test_every_member_port_method_names_roles_and_the_enrolment_port_none() -> None:
    assert all(method.roles for method in MEMBER_PORT_METHODS)
    assert [method.name for method in ENROLMENT_PORT_METHODS] == ["Enrol"]
    assert not any(method.roles for method in ENROLMENT_PORT_METHODS)


def test_nobody_is_let_in_as_the_coordinator() -> None:
    assert not any(Role.COORDINATOR in method.roles for method in ALL_METHODS)


def test_operator_reads_and_writes_nothing_of_members() -> None:
    shared = {"GetAgreement", "GetRound", "GetCheckpoint", "GetEntries"}
    operators = {m.name for m in MEMBER_PORT_METHODS if Role.OPERATOR in m.roles}
    assert operators == shared | {m.name for m in MEMBER_PORT_METHODS if m.service == "OperatorService"}


def _refusal(channel: grpc.Channel, method: Method[Any, Any], data: bytes = MALFORMED) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call_raw(channel, method, data)
    return caught.value


@pytest.fixture(scope="module")
def channels(federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]) -> Any:
    """One real mutual-TLS connection per role."""
    essex, care = federation_members["essex"], federation_members["care"]
    identities = {
        Role.OPERATOR: (
            federation.home.operator_certificate.read_bytes(),
            federation.home.operator_key.read_bytes(),
        ),
        Role.FORCE: (essex.certificate_pem[-1], essex.transport_key),
        Role.PARTNER: (care.certificate_pem[-1], care.transport_key),
    }
    opened = {
        role: open_raw_channel(
            federation.member_target,
            authority_pem=federation.authority.certificate_pem,
            certificate_pem=certificate,
            key_pem=key,
        )
        for role, (certificate, key) in identities.items()
    }
    yield {role: manager.__enter__() for role, manager in opened.items()}
    for manager in opened.values():
        manager.__exit__(None, None, None)


@pytest.mark.parametrize("role", CALLERS, ids=lambda r: r.value)
@pytest.mark.parametrize("method", MEMBER_PORT_METHODS, ids=lambda m: m.name)
def test_server_admits_exactly_the_roles_of_the_table(
    channels: Mapping[Role, grpc.Channel], method: Method[Any, Any], role: Role
) -> None:
    refusal = _refusal(channels[role], method)
    error = restore_error(refusal, "coordinator")
    if role in method.roles:
        assert refusal.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert type(error) is InputError
        expected = f"expected a {method.request.__name__} message, got bytes that do not parse as one"
        assert error.public_message == expected
    else:
        assert refusal.code() is grpc.StatusCode.PERMISSION_DENIED
        assert type(error) is PolicyError
        assert error.code == "METHOD_NOT_ALLOWED"
        assert error.public_message == "this certificate's role may not call this method"


def test_refused_and_malformed_calls_change_nothing(
    federation: CoordinatorProcess, channels: Mapping[Role, grpc.Channel]
) -> None:
    before = federation.read_state()
    for method in MEMBER_PORT_METHODS:
        for channel in channels.values():
            _refusal(channel, method)
    assert federation.read_state() == before


@pytest.mark.parametrize("method", MEMBER_PORT_METHODS, ids=lambda m: m.name)
def test_enrolment_port_offers_no_member_method(
    federation: CoordinatorProcess, method: Method[Any, Any]
) -> None:
    with open_raw_channel(
        federation.enrolment_target, authority_pem=federation.authority.certificate_pem
    ) as channel:
        assert _refusal(channel, method).code() is grpc.StatusCode.UNIMPLEMENTED


def test_enrolment_port_reads_a_newcomer_without_certificate(federation: CoordinatorProcess) -> None:
    with open_raw_channel(
        federation.enrolment_target, authority_pem=federation.authority.certificate_pem
    ) as channel:
        error = restore_error(_refusal(channel, methods.ENROL), "coordinator")
    assert error.public_message == "expected a EnrolRequest message, got bytes that do not parse as one"


def test_member_port_does_not_enrol(channels: Mapping[Role, grpc.Channel]) -> None:
    assert _refusal(channels[Role.FORCE], methods.ENROL).code() is grpc.StatusCode.UNIMPLEMENTED


def test_method_outside_every_service_is_not_offered(channels: Mapping[Role, grpc.Channel]) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channels[Role.OPERATOR].unary_unary(f"/{PACKAGE}.RoundService/GetEverything")(b"", timeout=15)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED  # type: ignore[attr-defined]
