"""Replays, crashes and an unreachable log: nothing lost, nothing doubled, nothing released unlogged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.errors import InputError, StateError, StorageError, TransportError, VerificationError
from crypto.log.entry import EventType
from crypto.log.receipt import Receipt
from node.requests import deciding, package, releasing
from node.requests.case import CaseState
from node.requests.courier import Letter
from node.requests.mail_store import MailStore
from node.requests.opening import open_disclosure
from node.requests.receiving import receive_request
from node.requests.store import CaseStore
from node.requests.wiring import CoordinatorLog
from node.store.store import open_store
from protos.messages import RelayKind, RelayMessage
from scoring.policy.case_file import CaseFile
from scoring.policy.ruling import Granted
from scoring.policy.vocabulary import Side
from tests.unit.requests.federation import MATCH_REF, Federation
from tests.unit.requests.steps import ask, decide, disclose, draft, release, state_of

UNREACHABLE = TransportError("cannot reach the coordinator")


def approved(federation: Federation) -> str:
    request_id = ask(federation)
    assert isinstance(decide(federation.kent, request_id, "kent-di-03"), Granted)
    return request_id


def replay(federation: Federation) -> None:
    """Hand every message that ever passed to its recipient again."""
    for message in list(federation.relay.seen):
        federation.relay.waiting[message.recipient].append(message)
    federation.carry()


def count(federation: Federation, kind: RelayKind) -> int:
    return [message.kind for message in federation.relay.seen].count(kind)


def test_replayed_messages_change_nothing(federation: Federation) -> None:
    request_id = disclose(federation)
    before = (federation.list_events(), len(federation.relay.seen))
    replay(federation)
    assert (federation.list_events(), len(federation.relay.seen)) == before
    assert state_of(federation.kent, request_id) is CaseState.DISCLOSED
    essex = federation.essex
    open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)


def test_a_replayed_request_waits_once(federation: Federation) -> None:
    ask(federation)
    replay(federation)
    assert len(federation.kent.desk.cases.load_cases(Side.DISCLOSING)) == 1


def test_a_replayed_refusal_changes_nothing(federation: Federation) -> None:
    request_id = ask(federation)
    decide(federation.kent, request_id, "kent-di-03", approves=False)
    federation.carry()
    before = federation.essex.desk.cases.get_case(request_id)
    federation.wait(timedelta(hours=1))
    replay(federation)
    assert federation.essex.desk.cases.get_case(request_id) == before


@pytest.mark.parametrize(
    "failure",
    [UNREACHABLE, StorageError("disk full"), VerificationError("fork"), InputError("shrank")],
    ids=["unreachable", "storage", "verification", "shrank"],
)
def test_without_the_log_nothing_is_released(federation: Federation, failure: Exception) -> None:
    request_id = approved(federation)
    kent = federation.kent
    kent.wire.log_failure = failure
    with pytest.raises((TransportError, StorageError)):
        release(kent, request_id, "kent-di-03")
    kent.wire.log_failure = None
    federation.carry()
    assert state_of(kent, request_id) is CaseState.APPROVED
    assert not kent.desk.cases.is_disclosed(MATCH_REF)
    assert count(federation, RelayKind.DISCLOSURE) == 0


def test_without_the_log_nobody_approves(federation: Federation) -> None:
    request_id = draft(federation).request_id
    federation.essex.wire.log_failure = UNREACHABLE
    with pytest.raises(TransportError):
        decide(federation.essex, request_id, "essex-di-07")
    assert state_of(federation.essex, request_id) is CaseState.DRAFTED
    assert federation.essex.desk.mail.load_outbox() == ()
    assert federation.essex.desk.cases.load_approvals(request_id) == ()


def test_without_the_log_nothing_is_opened(federation: Federation) -> None:
    request_id = disclose(federation)
    essex = federation.essex
    essex.wire.log_failure = UNREACHABLE
    with pytest.raises(TransportError):
        open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)


def test_without_the_log_a_refusal_is_left_at_the_relay_and_answered_later(federation: Federation) -> None:
    case = draft(federation)
    assert isinstance(decide(federation.essex, case.request_id, "essex-di-07"), Granted)
    federation.wait(timedelta(hours=73))
    federation.essex.send()
    kent = federation.kent
    kent.wire.log_failure = StorageError("disk full")
    assert kent.receive() == 0
    assert kent.desk.cases.find_case(case.request_id) is None
    kent.wire.log_failure = None
    federation.carry()
    assert state_of(federation.essex, case.request_id) is CaseState.REFUSED


def test_an_entry_whose_answer_was_lost_is_logged_once(federation: Federation) -> None:
    request_id = approved(federation)
    kent = federation.kent
    kent.wire.after_append = UNREACHABLE
    with pytest.raises(TransportError):
        release(kent, request_id, "kent-di-03")
    kent.wire.after_append = None
    federation.wait(timedelta(minutes=10))
    assert isinstance(release(kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    assert federation.list_events().count(("kent", "DISCLOSURE")) == 1
    assert count(federation, RelayKind.DISCLOSURE) == 1


def test_a_crash_between_log_and_send_discloses_once(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = approved(federation)
    kent = federation.kent

    def crash(*_args: object, **_kwargs: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CaseStore, "record_disclosure", crash)
        with pytest.raises(KeyboardInterrupt):
            release(kent, request_id, "kent-di-03")
    federation.carry()
    assert count(federation, RelayKind.DISCLOSURE) == 0
    assert isinstance(release(kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    assert state_of(federation.essex, request_id) is CaseState.DISCLOSED
    assert federation.list_events().count(("kent", "DISCLOSURE")) == 1
    assert count(federation, RelayKind.DISCLOSURE) == 1


def test_a_refusal_while_a_release_is_logged_stops_the_release(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = approved(federation)
    kent = federation.kent
    kent.hire("kent-di-04", role="IAO_DELEGATE", rank="inspector")
    real = CoordinatorLog.append_entry

    def refuse_meanwhile(log: CoordinatorLog, entry: bytes) -> Receipt:
        with monkeypatch.context() as inner:
            inner.setattr(CoordinatorLog, "append_entry", real)
            federation.wait(timedelta(seconds=1))
            assert decide(kent, request_id, "kent-di-04", approves=False) is None
        return real(log, entry)

    monkeypatch.setattr(CoordinatorLog, "append_entry", refuse_meanwhile)
    with pytest.raises(StateError, match="the request was decided meanwhile; show it again"):
        release(kent, request_id, "kent-di-03")
    monkeypatch.setattr(CoordinatorLog, "append_entry", real)
    federation.carry()

    assert count(federation, RelayKind.DISCLOSURE) == 0
    assert not kent.desk.cases.is_disclosed(MATCH_REF)
    assert state_of(federation.essex, request_id) is CaseState.REFUSED


def test_of_two_decisions_at_once_the_second_changes_nothing(federation: Federation) -> None:
    request_id = draft(federation).request_id
    cases = federation.essex.desk.cases
    seen = cases.get_case(request_id)
    decide(federation.essex, request_id, "essex-di-07")

    with pytest.raises(StateError, match="the request was decided meanwhile; show it again"):
        cases.record_decision(seen, replace(seen, state=CaseState.REFUSED))
    assert state_of(federation.essex, request_id) is CaseState.SENT


def test_whoever_releases_after_anothers_attempt_is_the_one_in_the_log(federation: Federation) -> None:
    request_id = approved(federation)
    kent = federation.kent
    kent.hire("kent-di-04", role="IAO_DELEGATE", rank="inspector")
    kent.wire.log_failure = UNREACHABLE
    with pytest.raises(TransportError):
        release(kent, request_id, "kent-di-03")
    kent.wire.log_failure = None
    assert isinstance(release(kent, request_id, "kent-di-04"), Granted)

    (entry,) = (found for found in federation.read_log() if found.event_type is EventType.DISCLOSURE)
    assert entry.actor_id == "kent-di-04"


def test_a_package_that_does_not_say_when_it_expires_is_dropped_and_holds_up_nothing(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = approved(federation)
    monkeypatch.setattr(
        releasing, "Letter", lambda **parts: Letter(**parts | {"header": {"request_id": request_id}})
    )
    release(federation.kent, request_id, "kent-di-03")
    federation.carry()

    assert state_of(federation.essex, request_id) is CaseState.SENT
    assert not federation.relay.waiting["essex"]


def test_a_package_with_more_than_was_asked_is_not_taken(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grant_all(file: CaseFile) -> Granted:
        return Granted(file.stage, (), ())

    request_id = ask(federation)
    monkeypatch.setattr(deciding, "decide_request", grant_all)
    monkeypatch.setattr(releasing, "decide_request", grant_all)
    monkeypatch.setattr(
        package,
        "find_releasable_items",
        lambda file: [
            item
            for signed in file.approvals_of(Side.DISCLOSING)
            for item in signed.approval.data_items_approved
        ],
    )
    decide(federation.kent, request_id, "kent-di-03", items=("IDENTITY_CORE", "RISK_GRADES"))
    release(federation.kent, request_id, "kent-di-03")
    federation.carry()

    assert count(federation, RelayKind.DISCLOSURE) == 1
    assert state_of(federation.essex, request_id) is CaseState.SENT


def test_what_is_queued_survives_a_restart_and_is_sent_once(federation: Federation) -> None:
    request_id = approved(federation)
    kent = federation.kent
    assert isinstance(release(kent, request_id, "kent-di-03"), Granted)
    kent.context.store.close()
    reopened = MailStore(open_store(kent.home / "node.sqlite").engine)
    (queued,) = reopened.load_outbox()
    assert queued.kind is RelayKind.DISCLOSURE
    federation.relay.is_down = True
    with pytest.raises(TransportError):
        kent.send()
    federation.relay.is_down = False
    federation.carry()
    federation.carry()
    assert count(federation, RelayKind.DISCLOSURE) == 1
    assert reopened.load_outbox() == ()


def test_a_sent_message_whose_answer_was_lost_is_the_same_message(federation: Federation) -> None:
    request_id = draft(federation).request_id
    decide(federation.essex, request_id, "essex-di-07")
    (queued,) = federation.essex.desk.mail.load_outbox()
    federation.relay.send(
        RelayMessage(
            message_id=queued.message_id,
            sender="essex",
            recipient=queued.recipient,
            kind=queued.kind,
            sealed=queued.sealed,
        ),
        now=federation.time,
    )
    federation.carry()
    assert count(federation, RelayKind.REQUEST) == 1


def test_releasing_again_is_no_second_release(federation: Federation) -> None:
    request_id = disclose(federation)
    assert isinstance(release(federation.kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    assert federation.list_events().count(("kent", "DISCLOSURE")) == 1
    assert count(federation, RelayKind.DISCLOSURE) == 1


def test_two_releases_at_once_disclose_once(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = approved(federation)
    kent = federation.kent
    logged = releasing.log_step

    def release_beside(*args: object, **kwargs: object) -> None:
        monkeypatch.setattr(releasing, "log_step", logged)
        assert isinstance(release(kent, request_id, "kent-di-03"), Granted)
        logged(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(releasing, "log_step", release_beside)
    assert isinstance(release(kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    assert federation.list_events().count(("kent", "DISCLOSURE")) == 1
    assert count(federation, RelayKind.DISCLOSURE) == 1


def test_a_message_redirected_to_another_member_does_not_open(federation: Federation) -> None:
    ask(federation)
    (message,) = federation.relay.seen
    with pytest.raises(VerificationError, match="does not open"):
        receive_request(federation.suffolk.desk, message, now=federation.time)


@pytest.mark.parametrize("change", ["message_id", "sender", "sealed"])
def test_a_message_changed_on_the_way_is_dropped(federation: Federation, change: str) -> None:
    ask(federation)
    (message,) = federation.relay.seen
    fields = {
        "message_id": message.message_id,
        "sender": message.sender,
        "recipient": message.recipient,
        "kind": message.kind,
        "sealed": message.sealed,
    }
    wrong = {
        "message_id": "00000000-0000-4000-8000-000000000001",
        "sender": "suffolk",
        "sealed": message.sealed[:-1] + bytes([message.sealed[-1] ^ 1]),
    }
    with pytest.raises(VerificationError, match="does not open"):
        receive_request(
            federation.kent.desk, RelayMessage(**fields | {change: wrong[change]}), now=federation.time
        )


def test_an_answer_to_a_request_that_was_never_sent_is_dropped(federation: Federation) -> None:
    request_id = ask(federation)
    decide(federation.kent, request_id, "kent-di-03", approves=False)
    federation.kent.send()
    essex = federation.essex
    with essex.context.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE reid_request SET state = 'DRAFTED'")
    assert essex.receive() == 1
    assert state_of(essex, request_id) is CaseState.DRAFTED
