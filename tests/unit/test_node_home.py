"""A node's home, its invitation and its enrolment."""

import base64
import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto.errors import InputError, StateError, VerificationError
from crypto.pki import (
    Authority,
    PeerIdentity,
    Role,
    create_authority,
    create_signing_request,
    generate_transport_key,
    issue_client_certificate,
)
from crypto.signing import SigningKey
from node import enrolment
from node.context import connect
from node.home import NodeHome, create_home
from node.invitation import parse_governance_key, parse_invitation
from protos.messages import EnrolmentState, EnrolRequest, EnrolResponse
from tests.support.node_bench import FEDERATION, NOW

SECRET = b"one-time secret of thirty-two by"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return create_authority(FEDERATION, now=NOW, lifetime=timedelta(days=30))


def invitation_body(authority: Authority, **changes: Any) -> dict[str, Any]:
    return {
        "format": "clew-invitation/v1",
        "federation": FEDERATION,
        "member": "essex",
        "display_name": "Essex Police",
        "role": "force",
        "agency_type": "POLICE",
        "secret": base64.b64encode(SECRET).decode(),
        "coordinator": "localhost:7443",
        "enrolment": "localhost:7444",
        "authority_pem": authority.certificate_pem.decode(),
        "expires_at": "2026-11-24T12:00:00.000Z",
    } | changes


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> tuple[Path, Path]:
    invitation, board = tmp_path / "essex.invitation", tmp_path / "governance.pub"
    invitation.write_text(json.dumps(invitation_body(authority)), encoding="utf-8")
    invitation.chmod(0o600)
    board.write_text(SigningKey.generate().public_key + "\n", encoding="ascii")
    return invitation, board


@pytest.fixture
def home(tmp_path: Path, files: tuple[Path, Path]) -> NodeHome:
    return create_home(tmp_path / "essex", invitation_path=files[0], governance_key_path=files[1])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_private_and_its_secrets_more_so(home: NodeHome) -> None:
    assert mode(home.path) == 0o700
    for path in (
        home.transport_key_path,
        home.sealing_key_path,
        home.signing_key_path,
        home.invitation_path,
        home.database_path,
    ):
        assert mode(path) == 0o600, path.name


def test_the_configuration_holds_no_secret(home: NodeHome) -> None:
    text = home.config_path.read_text(encoding="utf-8")

    assert home.load_config().member == "essex"
    assert base64.b64encode(SECRET).decode() not in text
    assert "PRIVATE" not in text


def test_an_unknown_setting_is_refused(home: NodeHome) -> None:
    with home.config_path.open("a", encoding="utf-8") as stream:
        stream.write('cordinator = "localhost:1"\n')

    with pytest.raises(InputError, match="setting cordinator: Extra inputs are not permitted"):
        home.load_config()


def test_a_second_init_leaves_the_keys_alone(home: NodeHome, files: tuple[Path, Path]) -> None:
    before = home.signing_key_path.read_bytes()

    with pytest.raises(StateError, match="already holds something, perhaps a node's keys"):
        create_home(home.path, invitation_path=files[0], governance_key_path=files[1])
    assert home.signing_key_path.read_bytes() == before


def test_a_crash_while_making_a_home_leaves_nothing(
    tmp_path: Path, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_values: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("node.home.store_config", fail)
    with pytest.raises(RuntimeError, match="killed"):
        create_home(tmp_path / "essex", invitation_path=files[0], governance_key_path=files[1])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["essex.invitation", "governance.pub"]


def test_an_invitation_that_others_can_read_is_refused(tmp_path: Path, files: tuple[Path, Path]) -> None:
    files[0].chmod(0o644)

    with pytest.raises(InputError, match="can be read by others than its owner; run: chmod 600"):
        create_home(tmp_path / "essex", invitation_path=files[0], governance_key_path=files[1])
    assert not (tmp_path / "essex").exists()


def test_a_key_that_others_can_read_is_refused(home: NodeHome) -> None:
    home.signing_key_path.chmod(0o640)

    with pytest.raises(InputError, match=r"signing\.key can be read by others than its owner"):
        home.load_keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "clew-invitation/v2"}, "expected an invitation file in format clew-invitation/v1"),
        ({"extra": "x"}, "expected an invitation file in format clew-invitation/v1"),
        ({"secret": "AAAA"}, "expected a secret of 32 bytes"),
        ({"role": "operator"}, "expected the role force or partner"),
        ({"coordinator": "localhost"}, "expected coordinator as host:port"),
        ({"member": "Essex Police"}, "expected a party's name as lower case such as west-mercia"),
        ({"display_name": 7}, "expected every field to be text"),
        ({"expires_at": "tomorrow"}, "expected a UTC time such as"),
    ],
)
def test_a_malformed_invitation_is_refused(
    authority: Authority, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_invitation(json.dumps(invitation_body(authority, **changes)).encode())
    assert message in caught.value.public_message
    assert base64.b64encode(SECRET).decode() not in caught.value.public_message


def test_an_invitation_does_not_show_its_secret(authority: Authority) -> None:
    parsed = parse_invitation(json.dumps(invitation_body(authority)).encode())

    assert "secret" not in repr(parsed)
    assert str(SECRET) not in repr(parsed)


@pytest.mark.parametrize("data", [b"", b"not a key", b"\xff" * 44, b"-----BEGIN PUBLIC KEY-----"])
def test_a_file_that_is_no_governance_key_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="ask the governance board for its public key, not the coordinator"):
        parse_governance_key(data)


# Enrolling

Answer = Callable[[EnrolRequest], EnrolResponse]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> list[EnrolRequest]:
    """Replace the enrolment port by a list of what was presented; it says PENDING."""
    return script_port(monkeypatch, lambda _: EnrolResponse(EnrolmentState.PENDING, b""))


def script_port(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[EnrolRequest]:
    presented: list[EnrolRequest] = []

    class Port:
        def __init__(self, target: str, *, authority_pem: bytes) -> None:
            assert target == "localhost:7444"
            assert b"CERTIFICATE" in authority_pem

        def __enter__(self) -> "Port":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def call(self, _method: object, request: EnrolRequest) -> EnrolResponse:
            presented.append(request)
            return answer(request)

    monkeypatch.setattr(enrolment, "Channel", Port)
    return presented


def approve(authority: Authority, *, identity: PeerIdentity | None = None, own_key: bool = True) -> Answer:
    def answer(request: EnrolRequest) -> EnrolResponse:
        csr = request.signing_request_pem if own_key else create_signing_request(generate_transport_key())
        certificate = issue_client_certificate(
            authority,
            csr,
            identity=identity or PeerIdentity(FEDERATION, Role.FORCE, "essex"),
            now=NOW,
            lifetime=timedelta(days=10),
        )
        return EnrolResponse(EnrolmentState.APPROVED, certificate)

    return answer


def test_asking_again_presents_exactly_the_same(home: NodeHome, desk: list[EnrolRequest]) -> None:
    first, second = (enrolment.enrol(home, now=NOW) for _ in range(2))

    assert first == second
    assert first.state is EnrolmentState.PENDING
    assert len(first.fingerprint.split()) == 8
    assert desk[0] == desk[1]
    assert desk[0].invitation_secret == SECRET


def test_an_approved_node_keeps_its_certificate_and_forgets_the_secret(
    home: NodeHome, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    presented = script_port(monkeypatch, approve(authority))

    assert enrolment.enrol(home, now=NOW).state is EnrolmentState.APPROVED
    assert enrolment.enrol(home, now=NOW).state is EnrolmentState.APPROVED

    assert len(presented) == 1
    assert not home.invitation_path.exists()
    assert b"CERTIFICATE" in home.load_certificate()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda own: approve(own, identity=PeerIdentity(FEDERATION, Role.FORCE, "kent")),
            "expected a certificate for spiffe://east.example/force/essex, got one for another identity",
        ),
        (lambda own: approve(own, own_key=False), "expected a certificate for this node's own key"),
        (
            lambda _: approve(create_authority(FEDERATION, now=NOW, lifetime=timedelta(days=9))),
            "expected a client certificate of this federation's authority",
        ),
    ],
    ids=["another name", "another key", "another authority"],
)
def test_a_certificate_that_is_not_ours_is_not_stored(
    home: NodeHome,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Authority], Answer],
    message: str,
) -> None:
    script_port(monkeypatch, make(authority))

    with pytest.raises(VerificationError) as caught:
        enrolment.enrol(home, now=NOW)
    assert message in caught.value.public_message
    assert not home.certificate_path.exists()
    assert home.invitation_path.exists()


def test_a_node_that_is_not_enrolled_does_not_connect(home: NodeHome) -> None:
    with (
        pytest.raises(StateError, match="this node is not enrolled yet; run: clew-node enrol"),
        connect(home),
    ):
        pass
