"""Planted names are found nowhere but at their node and in an opened package, and the search works."""

import base64
from pathlib import Path

import pytest

from crypto.errors import ClewError
from node.requests.opening import open_disclosure
from tests.unit.requests.federation import CANARIES, MATCH_REF, Federation
from tests.unit.requests.steps import decide, disclose, draft, release


def forms(canary: str) -> tuple[bytes, ...]:
    """A value as it might leak: as it is, in capitals, in base64 at each of three alignments."""
    shifted = (base64.b64encode(b" " * pad + canary.encode())[4:-4] for pad in range(3))
    return (canary.encode(), canary.upper().encode(), *(text for text in shifted if len(text) > 4))


def finds(data: bytes) -> bool:
    return any(form in data for canary in CANARIES for form in forms(canary))


def test_sealed_traffic_and_log_hold_no_planted_value(federation: Federation, tmp_path: Path) -> None:
    request_id = disclose(federation)
    essex = federation.essex
    open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    assert len(federation.relay.seen) == 2
    assert not any(finds(message.sealed) for message in federation.relay.seen)
    assert not any(finds(entry) for entry in federation.log._store.list_entries())
    assert not any(finds(path.read_bytes()) for path in tmp_path.glob("coordinator.sqlite*"))


def test_the_search_finds_a_planted_leak(federation: Federation) -> None:
    disclose(federation)
    assert any(finds(path.read_bytes()) for path in (federation.kent.home).glob("node.sqlite*"))
    assert finds(b"x" + base64.b64encode(b" Quillon Vantongeren "))


def test_the_traffic_does_not_tell_the_coordinator_which_match_is_asked_about(federation: Federation) -> None:
    disclose(federation)
    handle = bytes.fromhex(MATCH_REF)
    for message in federation.relay.seen:
        assert MATCH_REF.encode() not in message.sealed
        assert handle not in message.sealed
        assert base64.b64encode(handle) not in message.sealed


def test_errors_and_representations_hold_no_planted_value(federation: Federation) -> None:
    request_id = disclose(federation)
    essex, kent = federation.essex, federation.kent
    opened = open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    match = kent.desk.records.find_match(bytes.fromhex(MATCH_REF))
    assert match is not None
    record = kent.desk.records.find_record(match, now=kent.now)
    package = essex.desk.mail.find_package(request_id)
    for shown in (opened, record, match, package, kent.desk.cases.get_case(request_id)):
        assert not finds(repr(shown).encode())


def test_a_wrong_form_is_named_by_field_and_never_quoted(federation: Federation) -> None:
    secret = "Quillon Vantongeren, born 1987-04-03"
    for field in ("risk_statement", "case_ref", "victim_views", "supervisor_id"):
        with pytest.raises(ClewError) as caught:
            draft(federation, **{field: f"{secret} (%)"})
        assert field in caught.value.public_message
        assert not finds(str(caught.value).encode())


def test_an_approvers_reason_does_not_reach_the_log(federation: Federation) -> None:
    request_id = draft(federation).request_id
    decide(
        federation.essex, request_id, "essex-di-07", reason=f"{CANARIES[1]} is a danger to his partner. " * 3
    )
    assert len(federation.read_log()) == 1
    assert not any(finds(entry) for entry in federation.log._store.list_entries())


def test_refused_at_release_says_nothing_of_the_record(federation: Federation) -> None:
    request_id = draft(federation).request_id
    with pytest.raises(ClewError) as caught:
        release(federation.essex, request_id, "essex-di-07")
    assert not finds(str(caught.value).encode())
