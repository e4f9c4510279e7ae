"""A wire message that exists is well formed: each bound refused by the name of its field."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from coordinator.store.relay import MAX_FETCHED
from crypto.errors import InputError
from crypto.pki import Role
from protos import messages as m
from protos.conversion import encode_message
from protos.methods import MAX_MESSAGE_BYTES
from tests.support.rounds_builder import DIGEST, ROUND_ID

TOKEN = bytes(16)
HEADER = m.SubmissionHeader(ROUND_ID, DIGEST, DIGEST, 1, 1, DIGEST)
CHUNK = m.SubmissionChunk(0, TOKEN, b"x")
ROW = m.ViewRow(0, TOKEN)
RESOLVED = m.Resolution(TOKEN, (ROW,))
ANSWER = m.SummaryAnswer(TOKEN, b"")


def _invite(**fields: Any) -> m.InvitationRequest:
    values = {
        "member": "essex",
        "display_name": "Essex",
        "role": Role.FORCE,
        "agency_type": "POLICE",
        "valid_for_h": 1,
    }
    return m.InvitationRequest(**(values | fields))


def _match(**fields: Any) -> m.MemberMatch:
    values: dict[str, Any] = {
        "token": TOKEN,
        "cluster_ref": TOKEN,
        "counterparts": (),
        "score_lower": 1.0,
        "score_upper": 2.0,
        "rule_override": False,
        "breadth": 1,
        "other_forces": 1,
        "others_events": "",
        "others_oldest": "",
        "others_threats": (),
        "juvenile": False,
        "placeholder_weights": False,
    }
    return m.MemberMatch(**(values | fields))


def _relay(**fields: Any) -> m.RelayMessage:
    values: dict[str, Any] = {
        "message_id": ROUND_ID,
        "sender": "",
        "recipient": "kent",
        "kind": m.RelayKind.REQUEST,
        "sealed": b"s",
    }
    return m.RelayMessage(**(values | fields))


def _resolve(*answers: m.Resolution) -> m.ResolutionBatch:
    return m.ResolutionBatch(ROUND_ID, answers)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: m.RoundReference("not-a-uuid"), "field round_id: expected a UUID in lower-case text form"),
        (lambda: m.RoundReference(ROUND_ID.upper().replace("1", "A")), "field round_id: expected a UUID"),
        (lambda: m.RoundReference("../../../etc/passwd"), "field round_id: expected a UUID"),
        (lambda: m.SignedDocument(b""), "field envelope: expected 1 to 1048576 bytes"),
        (lambda: m.SignedDocument(bytes((1 << 20) + 1)), "field envelope: expected 1 to 1048576 bytes"),
        (lambda: _invite(member="E"), "field member: expected 2 to 41 of a-z, 0-9 and '-'"),
        (lambda: _invite(member="essex\n"), "field member: expected 2 to 41"),
        (lambda: _invite(display_name=""), "field display_name: expected 1 to 100 characters"),
        (lambda: _invite(role=Role.OPERATOR), "field role: expected FORCE or PARTNER"),
        (
            lambda: _invite(role=Role.PARTNER),
            "field agency_type: expected POLICE for a force and only for one",
        ),
        (lambda: _invite(agency_type="CIRCUS"), "field agency_type: expected one of POLICE, HEALTH"),
        (lambda: _invite(valid_for_h=0), "field valid_for_h: expected 1 to 720 hours"),
        (lambda: _invite(valid_for_h=721), "field valid_for_h: expected 1 to 720 hours"),
        (lambda: m.RoundOpening(0, 1, 1, 1), "field submit_for_s: expected 1 second to 24 hours"),
        (lambda: m.RoundOpening(1, 0, 1, 1), "field resolve_for_s: expected 1 second to 24 hours"),
        (lambda: m.RoundOpening(1, 1, 1, 86_401), "field collect_for_s: expected 1 second to 24 hours"),
        (
            lambda: m.SubmissionHeader(ROUND_ID, DIGEST, DIGEST, 1, 1, "../segment"),
            "field content_digest: expected 64 lower-case hexadecimal digits",
        ),
        (
            lambda: m.SubmissionChunk(0, b"", b""),
            "field chunk.tokens: expected a multiple of 16 bytes, not empty",
        ),
        (lambda: m.SubmissionChunk(0, bytes(17), b""), "field chunk.tokens: expected a multiple of 16 bytes"),
        (
            lambda: m.SubmissionChunk(0, bytes(16 * 8193), b""),
            "field chunk.tokens: expected at most 8192 records",
        ),
        (
            lambda: m.SubmissionChunk(0, bytes(32), bytes(3)),
            "field chunk.encodings: expected one encoding of equal length for each token",
        ),
        (
            lambda: m.SubmissionChunk(0, bytes(16), bytes(3), view=64),
            "field chunk.view: expected 0 to 63",
        ),
        (lambda: m.ResolutionQuery("round 1", 0), "field round_id: expected a UUID"),
        (lambda: m.ViewTokens(64, b""), "field view: expected 0 to 63"),
        (lambda: m.ViewTokens(0, bytes(17)), "field tokens: expected a multiple of 16 bytes"),
        (lambda: m.ViewRow(64, TOKEN), "field view: expected 0 to 63"),
        (lambda: m.ViewRow(0, b"short"), "field token: expected 16 bytes"),
        (lambda: m.Resolution(b"short", (ROW,)), "field token: expected 16 bytes"),
        (lambda: m.Resolution(TOKEN, ()), "field rows: expected at least one row"),
        (lambda: _resolve(RESOLVED, RESOLVED), "field answers: expected each token once"),
        (
            lambda: _resolve(RESOLVED, m.Resolution(b"r" * 16, (ROW,))),
            "field answers: expected each row once",
        ),
        (
            lambda: _resolve(m.Resolution(TOKEN, (ROW,) * (m.MAX_RESOLUTION_ROWS + 1))),
            "field answers: expected at most 65536 rows",
        ),
        (m.SubmissionPart, "field part: expected exactly one of header and chunk"),
        (lambda: m.SubmissionPart(HEADER, CHUNK), "field part: expected exactly one of header and chunk"),
        (lambda: m.SummaryRequests(ROUND_ID, (b"short",)), "field tokens: expected 16 bytes"),
        (lambda: m.SummaryAnswer(TOKEN, bytes(8193)), "field envelope: expected at most 8192 bytes"),
        (lambda: m.SummaryBatch(ROUND_ID, (ANSWER, ANSWER)), "field answers: expected each token once"),
        (
            lambda: m.Counterpart(TOKEN, "kent", "POLICE", float("nan")),
            "field candidate_probability: expected 0 to 1",
        ),
        (lambda: _match(score_lower=3.0), "field score_lower: expected 0 <= lower <= upper <= 100"),
        (lambda: _match(score_upper=float("inf")), "field score_lower: expected 0 <= lower <= upper <= 100"),
        (
            lambda: _match(others_events="\x1b[2J"),
            "field others_events: expected a bucket of events or nothing",
        ),
        (lambda: _match(others_oldest="1\n"), "field others_oldest: expected a bucket of days or nothing"),
        (
            lambda: _match(others_threats=("DA", "[red]")),
            "field others_threats: expected codes of threat areas",
        ),
        (lambda: m.Counterpart(TOKEN, "kent", "CIRCUS", 0.9), "field agency_type: expected one of POLICE"),
        (
            lambda: m.MemberResults("run 1", datetime(2026, 11, 21, tzinfo=UTC), ()),
            "field round_id: expected a UUID in lower-case text form",
        ),
        (lambda: _relay(sealed=b""), "field sealed: expected 1 to 262144 bytes"),
        (lambda: _relay(sealed=bytes((256 << 10) + 1)), "field sealed: expected 1 to 262144 bytes"),
        (lambda: _relay(recipient="Kent"), "field recipient: expected 2 to 41"),
        (
            lambda: m.RelayAcknowledgement(("x",)),
            "field message_ids: expected a UUID in lower-case text form",
        ),
        (lambda: m.RelayAcknowledgement((ROUND_ID,) * 501), "field message_ids: expected at most 500"),
        (lambda: m.LogAppend(b""), "field entry: expected 1 to 8192 bytes"),
        (lambda: m.EntryRange(0, 0), "field count: expected 1 to 500"),
        (lambda: m.EntryRange(0, 501), "field count: expected 1 to 500"),
        (lambda: m.EntryRange(2**64 - 1, 1), "field start: expected 0 to 9007199254740991"),
    ],
)
def test_message_out_of_bounds_is_refused_by_the_name_of_its_field(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.public_message.startswith(message)


def test_fullest_answers_stay_below_the_message_limit() -> None:
    relay = m.RelayMessages((_relay(sealed=bytes(m.MAX_SEALED_BYTES)),) * MAX_FETCHED)
    entries = m.LogEntries((bytes(m.MAX_LOG_ENTRY_BYTES),) * m.MAX_LOG_RANGE)
    chunk = m.SubmissionChunk(0, bytes(16 * m.MAX_CHUNK_RECORDS), bytes(128 * m.MAX_CHUNK_RECORDS))
    view = m.SubmissionChunk(
        0,
        bytes(16 * m.MAX_CHUNK_RECORDS),
        bytes(128 * m.MAX_CHUNK_RECORDS),
        blocks=bytes(16 * m.MAX_CHUNK_RECORDS),
    )
    page = m.ResolutionRequests(
        ROUND_ID, m.MAX_RESOLUTION_ROWS, (m.ViewTokens(63, bytes(16 * m.MAX_RESOLUTION_ROWS)),)
    )
    rows = [m.ViewRow(63, number.to_bytes(16)) for number in range(m.MAX_RESOLUTION_ROWS)]
    resolved = _resolve(*(m.Resolution(row.token, (row,)) for row in rows))
    for fullest in (relay, entries, chunk, view, page, resolved):
        assert len(encode_message(fullest)) < MAX_MESSAGE_BYTES
