"""A round survives its store, whatever it holds."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from coordinator.rounds import Batch, Participation, Round, announce, from_body, report, to_body
from crypto.canonical import parse_json
from protos.messages import RoundState

_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
_DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
_BATCHES = st.lists(st.builds(Batch, st.integers(0, 10**7), _DIGESTS), max_size=3).map(tuple)
_PARTS = st.builds(
    Participation,
    batches=_BATCHES,
    rows_asked=st.integers(0, 10**8),
    records_resolved=st.integers(0, 10**7),
    resolved=st.booleans(),
    answered=st.booleans(),
    collected=st.booleans(),
)
_ROUNDS = st.builds(
    Round,
    round_id=st.uuids().map(str),
    number=st.integers(1, 10**6),
    state=st.sampled_from(RoundState),
    agreement_digest=_DIGESTS,
    schema_digest=_DIGESTS,
    weights_version=_DIGESTS,
    key_epoch=st.integers(1, 1000),
    opened_at=_TIMES,
    stage_until=_TIMES,
    resolve_for_s=st.integers(1, 86_400),
    assess_for_s=st.integers(1, 86_400),
    collect_for_s=st.integers(1, 86_400),
    members=st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{1,10}", fullmatch=True), _PARTS, max_size=4),
    candidate_pairs=st.integers(0, 10**9),
    clusters=st.integers(0, 10**9),
    failure=st.sampled_from(["", "TOO_FEW_SUBMISSIONS", "INTERNAL"]),
)


@given(current=_ROUNDS)
def test_round_read_back_from_stored_json_is_the_same_round(current: Round) -> None:
    assert from_body(parse_json(json.dumps(to_body(current)).encode())) == current


@given(current=_ROUNDS)
def test_what_members_and_the_operator_are_told_of_any_round_is_well_formed(current: Round) -> None:
    assert announce(current).submit_until >= min(current.opened_at, current.stage_until)
    told = report(current)
    assert [m.member for m in told.members] == sorted(current.members)
    assert not [m for m in told.members if (m.resolved or m.answered) and not m.submitted]
