"""What leaves a member: quantisation, the cap on single high-harm events, and strict parsing."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from crypto.canonical import canonical_bytes
from crypto.errors import InputError
from scoring.risk.areas import AgencyType, OrderType, ThreatArea, pack_bits, parse_bits
from scoring.risk.buckets import (
    AgeBucket,
    EventsBucket,
    VictimsBucket,
    bucket_events,
    bucket_victims,
    find_age_bucket,
)
from scoring.risk.event import Event, IntelAssessment, IntelGrading
from scoring.risk.rfgv import HARM_CEILING, Totals, score_events, score_totals
from scoring.risk.summary import ScoreSummary, SubjectFacts, parse_summary, summarise_events
from tests.unit.risk_fixtures import MONTH, TABLE, TODAY, make_event, make_juvenile, make_penny_force_a

POLICE = SubjectFacts(AgencyType.POLICE)


def summarise(events: list[Event], facts: SubjectFacts = POLICE) -> ScoreSummary:
    return summarise_events(events, as_of_month=MONTH, today=TODAY, table=TABLE, facts=facts)


def test_penny_as_force_a_tells_it() -> None:
    """F10: four events, oldest 366 to 730 days, domestic abuse and stalking or harassment."""
    summary = summarise(make_penny_force_a(), SubjectFacts(AgencyType.POLICE, frozenset({OrderType.NMO})))

    assert summary == ScoreSummary(
        as_of_month=MONTH,
        agency_type=AgencyType.POLICE,
        recency=AgeBucket.DAYS_91_180,
        oldest=AgeBucket.DAYS_366_730,
        count_steps=8,
        harm_step=9,
        harm_capped=False,
        victims=VictimsBucket.ONE,
        events=EventsBucket.TWO_TO_FOUR,
        areas=frozenset({ThreatArea.DOMESTIC_ABUSE, ThreatArea.STALKING_HARASSMENT}),
        orders=frozenset({OrderType.NMO}),
        juvenile=False,
        rule_override=False,
        placeholder_weights=False,
        weights_version=TABLE.version,
    )


def test_quarter_decades_put_184_at_176_8_and_move_the_score_from_58_7_to_58_5() -> None:
    """DOMAIN 2.3(5): recency of a day and n = 3, which its 58.7 implies."""
    summary = summarise_events(
        [make_event("8N", 0)], as_of_month=MONTH, today=TODAY, table=TABLE, facts=POLICE
    )
    least, _ = replace(summary, as_of_month=date(2026, 11, 1)).totals_on(date(2026, 11, 1))

    assert round(least.g, 1) == 176.8
    assert [round(score_totals(Totals(1, 3, g, 1)).score, 1) for g in (184, least.g)] == [58.7, 58.5]


def test_sums_are_dated_back_to_the_first_of_the_month_and_forward_again() -> None:
    """n(T') = n(T) 2^(-(T' - T) / H): six events today are 6.7 as of 61 days ago."""
    today = MONTH + timedelta(days=61)
    events = [replace(make_event("8N", 0, incident_id=f"A/{i}"), occurred_on=today) for i in range(6)]
    summary = summarise_events(events, as_of_month=MONTH, today=today, table=TABLE, facts=POLICE)
    least, _ = summary.totals_on(today)

    assert (summary.count_steps, summary.harm_step) == (27, 12)
    assert (round(least.n, 2), round(least.g)) == (6.01, 943)


def test_one_rape_says_at_least_1000_and_not_which_offence() -> None:
    rape, homicide = (summarise([make_event(code, 10)]) for code in ("19C", "1"))

    assert (rape.harm_step, rape.harm_capped, rape.rule_override) == (12, True, True)
    assert replace(rape, areas=frozenset()) == replace(homicide, areas=frozenset())


def test_a_capped_summary_stands_for_every_harm_it_may_hide() -> None:
    events = [make_event("19C", 10)]
    least, greatest = summarise(events).totals_on(TODAY)

    assert score_totals(least).score < score_events(events, as_of=TODAY, table=TABLE).score
    assert score_totals(greatest).score > score_events(events, as_of=TODAY, table=TABLE).score
    assert greatest.g == HARM_CEILING


def test_several_events_are_not_capped() -> None:
    assert summarise(make_juvenile()).harm_capped is False
    assert summarise(make_juvenile()).harm_step == 15


def test_a_person_without_anything_that_counts_has_an_empty_summary() -> None:
    summary = summarise([make_event("27", 3), make_event("8N", 1096)])

    assert (summary.recency, summary.oldest, summary.events) == (None, None, EventsBucket.NONE)
    assert score_totals(summary.totals_on(TODAY)[0]).score == 0


def test_intelligence_moves_the_count_and_is_not_an_event() -> None:
    reports = [
        make_event("NC-INT", 2, incident_id=f"I/{i}", intel=IntelGrading(1, IntelAssessment.A))
        for i in range(9)
    ]
    summary = summarise(reports)

    assert (summary.count_steps, summary.events, summary.recency) == (4, EventsBucket.NONE, None)


def test_placeholder_weights_are_declared() -> None:
    assert summarise(make_juvenile()).placeholder_weights is True
    assert summarise(make_penny_force_a()).placeholder_weights is False


def test_a_partner_may_hold_only_non_crimes() -> None:
    care = SubjectFacts(AgencyType.SOCIAL_CARE)

    assert summarise([make_event("NC-DA", 9)], care).agency_type is AgencyType.SOCIAL_CARE
    with pytest.raises(InputError, match=r"expected only non-crime codes \(NC-\*\) from a partner agency"):
        summarise([make_event("8N", 9)], care)


@pytest.mark.parametrize("today", [MONTH - timedelta(days=1), MONTH + timedelta(days=63)])
def test_a_summary_is_made_and_read_within_two_months_of_its_as_of(today: date) -> None:
    with pytest.raises(InputError, match="as_of_month: expected a day at most 62 days before today"):
        summarise_events([], as_of_month=MONTH, today=today, table=TABLE, facts=POLICE)
    with pytest.raises(InputError, match="expected a summary of at most 62 days since its as-of month"):
        summarise([]).totals_on(today)


def test_an_event_after_today_is_refused() -> None:
    event = replace(make_event("8N", 0), occurred_on=TODAY + timedelta(days=1))

    with pytest.raises(InputError, match="expected events on or before the day of the score"):
        summarise([event])


def test_the_body_is_canonical_json_and_holds_no_reference_token_or_date_of_an_event() -> None:
    events = [make_event("19C", 10, incident_id="42/CANARY/26", victim="token-CANARY")]
    body = canonical_bytes(summarise(events).to_body())

    assert b"CANARY" not in body
    assert events[0].occurred_on.isoformat().encode() not in body
    assert parse_summary(json.loads(body)) == summarise(events)


BODY: dict[str, Any] = summarise(make_penny_force_a()).to_body()

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"as_of_month": "2026-11-02"}, "as_of_month: expected the first of a month, got another day"),
    ({"as_of_month": "20261101"}, "as_of_month: expected a date such as 2026-11-01, got another form"),
    ({"as_of_month": "soon"}, "as_of_month: expected a date such as 2026-11-01, got another form"),
    ({"agency_type": "ARMY"}, "agency_type: expected one of POLICE, HEALTH"),
    ({"agency_type": 1}, "agency_type: expected text, got another type"),
    ({"recency_bucket": "91"}, "recency_bucket: expected one of 0-7, 8-30"),
    ({"recency_bucket": None}, "expected recency, oldest and events to be absent together"),
    ({"events_bucket": "0"}, "expected recency, oldest and events to be absent together"),
    ({"recency_bucket": "731-1095"}, "recency: expected an age not above oldest, got a greater one"),
    ({"count_steps": -1}, "expected count_steps from 0 to 40000"),
    ({"count_steps": 40_001}, "expected count_steps from 0 to 40000"),
    ({"count_steps": 8.0}, "count_steps: expected an integer, got another type"),
    ({"count_steps": True}, "count_steps: expected an integer, got another type"),
    ({"harm_step": 41}, "harm_step from 0 to 40"),
    ({"count_steps": 4, "harm_step": 13}, "harm_step: expected at most 12 with at most one event; cap it"),
    ({"harm_capped": True}, "harm_step: expected 12 with harm_capped, got another step"),
    ({"harm_capped": True, "harm_step": 12}, "harm_capped: expected only with at most one event"),
    ({"victims_bucket": "3"}, "victims_bucket: expected one of 1, 2, 3-4, 5\\+"),
    ({"threat_bits": 1 << 11}, "expected bits of the 11 names of ThreatArea, got other bits"),
    ({"order_flags": -1}, "expected bits of the 20 names of OrderType, got other bits"),
    ({"juvenile": 0}, "juvenile: expected true or false, got another type"),
    ({"weights_version": "abc"}, "weights_version: expected 64 lower-case hex digits, got something else"),
    ({"name": "x"}, "score summary: expected exactly 15 fields, got an unknown field as well"),
]


@pytest.mark.parametrize(("change", "message"), REFUSALS)
def test_a_malformed_body_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_summary(BODY | change)


@pytest.mark.parametrize("name", sorted(BODY))
def test_every_field_is_required(name: str) -> None:
    with pytest.raises(InputError, match=f"score summary: expected the field {name}, got none"):
        parse_summary({key: value for key, value in BODY.items() if key != name})


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(InputError, match="score summary: expected a JSON object, got something else"):
        parse_summary([])  # type: ignore[arg-type]  # untrusted JSON may be anything


@pytest.mark.parametrize(
    ("age", "bucket"),
    [(0, "0-7"), (7, "0-7"), (8, "8-30"), (180, "91-180"), (181, "181-365"), (1095, "731-1095")],
)
def test_ages_fall_in_their_buckets(age: int, bucket: str) -> None:
    assert find_age_bucket(age) == bucket


def test_each_representative_day_halves_the_recency_range_of_its_bucket() -> None:
    def recency(days: float) -> float:
        return score_totals(Totals(days, 0, 0, 0)).recency

    for bucket in AgeBucket:
        middle = (recency(bucket.least_days) + recency(bucket.greatest_days)) / 2
        nearest = min(
            range(bucket.least_days, bucket.greatest_days + 1), key=lambda d: abs(recency(d) - middle)
        )
        assert bucket.representative_days == nearest


@pytest.mark.parametrize(
    ("count", "bucket"), [(0, "1"), (1, "1"), (2, "2"), (4, "3-4"), (5, "5+"), (99, "5+")]
)
def test_victims_fall_in_their_buckets(count: int, bucket: str) -> None:
    assert bucket_victims(count) == bucket


@pytest.mark.parametrize(("count", "bucket"), [(0, "0"), (1, "1"), (2, "2-4"), (4, "2-4"), (5, "5+")])
def test_events_fall_in_their_buckets(count: int, bucket: str) -> None:
    assert bucket_events(count) == bucket


def test_bits_are_stable_on_the_wire() -> None:
    assert [
        pack_bits([area], ThreatArea) for area in ("DA", "S&H", "INCELS") for area in [ThreatArea(area)]
    ] == [
        1,
        32,
        1024,
    ]
    assert pack_bits([OrderType.DVPN, OrderType.SPC, OrderType.SPC], OrderType) == 1 | 1 << 19
    assert parse_bits(33, ThreatArea) == {ThreatArea.DOMESTIC_ABUSE, ThreatArea.STALKING_HARASSMENT}
