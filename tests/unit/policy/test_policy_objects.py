"""Requests, approvals and disclosures as bodies: what round-trips, what is refused, and in what words."""

import csv
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from crypto.canonical import canonical_bytes, canonical_digest, parse_json
from crypto.errors import InputError
from scoring.policy import vocabulary
from scoring.policy.approval import APPROVAL_LIFETIME, ReidApproval, parse_approval
from scoring.policy.body import MAX_PACKAGE_BYTES, whole_milliseconds
from scoring.policy.disclosure import PACKAGE_LIFETIME, VERIFICATION_LIFETIME, Disclosure, parse_disclosure
from scoring.policy.request import (
    REQUEST_LIFETIME,
    THREAT_TO_LIFE_LIFETIME,
    ReidRequest,
    parse_request,
    phia_term_of,
)
from scoring.policy.ruling import Reason, Refused, RuleId, parse_refusal
from scoring.policy.vocabulary import DataItem, PhiaTerm, Side, Urgency
from tests.unit.policy.builders import (
    ASKED,
    DECIDED,
    INSPECTOR,
    MATCH_REF,
    MILLISECOND,
    NOW,
    build_approval,
    build_disclosure,
    build_request,
    uuid_text,
)

REQUEST = build_request()
APPROVAL = build_approval(REQUEST, Side.REQUESTING, INSPECTOR)
DISCLOSURE = build_disclosure(REQUEST)
OBJECTS = {
    "request": (REQUEST, parse_request),
    "approval": (APPROVAL, parse_approval),
    "disclosure": (DISCLOSURE, parse_disclosure),
}
SCHEMA = Path(__file__).parents[4] / "shared" / "data" / "governance_schema.csv"
SECRET = "Zebedee"


def wire(value):
    """The body as the other side reads it: canonical bytes, parsed."""
    return parse_json(canonical_bytes(value.to_body()))


@pytest.mark.parametrize("name", OBJECTS)
def test_a_body_survives_canonical_bytes(name):
    value, parse = OBJECTS[name]
    assert parse(wire(value)) == value


@pytest.mark.parametrize("name", OBJECTS)
def test_every_missing_field_is_named(name):
    value, parse = OBJECTS[name]
    for item in fields(value):
        body = wire(value)
        del body[item.name]
        with pytest.raises(InputError, match=f"expected every field, missing {item.name}$"):
            parse(body)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_unknown_field_is_refused_without_repeating_it(name):
    value, parse = OBJECTS[name]
    with pytest.raises(InputError, match="known fields, got 1 more") as caught:
        parse(wire(value) | {SECRET: 1})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_not_an_object_is_refused(body):
    with pytest.raises(InputError, match="ReidRequest: expected a JSON object"):
        parse_request(body)


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("junk", [SECRET, [SECRET], {SECRET: SECRET}, 12345678.5, ""])
def test_a_field_of_another_form_is_named_and_its_value_is_not(name, junk):
    value, parse = OBJECTS[name]
    open_text = {"recipient_key_id", "purpose_limit", "conditions", "case_ref", "dpia_ref", "isa_ref"}
    for item in fields(value):
        if item.name in open_text or item.name.endswith(("_org", "_id", "_ids")):
            continue
        with pytest.raises(InputError, match=rf"{type(value).__name__}\.{item.name}: ") as caught:
            parse(wire(value) | {item.name: junk})
        assert SECRET not in str(caught.value)
        assert "12345678" not in str(caught.value)


REQUEST_FAULTS = {
    "request id in capitals": ({"request_id": "A" * 8 + uuid_text(1)[8:]}, "request_id: expected a UUID"),
    "run id that is a name": ({"run_id": "round-7"}, "run_id: expected a UUID"),
    "case reference with a line break": ({"case_ref": "42EX\n1"}, "case_ref: expected an identifier"),
    "no case reference": ({"case_ref": ""}, "case_ref: expected an identifier of 1 to 80"),
    "short match reference": ({"match_ref": "AAAA"}, "match_ref: expected 16 bytes in base64"),
    "match reference in another spelling": (
        {"match_ref": "AAECAwQFBgcICQoLDA0ODx=="},
        "match_ref: expected 16 bytes in base64",
    ),
    "immigration enforcement": (
        {"le_purpose": "IMMIGRATION_ENFORCEMENT"},
        "le_purpose: expected one of PREVENTION, INVESTIGATION",
    ),
    "no gateway": ({"gateway": []}, "gateway: expected a list of 1 to 20"),
    "a gateway twice": ({"gateway": ["CDA98_S115", "CDA98_S115"]}, "gateway: expected each entry once"),
    "sexual-health data": ({"data_items_requested": ["HIV_STATUS"]}, "expected one of IDENTITY_CORE"),
    "199 characters of need": ({"necessity_statement": "x" * 199}, "expected text of 200 to 2000"),
    "200 characters, padded": ({"risk_statement": "x" * 199 + "  "}, "expected text of 200 to 2000"),
    "2001 characters": ({"proportionality_statement": "x" * 2001}, "expected text of 200 to 2000"),
    "probability over 1": ({"link_probability": 1.01}, "link_probability: expected a number from 0 to 1"),
    "probability that is not a number": ({"link_probability": True}, "expected a number from 0 to 1"),
    "score over 100": ({"score_if_true": 100.1}, "score_if_true: expected a number from 0 to 100"),
    "interval backwards": ({"score_interval": [70, 60]}, "score_interval: expected the lower number first"),
    "interval of one": ({"score_interval": [70]}, "expected a list of two numbers"),
    "words that contradict the number": ({"phia_term": "LIKELY"}, "phia_term: expected the word"),
    "UK GDPR basis under Part 3": ({"lawful_basis": "ART6_1E"}, "lawful_basis: expected an S35 basis"),
    "Part 3 basis under UK GDPR": ({"regime": "UKGDPR"}, "lawful_basis: expected an S35 basis"),
    "protected characteristics": (
        {"protected_characteristics_used": True},
        "protected_characteristics_used: expected false",
    ),
    "a bare conflict flag": ({"conflict_declaration": False}, "conflict_declaration: ConflictDeclaration: "),
    "a conflict flag without words": (
        {"conflict_declaration": {"has_conflict": False, "statement": ""}},
        "ConflictDeclaration.statement: expected text of 10 to 500",
    ),
    "a time without zone": ({"requested_at": "2026-11-21T09:00:00.000"}, "requested_at: expected a UTC time"),
    "a time with microseconds": (
        {"requested_at": "2026-11-21T09:00:00.000001Z"},
        "requested_at: expected a UTC time",
    ),
}


@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_a_faulty_request_is_refused_with_the_field_and_what_is_expected(name):
    changes, message = REQUEST_FAULTS[name]
    with pytest.raises(InputError, match=re.escape(message)):
        parse_request(wire(REQUEST) | changes)


AT_THE_EDGE = {
    "200 characters": {"risk_statement": "x" * 200},
    "2000 characters": {"risk_statement": "x" * 2000},
    "everything at its least": {"link_probability": 0, "phia_term": "REMOTE_CHANCE", "score_if_false": 0},
    "everything at its greatest": {"link_probability": 1, "score_interval": [100, 100]},
    "twelve gateways": {"gateway": list(vocabulary.Gateway)[:12]},
    "no purpose": {"le_purpose": None},
}


@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_a_request_at_the_edge_of_its_forms_is_read_whole(name):
    body = wire(REQUEST) | AT_THE_EDGE[name]
    assert wire(parse_request(body)) == body


LIFETIMES = [
    (Urgency.ROUTINE, REQUEST_LIFETIME, 336),
    (Urgency.PRIORITY_24H, REQUEST_LIFETIME, 336),
    (Urgency.THREAT_TO_LIFE, THREAT_TO_LIFE_LIFETIME, 24),
]


@pytest.mark.parametrize(("urgency", "lifetime", "hours"), LIFETIMES)
def test_a_request_lives_its_lifetime_and_not_a_millisecond_longer(urgency, lifetime, hours):
    assert build_request(urgency=urgency, expires_at=ASKED + lifetime).expires_at == ASKED + lifetime
    for wrong in (ASKED, ASKED + lifetime + MILLISECOND):
        with pytest.raises(InputError, match=f"expires_at: .* at most {hours} hours later"):
            build_request(urgency=urgency, expires_at=wrong)


APPROVAL_FAULTS = {
    "72 hours and 1 ms": ({"valid_until": DECIDED + APPROVAL_LIFETIME + MILLISECOND}, "at most 72 hours"),
    "over before it began": ({"valid_until": DECIDED}, "valid_until: expected a time after decided_at"),
    "approves nothing": ({"data_items_approved": ()}, "data_items_approved: expected at least one item"),
    "refuses with items": ({"decision": "REFUSE"}, "data_items_approved: expected at least one item"),
    "approves against advice": ({"dpo_advice": "CONCERNS"}, "decision: expected REFER_UP or REFUSE"),
    "a short reason": ({"reason": "x" * 49}, "reason: expected text of 50 to 2000"),
    "a digest in capitals": ({"request_digest": "A" * 64}, "expected 64 lower-case hexadecimal digits"),
    "an office nobody listed": ({"approver_role": "SERVICE_MANAGER"}, "expected one of INSPECTOR_PVP"),
}


@pytest.mark.parametrize("name", APPROVAL_FAULTS)
def test_a_faulty_approval_is_refused_with_the_field_and_what_is_expected(name):
    changes, message = APPROVAL_FAULTS[name]
    with pytest.raises(InputError, match=re.escape(message)):
        build_approval(REQUEST, Side.REQUESTING, INSPECTOR, **changes)


DISCLOSURE_FAULTS = {
    "one approval": ({"approval_ids": (uuid_text(1),)}, "approval_ids: expected a list of 2"),
    "three approvals": (
        {"approval_ids": (uuid_text(1), uuid_text(2), uuid_text(3))},
        "approval_ids: expected exactly two",
    ),
    "one approval twice": ({"approval_ids": (uuid_text(1), uuid_text(1))}, "expected each entry once"),
    "nothing disclosed": ({"items": {}}, "items: expected content for at least one of"),
    "an item nobody listed": ({"items": {"DIAGNOSIS": "x"}}, "items: expected one of IDENTITY_CORE"),
    "too much": (
        {"items": {DataItem.INCIDENT_LIST: "x" * MAX_PACKAGE_BYTES}},
        "items: expected at most 131072 bytes",
    ),
    "content that is not JSON": ({"items": {DataItem.ORDERS: b"x"}}, "items: value has no canonical JSON"),
    "checked 24 hours and 1 ms ago": (
        {"verified_at": NOW - VERIFICATION_LIFETIME - MILLISECOND},
        "verified_at: expected a time at most 24 hours before",
    ),
    "checked after sending": ({"verified_at": NOW + MILLISECOND}, "verified_at: expected a time at most"),
    "kept 29 days": (
        {"retain_until": (NOW + PACKAGE_LIFETIME).date() + timedelta(days=1)},
        "retain_until: expected a day from that of disclosed_at to 28 days later",
    ),
    "kept until yesterday": (
        {"retain_until": NOW.date() - timedelta(days=1)},
        "retain_until: expected a day",
    ),
    "acknowledged before it was sent": (
        {"acknowledged_at": NOW - MILLISECOND},
        "acknowledged_at: expected null or a time not before",
    ),
}


@pytest.mark.parametrize("name", DISCLOSURE_FAULTS)
def test_a_faulty_disclosure_is_refused_with_the_field_and_what_is_expected(name):
    changes, message = DISCLOSURE_FAULTS[name]
    with pytest.raises(InputError, match=re.escape(message)):
        build_disclosure(REQUEST, **changes)


def test_a_disclosure_checked_exactly_24_hours_ago_may_be_sent():
    assert build_disclosure(REQUEST, verified_at=NOW - VERIFICATION_LIFETIME).opens_until == NOW + timedelta(
        days=28
    )


def test_a_time_finer_than_milliseconds_is_refused_and_can_be_cut():
    fine = datetime(2026, 11, 21, 9, 0, 0, 1999, tzinfo=UTC)
    with pytest.raises(InputError, match="requested_at: expected a value that its written form keeps whole"):
        build_request(requested_at=fine)
    assert whole_milliseconds(fine) == datetime(2026, 11, 21, 9, 0, 0, 1000, tzinfo=UTC)


def test_a_time_in_another_zone_is_the_same_request():
    zone = timezone(timedelta(hours=1))
    assert build_request(requested_at=ASKED.astimezone(zone)).digest == REQUEST.digest


def test_the_digest_is_that_of_the_body_on_the_wire():
    assert canonical_digest(wire(REQUEST)) == REQUEST.digest
    assert wire(REQUEST)["match_ref"] == "AAECAwQFBgcICQoLDA0ODw=="
    assert parse_request(wire(REQUEST)).match_ref == MATCH_REF


def test_free_text_and_content_stay_out_of_repr():
    shown = repr((REQUEST, APPROVAL, build_disclosure(REQUEST, items={DataItem.IDENTITY_CORE: SECRET})))
    assert not re.search(rf"{SECRET}|new partner|know nobody|Necessary and|Safeguarding in", shown)


def test_disclosed_content_cannot_be_added_to():
    content = {DataItem.IDENTITY_CORE: {"name": "invented"}}
    disclosure = build_disclosure(REQUEST, items=content)
    content[DataItem.IDENTITY_CORE]["name"] = "another"
    content[DataItem.OUTCOMES] = "late"
    assert disclosure.items == {DataItem.IDENTITY_CORE: {"name": "invented"}}
    with pytest.raises(TypeError, match="does not support item assignment"):
        DISCLOSURE.items[DataItem.OUTCOMES] = "late"


@pytest.mark.parametrize(
    ("probability", "term"),
    [
        (0.0, PhiaTerm.REMOTE_CHANCE),
        (0.15, PhiaTerm.HIGHLY_UNLIKELY),
        (0.3, PhiaTerm.UNLIKELY),
        (0.45, PhiaTerm.REALISTIC_POSSIBILITY),
        (0.6, PhiaTerm.LIKELY),
        (0.86, PhiaTerm.HIGHLY_LIKELY),
        (1.0, PhiaTerm.ALMOST_CERTAIN),
    ],
)
def test_a_probability_has_the_word_of_the_yardstick(probability, term):
    assert phia_term_of(probability) == term


def test_a_refusal_gives_at_least_one_reason():
    with pytest.raises(InputError, match="expected at least one reason"):
        Refused(())
    with pytest.raises(InputError, match="expected exactly one field, reasons"):
        parse_refusal({"reasons": [], "more": 1})
    with pytest.raises(InputError, match=r"Reason\.rule: expected one of P-01"):
        parse_refusal({"reasons": [{"rule": "P-99", "text": "It is against a rule. Ask again."}]})


def test_a_reason_is_longer_than_a_code():
    with pytest.raises(InputError, match=r"Reason\.text: expected text of 20 to 500"):
        Reason(rule=RuleId.P_01, text="No.")


def test_a_copy_with_a_change_is_checked_too():
    with pytest.raises(InputError, match="link_probability: expected a number from 0 to 1"):
        replace(REQUEST, link_probability=2.0)


WITHOUT_FIELD = {"reid_request": {"signature"}, "reid_approval": {"signature"}, "disclosure": set()}
ADDED = {"reid_request": set(), "reid_approval": {"request_digest"}, "disclosure": set()}
LISTS = {
    "requesting_role": "RequestingRole",
    "regime": "Regime",
    "le_purpose": "LePurpose",
    "lawful_basis": "LawfulBasis",
    "sensitive_condition": "SensitiveCondition",
    "gateway": "Gateway",
    "less_intrusive_tried": "LessIntrusiveStep",
    "data_items_requested": "DataItem",
    "intended_action": "IntendedAction",
    "subject_role": "SubjectRole",
    "victim_views": "VictimViews",
    "urgency": "Urgency",
    "side": "Side",
    "approver_role": "ApproverRole",
    "decision": "Decision",
    "dpo_advice": "DpoAdvice",
    "subject_category": "SubjectCategory",
    "handling_code": "HandlingCode",
    "gsc_marking": "GscMarking",
    "outcome": "DisclosureOutcome",
}


def schema_rows():
    with SCHEMA.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.skipif(not SCHEMA.exists(), reason="the domain tables are not part of a plain clone")
@pytest.mark.parametrize(
    ("name", "kind"),
    [("reid_request", ReidRequest), ("reid_approval", ReidApproval), ("disclosure", Disclosure)],
)
def test_an_object_has_exactly_the_fields_of_the_schema(name, kind):
    schema = {row["field"] for row in schema_rows() if row["object"] == name}
    assert {item.name for item in fields(kind)} == schema - WITHOUT_FIELD[name] | ADDED[name]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the domain tables are not part of a plain clone")
@pytest.mark.parametrize("field", LISTS)
def test_a_closed_list_has_exactly_the_words_of_the_schema(field):
    rows = [row for row in schema_rows() if row["field"] == field and row["type"].startswith("enum")]
    assert [set(row["allowed_values"].split(",")) for row in rows] == [set(getattr(vocabulary, LISTS[field]))]
