"""Who cannot connect or call at all, whatever the method; and that trying changes nothing."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from crypto.canonical import parse_json
from crypto.errors import ClewError, InputError, PolicyError, StateError, TransportError, VerificationError
from crypto.pki import Authority, Role, create_authority, generate_transport_key, member_uri
from protos import methods
from protos.channel import Channel
from protos.conversion import encode_message
from protos.messages import (
    LogAppend,
    Nothing,
    RelayAcknowledgement,
    RelayKind,
    RelayMessage,
    RoundReference,
)
from protos.methods import MAX_MESSAGE_BYTES
from protos.wire_errors import restore_error
from tests.support.certificates import issue_with_uris
from tests.support.coordinator_process import FEDERATION, CoordinatorProcess
from tests.support.raw_calls import call_raw, open_raw_channel
from tests.support.scripted_member import ScriptedMember

ESSEX_URI = member_uri(FEDERATION, Role.FORCE, "essex")
UNKNOWN_ROUND = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def unchanged(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]
) -> Iterator[None]:
    """Every refusal of this module leaves the coordinator as it was."""
    before = federation.read_state()
    yield
    assert federation.read_state() == before


def _call_with(federation: CoordinatorProcess, certificate: bytes | None, key: bytes | None) -> ClewError:
    channel = Channel(
        federation.member_target,
        authority_pem=federation.authority.certificate_pem,
        certificate_pem=certificate,
        private_key_pem=key,
    )
    with channel, pytest.raises(ClewError) as caught:
        channel.call(methods.GET_AGREEMENT, Nothing(), deadline_s=10)
    return caught.value


def _foreign_authority() -> Authority:
    return create_authority(FEDERATION, now=datetime.now(UTC), lifetime=timedelta(days=1))


def test_own_certificate_is_admitted_as_positive_control(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]
) -> None:
    essex = federation_members["essex"]
    with essex.connect(federation.member_target, federation.authority.certificate_pem) as channel:
        assert (
            parse_json(channel.call(methods.GET_AGREEMENT, Nothing()).envelope)["domain"]
            == "clew/agreement/v1"
        )


def test_caller_without_certificate_is_refused(federation: CoordinatorProcess) -> None:
    error = _call_with(federation, None, None)
    assert isinstance(error, TransportError)
    assert "check that it runs, that the address is right and that this member's certificate" in str(error)


def test_certificate_of_a_foreign_authority_is_refused(federation: CoordinatorProcess) -> None:
    key = generate_transport_key()
    error = _call_with(federation, issue_with_uris(_foreign_authority(), key, [ESSEX_URI]), key)
    assert isinstance(error, TransportError)


def test_expired_certificate_is_refused(federation: CoordinatorProcess) -> None:
    key = generate_transport_key()
    expired = issue_with_uris(federation.authority, key, [ESSEX_URI], ends_in=timedelta(hours=-1))
    assert isinstance(_call_with(federation, expired, key), TransportError)


def test_server_certificate_cannot_be_used_by_a_caller(federation: CoordinatorProcess) -> None:
    server = federation.home.server_certificate.read_bytes(), federation.home.server_key.read_bytes()
    assert isinstance(_call_with(federation, *server), TransportError)
    key = generate_transport_key()
    as_member = issue_with_uris(federation.authority, key, [ESSEX_URI], usage=ExtendedKeyUsageOID.SERVER_AUTH)
    assert isinstance(_call_with(federation, as_member, key), TransportError)


@pytest.mark.parametrize(
    ("uris", "message"),
    [
        (
            [member_uri("west.example", Role.FORCE, "essex")],
            "expected a certificate of federation east.example, got one of another federation",
        ),
        ([ESSEX_URI, ESSEX_URI], "expected exactly one URI in the peer's certificate, got 2"),
        (
            [member_uri(FEDERATION, Role.OPERATOR, "operator"), ESSEX_URI],
            "expected exactly one URI in the peer's certificate, got 2",
        ),
        (
            [f"spiffe://{FEDERATION}/chief/essex"],
            "expected a known role and a well-formed name in the peer's URI",
        ),
        (
            [f"https://{FEDERATION}/force/essex"],
            "expected a URI spiffe://federation/role/name, got another form",
        ),
    ],
    ids=["other federation", "two URIs", "operator and force", "unknown role", "another scheme"],
)
def test_certificate_with_another_name_is_refused(
    federation: CoordinatorProcess, uris: list[str], message: str
) -> None:
    key = generate_transport_key()
    error = _call_with(federation, issue_with_uris(federation.authority, key, uris), key)
    assert type(error) is VerificationError
    assert error.public_message == message


def test_coordinator_role_may_call_nothing(federation: CoordinatorProcess) -> None:
    key = generate_transport_key()
    uri = member_uri(FEDERATION, Role.COORDINATOR, "coordinator")
    error = _call_with(federation, issue_with_uris(federation.authority, key, [uri]), key)
    assert (type(error), error.code) == (PolicyError, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "uri",
    [member_uri(FEDERATION, Role.FORCE, "suffolk"), member_uri(FEDERATION, Role.PARTNER, "essex")],
    ids=["never enrolled", "enrolled in another role"],
)
def test_good_certificate_without_approved_enrolment_is_refused(
    federation: CoordinatorProcess, uri: str
) -> None:
    key = generate_transport_key()
    error = _call_with(federation, issue_with_uris(federation.authority, key, [uri]), key)
    assert (type(error), error.code) == (PolicyError, "NOT_ENROLLED")
    assert error.public_message == "this certificate does not belong to an enrolled member"


def _handshake(target: str, essex: ScriptedMember, version: ssl.TLSVersion, folder: str) -> str | None:
    host, port = target.split(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    context.load_verify_locations(f"{folder}/authority.pem")
    context.load_cert_chain(f"{folder}/essex.pem", f"{folder}/essex.key")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.version()


@pytest.mark.parametrize("port", ["member_target", "enrolment_target"])
def test_both_ports_speak_tls_13_and_refuse_tls_12(
    federation: CoordinatorProcess,
    federation_members: Mapping[str, ScriptedMember],
    tmp_path_factory: pytest.TempPathFactory,
    port: str,
) -> None:
    essex, folder = federation_members["essex"], tmp_path_factory.mktemp("tls")
    (folder / "authority.pem").write_bytes(federation.authority.certificate_pem)
    (folder / "essex.pem").write_bytes(essex.certificate_pem[-1])
    (folder / "essex.key").write_bytes(essex.transport_key)
    target = getattr(federation, port)
    assert _handshake(target, essex, ssl.TLSVersion.TLSv1_3, str(folder)) == "TLSv1.3"
    with pytest.raises(ssl.SSLError, match=r"EOF occurred in violation of protocol"):
        _handshake(target, essex, ssl.TLSVersion.TLSv1_2, str(folder))


@pytest.fixture(scope="module")
def essex_channel(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]
) -> Iterator[grpc.Channel]:
    essex = federation_members["essex"]
    with open_raw_channel(
        federation.member_target,
        authority_pem=federation.authority.certificate_pem,
        certificate_pem=essex.certificate_pem[-1],
        key_pem=essex.transport_key,
    ) as channel:
        yield channel


@pytest.mark.parametrize("deadline_s", [None, 3600.0], ids=["absent", "an hour"])
def test_call_without_a_near_deadline_is_refused(
    essex_channel: grpc.Channel, deadline_s: float | None
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call_raw(essex_channel, methods.GET_AGREEMENT, b"", deadline_s=deadline_s)
    error = restore_error(caught.value, "coordinator")
    assert (type(error), error.code) == (InputError, "NO_DEADLINE")
    assert error.public_message == "expected a deadline of at most 900 s on the call"


def test_newcomer_without_deadline_is_refused(federation: CoordinatorProcess) -> None:
    with (
        open_raw_channel(
            federation.enrolment_target, authority_pem=federation.authority.certificate_pem
        ) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        call_raw(channel, methods.ENROL, b"", deadline_s=None)
    assert restore_error(caught.value, "coordinator").code == "NO_DEADLINE"


@pytest.mark.parametrize("method", [methods.SEND, methods.SUBMIT], ids=lambda m: m.name)
def test_oversize_message_is_refused(essex_channel: grpc.Channel, method: methods.AnyMethod) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call_raw(essex_channel, method, bytes(MAX_MESSAGE_BYTES + 1))
    error = restore_error(caught.value, "coordinator")
    assert type(error) is InputError
    assert error.public_message == "message refused: it is larger than the coordinator accepts"


def test_well_formed_bytes_out_of_bounds_name_the_field(essex_channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call_raw(essex_channel, methods.GET_RESULTS, b"\x0a\x05essex")
    error = restore_error(caught.value, "coordinator")
    assert type(error) is InputError
    assert error.public_message == "field round_id: expected a UUID in lower-case text form"


@pytest.mark.parametrize(
    "method",
    [methods.GET_SUMMARY_REQUESTS, methods.GET_RESULTS, methods.ACKNOWLEDGE_RESULTS],
    ids=lambda m: m.name,
)
def test_unknown_round_is_refused(essex_channel: grpc.Channel, method: methods.AnyMethod) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call_raw(essex_channel, method, encode_message(RoundReference(UNKNOWN_ROUND)))
    error = restore_error(caught.value, "coordinator")
    assert (type(error), error.code) == (StateError, "STALE_ROUND")


def test_log_refuses_an_entry_in_another_members_name(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]
) -> None:
    essex, kent = federation_members["essex"], federation_members["kent"]
    with essex.connect(federation.member_target, federation.authority.certificate_pem) as channel:
        with pytest.raises(VerificationError, match="a member may log only its own acts") as caught:
            channel.call(methods.APPEND, LogAppend(kent.sign_log_entry()))
        assert caught.value.code == "NOT_OWN_ENTRY"
        with pytest.raises(VerificationError, match="expected a statement signed by key"):
            channel.call(methods.APPEND, LogAppend(essex.sign_log_entry(organisation="kent")))
        with pytest.raises(VerificationError, match="expected a statement signed by key"):
            channel.call(methods.APPEND, LogAppend(essex.sign_log_entry(organisation="coordinator")))
        with pytest.raises(
            VerificationError, match="expected a log entry of an organisation of the agreement"
        ):
            channel.call(methods.APPEND, LogAppend(essex.sign_log_entry(organisation="suffolk")))


@pytest.mark.parametrize("recipient", ["essex", "suffolk"], ids=["to itself", "to a stranger"])
def test_relay_takes_messages_for_other_members_only(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember], recipient: str
) -> None:
    message = RelayMessage(UNKNOWN_ROUND, "kent", recipient, RelayKind.REQUEST, b"sealed")
    essex = federation_members["essex"]
    with (
        essex.connect(federation.member_target, federation.authority.certificate_pem) as channel,
        pytest.raises(InputError, match="field recipient: expected another member of the current agreement"),
    ):
        channel.call(methods.SEND, message)


def test_acknowledging_nothing_of_ones_own_forgets_nothing(
    federation: CoordinatorProcess, federation_members: Mapping[str, ScriptedMember]
) -> None:
    essex = federation_members["essex"]
    with essex.connect(federation.member_target, federation.authority.certificate_pem) as channel:
        assert channel.call(methods.ACKNOWLEDGE, RelayAcknowledgement((UNKNOWN_ROUND,))).count == 0
