"""A node's part in a round, against a coordinator that a test scripts, honest or not."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger

from crypto.agreement import Agreement
from crypto.canonical import encode_base64, parse_json
from crypto.errors import StateError, TransportError, VerificationError
from crypto.keys import generate_linkage_key
from crypto.log.entry import EventType, verify_entry
from crypto.pki import Role
from crypto.signing import SigningDomain, SigningKey, verify_statement
from node.context import NodeContext
from node.inbox import Inbox
from node.key_shares import receive_key_share
from node.participation import RoundWorker, tick
from node.records import GuardianRelease, Records, Sensitivity
from node.round_checks import fetch_agreement, verify_round, verify_summary_requests
from node.store.rounds import Stage
from protos.messages import (
    Counterpart,
    MemberMatch,
    MemberResults,
    RelayKind,
    RelayMessage,
    RoundAnnouncement,
    RoundState,
    split_tokens,
)
from scoring.risk.event import PartyRole
from scoring.risk.summary import parse_summary
from tests.support import node_bench as bench
from tests.support.node_bench import NOW, ScriptedCoordinator

ESSEX_RECORDS = Records(
    nominals=tuple(bench.make_nominal(f"N{number}") for number in range(6)),
    crimes=tuple(bench.make_crime(f"C{number}") for number in range(4)),
    parties=(
        *(bench.make_party(f"C{number}", f"N{number}") for number in range(4)),
        bench.make_party("C0", "N5", PartyRole.VICTIM),
    ),
)
CARE_RECORDS = Records(
    nominals=tuple(bench.make_nominal(f"N{number}", source_system="PARTNER") for number in range(3)),
    contacts=(
        bench.make_contact("R0", "N0"),
        bench.make_contact("R1", "N1", guardian_release=GuardianRelease.NOT_REQUESTED),
        bench.make_contact("R2", "N2", guardian_release=GuardianRelease.REFUSED),
    ),
)


@dataclass
class Bench:
    """Two nodes that share an agreement, and the coordinator they talk to."""

    path: Path
    coordinator: ScriptedCoordinator
    members: dict[str, Any]
    agreement: Agreement

    def open(self, name: str = "essex") -> AbstractContextManager[NodeContext]:
        return bench.open_bench(self.path, self.coordinator, *self.members[name])

    def publish(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.coordinator.agreement = bench.sign(agreement)

    def announce(self, **changes: Any) -> None:
        self.coordinator.announced = bench.announce(self.agreement, **changes)

    @property
    def announced(self) -> RoundAnnouncement:
        assert self.coordinator.announced is not None
        return self.coordinator.announced


@pytest.fixture
def desk(tmp_path: Path) -> Bench:
    members = {
        "essex": (bench.make_config("essex"), bench.make_keys()),
        "kent": (bench.make_config("kent"), bench.make_keys()),
        "care": (bench.make_config("care", Role.PARTNER, "SOCIAL_CARE"), bench.make_keys()),
    }
    agreement = bench.make_agreement(members)
    made = Bench(tmp_path, ScriptedCoordinator(), members, agreement)
    made.publish(agreement)
    return made


@pytest.fixture
def essex(desk: Bench) -> Iterator[NodeContext]:
    with desk.open("essex") as context:
        context.store.records.store_records(ESSEX_RECORDS)
        yield context


def logger() -> Any:
    return structlog.wrap_logger(CapturingLogger())


def run_tick(context: NodeContext) -> None:
    tick(
        context,
        Inbox(context, {RelayKind.KEY_SHARE: receive_key_share}, logger()),
        RoundWorker(context, logger()),
    )


def list_sealed(desk: Bench) -> list[Path]:
    return [path for path in (desk.path / "essex-rounds").rglob("*") if path.is_file()]


def logged(desk: Bench, name: str = "essex") -> list[str]:
    keys = {member: keys.signing.public_key for member, (_, keys) in desk.members.items()}
    entries = [verify_entry(entry, keys) for entry in desk.coordinator.entries]
    return [entry.justification_code for entry in entries if entry.actor_org == name]


# The agreement


def test_without_an_agreement_a_tick_does_nothing(desk: Bench, essex: NodeContext) -> None:
    desk.coordinator.agreement = None

    run_tick(essex)

    assert desk.coordinator.names() == ["GetAgreement"]


def test_an_agreement_that_the_board_did_not_sign_is_refused(desk: Bench, essex: NodeContext) -> None:
    from crypto.agreement import sign_agreement

    desk.coordinator.agreement = sign_agreement(SigningKey.generate(), desk.agreement)

    with pytest.raises(VerificationError, match="expected a statement signed by key"):
        fetch_agreement(essex)
    assert essex.store.federation.find_agreement() is None


def test_an_older_agreement_is_never_taken_back(desk: Bench, essex: NodeContext) -> None:
    old = desk.agreement
    desk.publish(replace(old, version=2))
    fetch_agreement(essex)
    desk.publish(old)

    with pytest.raises(VerificationError, match="expected agreement version 2 or later, got version 1"):
        fetch_agreement(essex)


def test_two_agreements_of_one_version_are_an_incident(desk: Bench, essex: NodeContext) -> None:
    fetch_agreement(essex)
    desk.publish(replace(desk.agreement, expires_at=NOW + timedelta(days=9)))

    with pytest.raises(VerificationError, match="two different agreements of version 1 are signed"):
        fetch_agreement(essex)


def test_an_agreement_with_other_keys_for_this_member_is_refused(desk: Bench, essex: NodeContext) -> None:
    others = desk.members | {"essex": (bench.make_config("essex"), bench.make_keys())}
    desk.publish(bench.make_agreement(others))

    with pytest.raises(VerificationError, match="expected this node's own keys in the agreement, got others"):
        fetch_agreement(essex)
    assert essex.store.federation.find_agreement() is None


def test_an_agreement_that_makes_another_kind_of_agency_of_this_member_is_refused(desk: Bench) -> None:
    as_police = desk.members | {"care": (bench.make_config("care"), desk.members["care"][1])}
    desk.publish(bench.make_agreement(as_police))

    with (
        desk.open("care") as care,
        pytest.raises(VerificationError, match="expected this node as partner of type SOCIAL_CARE"),
    ):
        fetch_agreement(care)


# The linkage key


def sent_shares(desk: Bench) -> list[RelayMessage]:
    return [request for name, request in desk.coordinator.calls if name == "Send"]


def deliver(desk: Bench, message: RelayMessage, **changes: Any) -> None:
    desk.coordinator.waiting.append(replace(message, sent_at=NOW, **changes))


def test_the_custodian_seals_a_share_to_every_other_member_once(desk: Bench, essex: NodeContext) -> None:
    run_tick(essex)
    run_tick(essex)

    shares = sent_shares(desk)
    assert sorted(share.recipient for share in shares) == ["care", "kent"]
    key = essex.store.federation.find_linkage_key(1)
    assert key is not None
    assert all(key.secret not in share.sealed for share in shares)
    assert logged(desk) == ["LINKAGE_KEY_EPOCH"]


def test_a_custodian_killed_between_shares_sends_the_same_message_ids(desk: Bench) -> None:
    desk.coordinator.failures["Send"] = TransportError("gone")
    with desk.open() as context, pytest.raises(TransportError):
        run_tick(context)
    first = sent_shares(desk)
    desk.coordinator.failures.clear()

    with desk.open() as context:
        run_tick(context)

    again = sent_shares(desk)[len(first) :]
    assert [share.message_id for share in again][: len(first)] == [share.message_id for share in first]
    assert logged(desk) == ["LINKAGE_KEY_EPOCH"]


def test_a_member_opens_its_share_and_holds_the_same_key(desk: Bench, essex: NodeContext) -> None:
    run_tick(essex)
    deliver(desk, next(share for share in sent_shares(desk) if share.recipient == "kent"))

    with desk.open("kent") as kent:
        run_tick(kent)
        assert kent.store.federation.find_linkage_key(1) == essex.store.federation.find_linkage_key(1)
    assert desk.coordinator.waiting == []


def test_a_share_that_was_altered_or_sealed_for_another_is_dropped(desk: Bench, essex: NodeContext) -> None:
    run_tick(essex)
    for_kent, for_care = sorted(sent_shares(desk), key=lambda share: share.recipient, reverse=True)
    deliver(desk, for_kent, sealed=for_kent.sealed[:-1] + bytes([for_kent.sealed[-1] ^ 1]))
    deliver(desk, for_care, recipient="kent")
    deliver(desk, for_kent, message_id=str(uuid.uuid4()))

    with desk.open("kent") as kent:
        run_tick(kent)
        assert kent.store.federation.find_linkage_key(1) is None
    assert desk.coordinator.waiting == [], "messages that can never be opened must not block the queue"


def test_a_share_from_anyone_but_the_custodian_is_dropped(desk: Bench) -> None:
    """A member who holds the agreement seals a key of its own to another member."""
    from node.key_shares import _seal_share

    with desk.open("kent") as kent:
        fetch_agreement(kent)
        member = desk.agreement.get_member("care")
        deliver(desk, _seal_share(kent, desk.agreement, member, generate_linkage_key(1)))

    with desk.open("care") as care:
        run_tick(care)
        assert care.store.federation.find_linkage_key(1) is None
    assert desk.coordinator.waiting == []


def test_one_bad_message_does_not_stop_the_next(desk: Bench, essex: NodeContext) -> None:
    seen: list[str] = []

    def handle(_context: NodeContext, message: RelayMessage) -> None:
        if message.message_id == str(uuid.UUID(int=1)):
            raise ZeroDivisionError("a bug")
        if message.message_id == str(uuid.UUID(int=2)):
            raise StateError("not yet")
        seen.append(message.message_id)

    run_tick(essex)
    for number in (1, 2, 3):
        desk.coordinator.waiting.append(
            RelayMessage(str(uuid.UUID(int=number)), "kent", "essex", RelayKind.REQUEST, b"sealed", NOW)
        )
    inbox = Inbox(essex, {RelayKind.REQUEST: handle}, logger())

    assert inbox.empty() == 1
    assert seen == [str(uuid.UUID(int=3))]
    assert len(desk.coordinator.waiting) == 2, "what may fit later is left"


def test_a_message_that_never_fits_is_dropped_after_a_day(desk: Bench, essex: NodeContext) -> None:
    def never(_context: NodeContext, _message: RelayMessage) -> None:
        raise StateError("not yet")

    old = NOW - timedelta(days=2)
    desk.coordinator.waiting.append(
        RelayMessage(str(uuid.UUID(int=1)), "kent", "essex", RelayKind.RULING, b"sealed", old)
    )

    assert Inbox(essex, {RelayKind.RULING: never}, logger()).empty() == 1
    assert desk.coordinator.waiting == []


def test_a_kind_without_a_handler_is_dropped(desk: Bench, essex: NodeContext) -> None:
    desk.coordinator.waiting.append(
        RelayMessage(str(uuid.UUID(int=1)), "kent", "essex", RelayKind.DISCLOSURE, b"sealed", NOW)
    )

    assert Inbox(essex, {}, logger()).empty() == 1


# Submitting


def test_a_submission_holds_tokens_and_encodings_of_the_right_people(desk: Bench, essex: NodeContext) -> None:
    desk.announce()
    run_tick(essex)

    header, *chunks = desk.coordinator.uploads[0]
    assert header.header is not None
    assert header.header.record_count == 4
    assert [part.chunk.index for part in chunks if part.chunk] == [0]
    part = essex.store.rounds.find_participation(header.header.round_id)
    assert part is not None
    assert part.state is Stage.SUBMITTED
    tokens = bench.find_tokens(essex, desk.announced)
    assert set(tokens) == {("N0",), ("N1",), ("N2",), ("N3",)}
    assert chunks[0].chunk is not None
    assert set(split_tokens(chunks[0].chunk.tokens)) == set(tokens.values())


def test_the_submission_is_logged_before_its_first_byte_leaves(desk: Bench, essex: NodeContext) -> None:
    desk.announce()
    run_tick(essex)

    names = desk.coordinator.names()
    assert logged(desk) == ["LINKAGE_KEY_EPOCH", "ROUND_SUBMISSION"]
    assert max(i for i, name in enumerate(names) if name == "Append") < names.index("Submit")


def test_when_the_log_cannot_be_written_nothing_is_submitted(desk: Bench, essex: NodeContext) -> None:
    run_tick(essex)
    desk.announce()
    desk.coordinator.failures["Append"] = TransportError("the log is away")

    with pytest.raises(TransportError, match="the log is away"):
        run_tick(essex)

    assert desk.coordinator.uploads == []


def test_after_a_crash_the_same_bytes_are_sent_though_records_changed(desk: Bench) -> None:
    desk.announce()
    desk.coordinator.failures["Submit"] = TransportError("cut off")
    with desk.open() as context:
        context.store.records.store_records(ESSEX_RECORDS)
        with pytest.raises(TransportError, match="cut off"):
            run_tick(context)
        context.store.records.store_records(Records(nominals=(bench.make_nominal("N0", surname="OTHER"),)))
    desk.coordinator.failures.clear()

    with desk.open() as context:
        run_tick(context)

    first, second = desk.coordinator.uploads
    assert first == second
    assert logged(desk).count("ROUND_SUBMISSION") == 1


def test_a_receipt_for_other_content_is_not_believed(
    desk: Bench, essex: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.announce()
    real = desk.coordinator.upload
    monkeypatch.setattr(
        desk.coordinator,
        "upload",
        lambda method, parts: replace(real(method, parts), content_digest="0" * 64),
    )

    with pytest.raises(VerificationError, match="acknowledged another submission"):
        run_tick(essex)
    part = essex.store.rounds.find_latest()
    assert part is not None
    assert part.state is Stage.PREPARED


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"agreement_digest": "0" * 64}, "agreement"),
        ({"schema_digest": "0" * 64}, "linkage schema"),
        ({"weights_version": "0" * 64}, "offence weights"),
        ({"key_epoch": 2}, "key epoch"),
    ],
)
def test_a_round_other_than_agreed_gets_nothing(
    desk: Bench, essex: NodeContext, changes: dict[str, Any], name: str
) -> None:
    desk.announce(**changes)

    with pytest.raises(StateError, match=f"expected {name} .* nothing is submitted until they agree"):
        run_tick(essex)
    assert desk.coordinator.uploads == []


@pytest.mark.parametrize("opened_at", [NOW + timedelta(minutes=6), NOW - timedelta(days=5)])
def test_a_round_that_was_not_opened_lately_gets_nothing(
    desk: Bench, essex: NodeContext, opened_at: datetime
) -> None:
    desk.announce(opened_at=opened_at)

    with pytest.raises(VerificationError, match="expected a round opened in the last 4 days"):
        run_tick(essex)
    assert desk.coordinator.uploads == []


def test_a_second_round_of_the_same_number_gets_nothing(desk: Bench, essex: NodeContext) -> None:
    submit(desk, essex)
    desk.announce(round_id=str(uuid.UUID(int=2)))

    with pytest.raises(StateError, match="expected a step from 2 on, got 1: an erased key"):
        run_tick(essex)
    assert len(desk.coordinator.uploads) == 1


def test_a_schema_that_this_release_digests_otherwise_is_refused(desk: Bench) -> None:
    agreement = replace(desk.agreement, schema_digest="0" * 64)

    with pytest.raises(StateError, match="expected linkage schema of this release"):
        verify_round(agreement, bench.announce(agreement), now=NOW)


def test_a_member_without_its_key_share_waits(desk: Bench) -> None:
    desk.announce()
    with desk.open("kent") as kent:
        kent.store.records.store_records(ESSEX_RECORDS)
        run_tick(kent)

    assert desk.coordinator.uploads == []


def test_after_the_deadline_nothing_is_sent(desk: Bench, essex: NodeContext) -> None:
    desk.announce(submit_until=NOW - timedelta(seconds=1))
    run_tick(essex)

    assert desk.coordinator.uploads == []


# Answering


def submit(desk: Bench, context: NodeContext) -> dict[tuple[str, ...], bytes]:
    """Bring a node through its submission; return its token of each person."""
    key = generate_linkage_key(1)
    if context.store.federation.find_linkage_key(1) is None:
        context.store.federation.store_linkage_key(key)
    desk.announce()
    run_tick(context)
    return bench.find_tokens(context, desk.announced)


def sent_answers(desk: Bench) -> dict[bytes, bytes]:
    batch = next(request for name, request in desk.coordinator.calls if name == "SendSummaries")
    return {answer.token: answer.envelope for answer in batch.answers}


def test_a_summary_is_signed_for_its_token_and_round(desk: Bench, essex: NodeContext) -> None:
    tokens = submit(desk, essex)
    desk.coordinator.asked = (tokens[("N0",)],)
    desk.announce(state=RoundState.ASSESSING)
    run_tick(essex)

    envelope = sent_answers(desk)[tokens[("N0",)]]
    body = verify_statement(parse_json(envelope), SigningDomain.SUMMARY, essex.keys.signing.public_key)
    assert body["round_id"] == bench.announce(desk.agreement).round_id
    assert body["token"] == encode_base64(tokens[("N0",)])
    summary = parse_summary(body["summary"])
    assert summary.weights_version == desk.agreement.weights_version
    assert summary.count_steps == 4
    assert not any(value in envelope for value in (b"GIVENN0", b"SURNAMEN0", b"essex/C0", b"2026-11-11"))


def test_a_partner_answers_only_what_its_guardian_released_and_only_breadth(desk: Bench) -> None:
    with desk.open("care") as care:
        care.store.records.store_records(CARE_RECORDS)
        desk.publish(
            replace(desk.agreement, thresholds=replace(desk.agreement.thresholds, max_summary_share=1.0))
        )
        tokens = submit(desk, care)
        desk.coordinator.asked = tuple(tokens.values())
        desk.announce(state=RoundState.ASSESSING)
        run_tick(care)

    answers = sent_answers(desk)
    assert [ids for ids, token in tokens.items() if answers[token]] == [("N0",)]
    summary = parse_summary(parse_json(answers[tokens[("N0",)]])["body"]["summary"])
    assert summary.agency_type.value == "SOCIAL_CARE"
    assert (summary.count_steps, summary.harm_step, summary.areas) == (0, 0, frozenset())


def test_a_person_who_became_protected_is_withheld(desk: Bench, essex: NodeContext) -> None:
    tokens = submit(desk, essex)
    protected = bench.make_nominal("N0", sensitivity=Sensitivity.PROTECTED_PERSON)
    essex.store.records.store_records(Records(nominals=(protected,)))
    desk.coordinator.asked = (tokens[("N0",)],)
    desk.announce(state=RoundState.ASSESSING)
    run_tick(essex)

    assert sent_answers(desk) == {tokens[("N0",)]: b""}


def test_a_coordinator_that_asks_for_too_many_is_refused(desk: Bench, essex: NodeContext) -> None:
    tokens = submit(desk, essex)
    desk.coordinator.asked = tuple(tokens.values())[:3]
    desk.announce(state=RoundState.ASSESSING)

    with pytest.raises(StateError, match="asked for 3 score summaries, the agreement allows 2; nothing"):
        run_tick(essex)
    assert "SendSummaries" not in desk.coordinator.names()


def test_asking_in_portions_does_not_pass_the_cap(desk: Bench, essex: NodeContext) -> None:
    tokens = tuple(submit(desk, essex).values())
    desk.announce(state=RoundState.ASSESSING)
    desk.coordinator.asked = tokens[:2]
    # The coordinator takes the answers and says that it did not.
    desk.coordinator.failures["SendSummaries"] = TransportError("cut off")
    with pytest.raises(TransportError):
        run_tick(essex)
    desk.coordinator.failures.clear()

    desk.coordinator.asked = tokens[2:]
    with pytest.raises(StateError, match="asked for 4 score summaries, the agreement allows 2; nothing"):
        run_tick(essex)
    desk.coordinator.asked = tokens[:2]
    run_tick(essex)
    assert desk.coordinator.names().count("SendSummaries") == 2


def test_whom_the_coordinator_asked_about_is_erased_with_the_round(desk: Bench, essex: NodeContext) -> None:
    tokens = tuple(submit(desk, essex).values())
    desk.announce(state=RoundState.ASSESSING)
    desk.coordinator.asked = tokens[:1]
    run_tick(essex)
    asked = essex.store.rounds.load_asked(bench.announce(desk.agreement).round_id)
    desk.announce(state=RoundState.CLOSED)
    run_tick(essex)

    assert asked == {tokens[0]}
    assert essex.store.rounds.load_asked(bench.announce(desk.agreement).round_id) == frozenset()


def test_a_token_that_was_never_submitted_is_refused(desk: Bench, essex: NodeContext) -> None:
    submit(desk, essex)
    desk.coordinator.asked = (b"?" * 16,)
    desk.announce(state=RoundState.ASSESSING)

    with pytest.raises(VerificationError, match="tokens that this node did not submit"):
        run_tick(essex)


def test_a_token_asked_twice_is_refused() -> None:
    with pytest.raises(VerificationError, match="did not submit"):
        verify_summary_requests((b"a" * 16,) * 2, {b"a" * 16: ("N0",)}, earlier=frozenset(), most=1)


# Results and the end of a round


def results_for(tokens: dict[tuple[str, ...], bytes], desk: Bench) -> MemberResults:
    def match(token: bytes, number: int) -> MemberMatch:
        return MemberMatch(
            token=token,
            cluster_ref=bytes([number]) * 16,
            counterparts=(
                Counterpart(bytes([number, 1]) * 8, "kent", "POLICE", 0.9),
                Counterpart(bytes([number, 2]) * 8, "care", "SOCIAL_CARE", 0.8),
            ),
            score_lower=40.0,
            score_upper=62.0,
            rule_override=False,
            breadth=2,
            other_forces=1,
            others_events="2-4",
            others_oldest="91-180",
            others_threats=("DA",),
            juvenile=False,
            placeholder_weights=False,
        )

    round_id = bench.announce(desk.agreement).round_id
    return MemberResults(round_id, NOW, (match(tokens[("N0",)], 1), match(b"?" * 16, 2)))


def test_results_are_durable_and_logged_before_they_are_acknowledged(desk: Bench, essex: NodeContext) -> None:
    tokens = submit(desk, essex)
    desk.coordinator.results = results_for(tokens, desk)
    desk.announce(state=RoundState.PUBLISHED)
    desk.coordinator.failures["AcknowledgeResults"] = TransportError("cut off")
    with pytest.raises(TransportError):
        run_tick(essex)
    desk.coordinator.failures.clear()

    run_tick(essex)

    matches = essex.store.rounds.load_matches()
    assert {(match.counterpart, match.nominal_ids) for match in matches} == {
        ("kent", ("N0",)),
        ("care", ("N0",)),
    }
    assert desk.coordinator.names().count("GetResults") == 1
    assert logged(desk)[-1] == "RESULTS_RECEIVED"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: replace(r, round_id=str(uuid.UUID(int=9))), "expected the results of the announced round"),
        (lambda r: replace(r, published_at=NOW + timedelta(days=365)), "got ones dated in the future"),
        (lambda r: with_counterpart(r, member="nowhere"), "expected matches with other members"),
        (lambda r: with_counterpart(r, member="essex"), "expected matches with other members"),
        (lambda r: with_counterpart(r, agency_type="HEALTH"), "expected matches with other members"),
    ],
    ids=["another round", "the future", "a stranger", "this member itself", "another kind of agency"],
)
def test_results_that_cannot_be_are_not_kept(
    desk: Bench, essex: NodeContext, change: Callable[[MemberResults], MemberResults], message: str
) -> None:
    desk.coordinator.results = change(results_for(submit(desk, essex), desk))
    desk.announce(state=RoundState.PUBLISHED)

    with pytest.raises(VerificationError, match=message):
        run_tick(essex)
    assert essex.store.rounds.load_matches() == ()
    assert "AcknowledgeResults" not in desk.coordinator.names()


def with_counterpart(results: MemberResults, **changes: str) -> MemberResults:
    first, *rest = results.matches
    known, *others = first.counterparts
    changed = replace(first, counterparts=(replace(known, **changes), *others))
    return replace(results, matches=(changed, *rest))


@pytest.mark.parametrize("state", [RoundState.CLOSED, RoundState.FAILED])
def test_a_round_that_is_over_is_erased_and_its_key_is_gone(
    desk: Bench, essex: NodeContext, state: RoundState
) -> None:
    submit(desk, essex)
    before = essex.store.federation.find_linkage_key(1)
    desk.announce(state=state)
    run_tick(essex)
    run_tick(essex)

    assert before is not None
    assert list_sealed(desk) == []
    assert essex.store.rounds.list_batches(bench.announce(desk.agreement).round_id) == ()
    assert essex.store.federation.find_linkage_key(1) == before.ratchet_to(2)
    assert logged(desk).count("ROUND_OVER") == 1


def test_a_round_missed_altogether_is_left_when_the_next_is_announced(
    desk: Bench, essex: NodeContext
) -> None:
    submit(desk, essex)
    first = essex.store.rounds.find_latest()
    desk.announce(round_id=str(uuid.UUID(int=2)), number=2)
    run_tick(essex)

    assert first is not None
    assert {path.parent.name for path in list_sealed(desk)} == {str(uuid.UUID(int=2))}
    key = essex.store.federation.find_linkage_key(1)
    assert key is not None
    assert key.step == 2
    assert len(desk.coordinator.uploads) == 2


def test_the_same_person_is_encoded_otherwise_in_every_round(desk: Bench, essex: NodeContext) -> None:
    submit(desk, essex)
    desk.announce(round_id=str(uuid.UUID(int=2)), number=2)
    run_tick(essex)

    encodings = [
        {part.chunk.encodings[start : start + 128] for start in range(0, len(part.chunk.encodings), 128)}
        for upload in desk.coordinator.uploads
        for part in upload
        if part.chunk
    ]
    assert len(encodings) == 2
    assert encodings[0].isdisjoint(encodings[1])


def test_every_act_is_logged_under_its_event(desk: Bench, essex: NodeContext) -> None:
    tokens = submit(desk, essex)
    desk.coordinator.results = results_for(tokens, desk)
    for state in (RoundState.PUBLISHED, RoundState.CLOSED, RoundState.CLOSED):
        desk.announce(state=state)
        run_tick(essex)

    keys = {"essex": essex.keys.signing.public_key}
    events = [verify_entry(entry, keys).event_type for entry in desk.coordinator.entries]
    assert events == [EventType.COMBINATION, EventType.COMBINATION, EventType.ERASURE]
