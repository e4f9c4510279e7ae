"""Rounds of salted views through a real coordinator: asking, naming records, late members, power cuts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from crypto.errors import ClewError, StateError
from protos import methods
from protos.messages import Resolution, ResolutionQuery, RoundOpening, RoundState, ViewRow
from tests.conftest import make_members
from tests.support.coordinator_process import CoordinatorProcess
from tests.support.scripted_member import ScriptedMember, Upload
from tests.support.scripted_round import HOLDINGS, SHARED_BY_ALL, SHARED_BY_ESSEX_AND_KENT, ScriptedRound
from tests.support.view_schemas import make_views_schema

Members = Mapping[str, ScriptedMember]
CLUSTERS = 4 + 2 + 18


@pytest.fixture
def views(coordinator_process: CoordinatorProcess) -> CoordinatorProcess:
    coordinator_process.schema = make_views_schema()
    return coordinator_process


@pytest.fixture
def members(views: CoordinatorProcess) -> Members:
    made = make_members()
    views.found_federation(made.values())
    return made


def _submit_all(scripted: ScriptedRound) -> None:
    for name in scripted.members:
        scripted.submit(name)
    scripted.wait_for(RoundState.RESOLVING)


def _wrong_uploads(good: Upload) -> dict[str, Upload]:
    by_view = [[chunk for chunk in good.chunks if chunk.view == view] for view in range(3)]
    first, *rest = by_view[0]
    short = replace(first, blocks=first.blocks[:-16])
    return {
        "VIEW_ORDER": replace(good, chunks=(*by_view[0], *by_view[2])),
        "UNEQUAL_VIEWS": replace(good, chunks=(first, *by_view[1], *by_view[2])),
        "BLOCK_LENGTH": replace(good, chunks=(short, *rest, *by_view[1], *by_view[2])),
        "TRUNCATED_UPLOAD": replace(good, chunks=(*by_view[0], *by_view[1])),
        "BATCH_ORDER": replace(good, header=replace(good.header, batch=1)),
    }


def test_a_round_of_views_asks_names_links_and_erases(views: CoordinatorProcess, members: Members) -> None:
    scripted = ScriptedRound.open(views, members)
    before = views.read_state()
    for code, upload in _wrong_uploads(scripted.uploads["essex"]).items():
        with pytest.raises(ClewError) as caught:
            scripted.submit("essex", upload)
        assert caught.value.code == code
    assert views.read_state() == before
    _submit_all(scripted)

    status = {m.member: m for m in scripted.get_status().members}
    assert {name: (m.rows_asked, m.resolved) for name, m in status.items()} == {
        "essex": (18, False),
        "kent": (72, False),
        "care": (60, False),
    }
    _refuse_wrong_resolutions(scripted)
    for name in members:
        scripted.resolve(name)
    told = scripted.wait_for(RoundState.ASSESSING)
    assert told.clusters == CLUSTERS
    assert {m.member: m.records_resolved for m in told.members} == {"essex": 6, "kent": 24, "care": 20}

    asked = scripted.call("essex", methods.GET_SUMMARY_REQUESTS, scripted.reference).tokens
    assert set(asked) == {scripted.token_of("essex", number) for number in SHARED_BY_ESSEX_AND_KENT}
    for name in members:
        scripted.answer(name)
    scripted.wait_for(RoundState.PUBLISHED)
    matches = {match.token: match for match in scripted.collect("essex").matches}
    for number in SHARED_BY_ALL:
        found = {c.member for c in matches[scripted.token_of("essex", number)].counterparts}
        assert found == {"kent", "care"}
    for name in members:
        scripted.call(name, methods.ACKNOWLEDGE_RESULTS, scripted.reference)
    scripted.wait_for(RoundState.CLOSED)
    _check_erased(scripted)


def _refuse_wrong_resolutions(scripted: ScriptedRound) -> None:
    before = scripted.process.read_state()
    good, kents = scripted.make_resolutions("essex"), scripted.make_resolutions("kent")
    unasked = next(ViewRow(0, token) for token, person in scripted.owners["essex"][0].items() if person < 30)
    for answers in (
        (*good, kents[0]),
        (*good, Resolution(b"r" * 16, (unasked,))),
        (*good, Resolution(b"r" * 16, (ViewRow(2, good[0].rows[0].token),))),
    ):
        with pytest.raises(StateError, match="names a row that was not asked for") as caught:
            scripted.resolve("essex", answers)
        assert caught.value.code == "NOT_ASKED"
    with pytest.raises(StateError, match="expected the round to be ASSESSING, it is RESOLVING"):
        scripted.call("essex", methods.GET_SUMMARY_REQUESTS, scripted.reference)
    assert scripted.process.read_state() == before


def _check_erased(scripted: ScriptedRound) -> None:
    state = scripted.process.read_state()
    assert state["segments"] == {}
    assert state["rows"]["asked_row"] == state["rows"]["cluster_record"] == []
    raw = scripted.process.read_raw_files()
    rows = [token for views in scripted.owners.values() for own in views for token in own]
    records = [token for own in scripted.tokens.values() for token in own]
    assert not [token for token in (*rows, *records) if token in raw], "a token is left in some file"
    with pytest.raises(StateError, match="expected the round to be RESOLVING, it is CLOSED"):
        scripted.fetch_question("essex")


def test_rows_of_a_member_that_is_late_drop_out(views: CoordinatorProcess, members: Members) -> None:
    scripted = ScriptedRound.open(views, members, RoundOpening(600, 6, 600, 600))
    _submit_all(scripted)
    scripted.resolve("essex")
    scripted.resolve("kent")
    late = scripted.make_resolutions("care")
    status = scripted.wait_for(RoundState.ASSESSING)
    assert status.clusters == len(SHARED_BY_ESSEX_AND_KENT)
    with pytest.raises(StateError, match="expected the round to be RESOLVING, it is ASSESSING") as caught:
        scripted.resolve("care", late)
    assert caught.value.code == "WRONG_STAGE"
    asked = scripted.call("care", methods.GET_SUMMARY_REQUESTS, scripted.reference).tokens
    assert asked == ()


def test_power_cuts_lose_no_pair_and_no_answer(views: CoordinatorProcess, members: Members) -> None:
    scripted = ScriptedRound.open(views, members)
    for name in members:
        scripted.submit(name)
    views.kill()  # while rows are compared, or about to be
    views.start()
    scripted.wait_for(RoundState.RESOLVING)
    question = scripted.fetch_question("kent")
    scripted.resolve("essex")

    views.kill()
    views.start()
    status = {m.member: m for m in scripted.get_status().members}
    assert (status["essex"].resolved, status["kent"].resolved) == (True, False)
    assert scripted.fetch_question("kent") == question
    for name in members:
        scripted.resolve(name)  # the same again is taken once
    scripted.wait_for(RoundState.LINKING, RoundState.ASSESSING)
    views.kill()
    views.start()
    assert scripted.wait_for(RoundState.ASSESSING).clusters == CLUSTERS


def test_abandoned_while_resolving_leaves_nothing(views: CoordinatorProcess, members: Members) -> None:
    scripted = ScriptedRound.open(views, members)
    _submit_all(scripted)
    scripted.resolve("essex")
    with views.connect_operator() as operator:
        operator.call(methods.ABANDON_ROUND, scripted.reference)
    state = views.read_state()
    assert (state["segments"], state["rows"]["asked_row"]) == ({}, [])


def test_a_member_is_shown_its_own_rows_only(views: CoordinatorProcess, members: Members) -> None:
    scripted = ScriptedRound.open(views, members)
    _submit_all(scripted)
    for name in members:
        for row in scripted.fetch_question(name):
            person = scripted.owners[name][row.view][row.token]
            assert 0 <= person < HOLDINGS[name][0]
    page = scripted.call(
        "essex", methods.GET_RESOLUTION_REQUESTS, ResolutionQuery(scripted.announced.round_id, 18)
    )
    assert (page.total, page.rows) == (18, ())
