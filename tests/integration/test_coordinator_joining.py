"""Joining a real coordinator and governing it: invitations, fingerprints, agreements, relay, commands."""

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto.canonical import decode_base64
from crypto.errors import ClewError, PolicyError, StateError, VerificationError
from crypto.pki import PeerIdentity, Role, get_public_key_der, verify_client_certificate
from crypto.signing import SigningKey
from protos import methods
from protos.messages import (
    EnrolmentApproval,
    EnrolmentState,
    EnrolRequest,
    Nothing,
    RelayAcknowledgement,
    RelayKind,
    RelayMessage,
    SignedDocument,
)
from tests.conftest import make_members
from tests.support.coordinator_process import COMMANDS, FEDERATION, CoordinatorProcess
from tests.support.scripted_member import ScriptedMember

REFUSED_INVITATION = (
    "this invitation cannot be used: it is unknown, used by other keys or expired; ask the coordinator's "
    "operator for a new one"
)


def _refusal(process: CoordinatorProcess, request: EnrolRequest) -> ClewError:
    with process.connect_newcomer() as newcomer, pytest.raises(ClewError) as caught:
        newcomer.call(methods.ENROL, request)
    return caught.value


def test_enrolment_binds_an_invitation_to_its_first_keys(coordinator_process: CoordinatorProcess) -> None:
    essex, intruder = ScriptedMember("essex"), ScriptedMember("essex")
    with (
        coordinator_process.connect_operator() as operator,
        coordinator_process.connect_newcomer() as newcomer,
    ):
        secret = operator.call(methods.CREATE_INVITATION, essex.invitation).secret
        wrong_secret = _refusal(coordinator_process, essex.enrol_request(bytes(32)))
        unknown = _refusal(coordinator_process, replace(essex.enrol_request(secret), member="kent"))
        first = newcomer.call(methods.ENROL, essex.enrol_request(secret))
        assert (first.state, first.certificate_pem) == (EnrolmentState.PENDING, b"")
        other_keys = _refusal(coordinator_process, intruder.enrol_request(secret))
        for error in (wrong_secret, unknown, other_keys):
            assert type(error) is PolicyError
            assert (error.code, error.public_message) == ("INVITATION_REFUSED", REFUSED_INVITATION)

        enrolment = operator.call(methods.LIST_ENROLMENTS, Nothing()).enrolments[0]
        with pytest.raises(
            VerificationError, match="the fingerprint given for essex is not that of"
        ) as wrong:
            operator.call(methods.APPROVE_ENROLMENT, EnrolmentApproval("essex", "0000 " * 8))
        assert wrong.value.code == "FINGERPRINT_MISMATCH"
        operator.call(methods.APPROVE_ENROLMENT, EnrolmentApproval("essex", enrolment.fingerprint))
        with pytest.raises(StateError, match="no enrolment of essex is pending") as twice:
            operator.call(methods.APPROVE_ENROLMENT, EnrolmentApproval("essex", enrolment.fingerprint))
        assert twice.value.code == "NOT_PENDING"

        certificate = newcomer.call(methods.ENROL, essex.enrol_request(secret)).certificate_pem
        verify_client_certificate(
            certificate,
            coordinator_process.authority.certificate_pem,
            identity=PeerIdentity(FEDERATION, Role.FORCE, "essex"),
            public_key_der=get_public_key_der(essex.transport_key),
            now=datetime.now(UTC),
        )
        assert _refusal(coordinator_process, intruder.enrol_request(secret)).code == "INVITATION_REFUSED"
        with pytest.raises(StateError, match="essex has enrolled already"):
            operator.call(methods.CREATE_INVITATION, essex.invitation)


def test_agreement_must_be_the_boards_and_never_an_older_one(coordinator_process: CoordinatorProcess) -> None:
    members = make_members()
    process = coordinator_process
    first = process.found_federation(members.values())
    second = process.draft(version=2, custodian="kent")
    with pytest.raises(VerificationError, match="expected a statement signed by key"):
        process.publish(second, key=SigningKey.generate())
    with pytest.raises(VerificationError, match=r"expected an agreement of east\.example"):
        process.publish(replace(second, federation="west.example"))
    process.publish(second)
    before = process.read_state()["rows"]["agreement"]
    with pytest.raises(VerificationError, match="expected agreement version 2 or later, got version 1"):
        process.publish(first)
    with pytest.raises(StateError, match="agreement version 2 is published already; raise the version"):
        process.publish(replace(second, custodian="essex"))
    with process.connect_operator() as operator, pytest.raises(ClewError, match="expected UTF-8 JSON"):
        operator.call(methods.PUBLISH_AGREEMENT, SignedDocument(b"{"))
    assert process.read_state()["rows"]["agreement"] == before


def test_relay_hands_a_message_once_to_its_recipient_and_to_nobody_else(
    coordinator_process: CoordinatorProcess,
) -> None:
    members = make_members()
    coordinator_process.found_federation(members.values())
    target, authority = coordinator_process.member_target, coordinator_process.authority.certificate_pem
    message = RelayMessage(
        "11111111-1111-4111-8111-111111111111", "care", "kent", RelayKind.REQUEST, b"sealed for kent"
    )
    with (
        members["essex"].connect(target, authority) as essex,
        members["kent"].connect(target, authority) as kent,
        members["care"].connect(target, authority) as care,
    ):
        for _ in range(2):
            assert essex.call(methods.SEND, message).count == 1
        (received,) = kent.call(methods.FETCH, Nothing()).messages
        assert (received.sender, received.sealed) == ("essex", b"sealed for kent")  # not who it claimed
        acknowledgement = RelayAcknowledgement((message.message_id,))
        for other in (essex, care):
            assert other.call(methods.FETCH, Nothing()).messages == ()
            assert other.call(methods.ACKNOWLEDGE, acknowledgement).count == 0
        assert kent.call(methods.FETCH, Nothing()).messages == (received,)
        kent.call(methods.ACKNOWLEDGE, acknowledgement)
        essex.call(methods.SEND, message)  # a replay of what was delivered
        assert kent.call(methods.FETCH, Nothing()).messages == ()
    assert b"sealed for kent" not in _database_rows(coordinator_process)


def _database_rows(process: CoordinatorProcess) -> bytes:
    return repr(process.read_state()["rows"]).encode()


def _run(*words: str | Path, expect: int = 0) -> str:
    done = subprocess.run(
        [COMMANDS / "clew-coordinator", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )
    assert done.returncode == expect, done.stderr + done.stdout
    return done.stdout if expect == 0 else done.stderr


def test_commands_take_a_coordinator_from_nothing_to_a_published_agreement(tmp_path: Path) -> None:
    home, board = tmp_path / "coordinator", tmp_path / "board"
    _run("governance-key", "--out", board)
    _run(
        "init", "--home", home, "--federation", FEDERATION, "--governance-key", board / "governance.pub",
        "--host", "localhost", "--port", "0", "--enrolment-port", "0",
    )  # fmt: skip
    secrets = {path.name: path for path in [*home.glob("*.key"), *board.glob("*.key")]}
    assert set(secrets) == {"authority.key", "server.key", "operator.key", "log.key", "governance.key"}
    assert {oct(path.stat().st_mode & 0o777) for path in secrets.values()} == {"0o600"}
    assert oct(home.stat().st_mode & 0o777) == "0o700"
    again = _run(
        "init", "--home", home, "--federation", FEDERATION, "--governance-key", board / "governance.pub",
        expect=1,
    )  # fmt: skip
    assert "is a coordinator's home already; choose another --home" in again
    assert "the coordinator is not running; start it with: clew-coordinator run" in _run(
        "enrolments", "list", "--home", home, expect=1
    )
    process = CoordinatorProcess(home)
    process.start()
    try:
        for name, role, agency in (("essex", "force", "POLICE"), ("care", "partner", "SOCIAL_CARE")):
            _join_by_commands(process, name, role, agency)
        draft, signed = tmp_path / "draft.json", tmp_path / "agreement.json"
        _run("agreement", "draft", "--home", home, "--out", draft, "--custodian", "essex")
        _run("agreement", "sign", draft, "--key", board / "governance.key", "--out", signed)
        _run("agreement", "publish", signed, "--home", home)
        assert "Key custodian essex, epoch 1" in _run("agreement", "show", "--home", home)
        opened = json.loads(_run("round", "open", "--home", home, "--submit-for", "1", "--json"))
        over = json.loads(_run("round", "status", "--home", home, "--watch", "--json"))
        assert (over["round_id"], over["state"], over["failure"]) == (
            opened["round_id"],
            "FAILED",
            "TOO_FEW_SUBMISSIONS",
        )
        audit = json.loads(_run("audit", "--home", home, "--json"))
        assert audit == {"entries": 5, "events": {"CONFIG_CHANGE": 4, "ERASURE": 1}, "verified": True}
        assert "is in use by another process; stop that one first" in _run("run", "--home", home, expect=1)
    finally:
        assert process.stop() == 0
    assert not process.home.ports.exists()


def _join_by_commands(process: CoordinatorProcess, name: str, role: str, agency: str) -> None:
    home, path = process.home.root, process.home.root.parent / f"{name}.invitation"
    _run(
        "invite", name, "--home", home, "--display-name", name.title(), "--out", path,
        "--role", role, "--agency-type", agency,
    )  # fmt: skip
    invitation = json.loads(path.read_text())
    assert invitation["enrolment"] == process.enrolment_target
    member = ScriptedMember(name, Role(role), agency)
    with process.connect_newcomer() as newcomer:
        newcomer.call(methods.ENROL, member.enrol_request(decode_base64(invitation["secret"])))
    listed = json.loads(_run("enrolments", "list", "--home", home, "--json"))
    fingerprint = next(e["fingerprint"] for e in listed if e["member"] == name)
    assert "is not that of the presented keys" in _run(
        "enrolments", "approve", name, "--fingerprint", "1a2b", "--home", home, expect=1
    )
    _run("enrolments", "approve", name, "--fingerprint", fingerprint, "--home", home)


def test_second_coordinator_on_a_taken_port_says_so(
    coordinator_process: CoordinatorProcess, tmp_path: Path
) -> None:
    _run("governance-key", "--out", tmp_path / "board")
    port = coordinator_process.home.read_ports()["member"]
    home = tmp_path / "second"
    _run(
        "init", "--home", home, "--federation", FEDERATION, "--port", str(port),
        "--governance-key", tmp_path / "board" / "governance.pub",
    )  # fmt: skip
    said = _run("run", "--home", home, expect=1)
    assert f"cannot listen on 127.0.0.1:{port}: another program does" in said
