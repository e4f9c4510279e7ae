"""The risk score on DOMAIN's worked figures, each to the first decimal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.errors import InputError
from scoring.risk.bands import RiskBand, decide_band
from scoring.risk.event import CrimeStatus, Event, IntelAssessment, IntelGrading, Marker, PartyRole
from scoring.risk.rfgv import RiskScore, Totals, score_events, score_totals
from tests.unit.risk_fixtures import (
    TABLE,
    TODAY,
    make_event,
    make_juvenile,
    make_mixed_series,
    make_penny_force_a,
    make_penny_force_b,
)


def score(events: list[Event]) -> RiskScore:
    return score_events(events, as_of=TODAY, table=TABLE)


STALKING_SERIES = [
    make_event("8Q", 3, ho_detail_code="008/65"),
    make_event("8Q", 12),
    make_event("8L", 40),
    make_event("8R", 95),
]

WORKED = [
    ("single 8N 1 d", [make_event("8N", 1)], 51.7, RiskBand.MEDIUM),
    ("105A 5 d", [make_event("105A", 5)], 39.4, RiskBand.STANDARD),
    (
        "five 105A in 245 d",
        [make_event("105A", age) for age in (5, 65, 125, 185, 245)],
        55.8,
        RiskBand.MEDIUM,
    ),
    ("eight mixed DA events, 3 victims", make_mixed_series(), 78.5, RiskBand.HIGH),
    ("stranger rape 10 d", [make_event("19C", 10)], 65.3, RiskBand.HIGH),
    ("stalking series", STALKING_SERIES, 62.5, RiskBand.HIGH),
    ("F01 19C alone", make_juvenile()[:1], 64.4, RiskBand.HIGH),
    ("F01 20A alone", make_juvenile()[1:2], 53.2, RiskBand.MEDIUM),
    ("F01 22B alone", make_juvenile()[2:3], 48.4, RiskBand.MEDIUM),
    ("F01 88E alone", make_juvenile()[3:], 33.8, RiskBand.STANDARD),
    ("F01 merged", make_juvenile(), 85.8, RiskBand.VERY_HIGH),
    ("F09 force B alone", make_penny_force_b(), 51.7, RiskBand.MEDIUM),
    ("F09 if linked", make_penny_force_a() + make_penny_force_b(), 61.8, RiskBand.HIGH),
    ("nothing known", [], 0.0, RiskBand.STANDARD),
]


@pytest.mark.parametrize(
    ("events", "expected", "band"), [case[1:] for case in WORKED], ids=[c[0] for c in WORKED]
)
def test_worked_scores_come_out_to_the_first_decimal(
    events: list[Event], expected: float, band: RiskBand
) -> None:
    result = score(events)

    assert round(result.score, 1) == expected
    assert result.band is band


@pytest.mark.parametrize(("n", "frequency"), [(0, 0.0), (1, 28.3), (3, 63.2)])
def test_frequency_follows_the_published_table(n: float, frequency: float) -> None:
    assert round(score_totals(Totals(None, n, 0, 0)).frequency, 1) == frequency


@pytest.mark.parametrize(("g", "gravity"), [(0, 0.0), (51, 44.0), (3261, 90.0), (7979, 100.0), (1e9, 100.0)])
def test_gravity_follows_the_published_table_and_saturates(g: float, gravity: float) -> None:
    assert round(score_totals(Totals(None, 0, g, 0)).gravity, 1) == gravity


@pytest.mark.parametrize(("count", "victims"), [(0, 0.0), (1, 0.0), (2, 39.3), (3, 63.2)])
def test_victims_follow_the_published_table_and_none_known_counts_as_one(count: int, victims: float) -> None:
    assert round(score_totals(Totals(None, 0, 0, count)).victims, 1) == victims


@pytest.mark.parametrize(("age", "recency"), [(None, 0.0), (0, 100.0), (180, 50.0), (360, 25.0)])
def test_recency_halves_every_180_days(age: int | None, recency: float) -> None:
    assert score_totals(Totals(age, 0, 0, 0)).recency == pytest.approx(recency)


def test_planted_data_moves_the_score() -> None:
    base = score(make_penny_force_a() + make_penny_force_b())
    graver = score([*make_penny_force_a(), make_event("19C", 1, incident_id="B/1")])
    older = score([*make_penny_force_a(), make_event("8N", 100, incident_id="B/1")])
    other_victim = score([*make_penny_force_a(), make_event("8N", 1, incident_id="B/1", victim="victim-2")])

    assert [round(s.score, 1) for s in (graver, older, other_victim)] == [73.2, 54.8, 67.7]
    assert round(base.score, 1) == 61.8


def test_removing_victim_withdrawn_crimes_lowers_the_score() -> None:
    """F33: low charge is not low risk, so outcome 16 must weigh."""
    linked = make_penny_force_a() + make_penny_force_b()
    without = [event for event in linked if event.outcome_code != 16]

    assert score(linked).score - score(without).score > 10


def test_transfer_counted_twice_is_56_6_and_once_49_2() -> None:
    original = make_event("8N", 30, incident_id="A/77")
    copy = make_event("8N", 30, incident_id="B/12", status=CrimeStatus.OPEN)

    assert round(score([original, copy]).score, 1) == 56.6
    assert round(score([original, replace(copy, transfer_ref="A/77")]).score, 1) == 49.2


def test_several_classes_of_one_incident_weigh_the_gravest_and_a_quarter_of_the_rest() -> None:
    classes = [make_event(code, 0, incident_id="A/1") for code in ("8N", "3B", "8L")]

    totals = score(classes).totals

    assert totals.n == 1
    assert totals.g == pytest.approx(279.53 + 0.25 * (184.09 + 38.66))


def test_an_incident_is_as_old_as_its_most_recent_record() -> None:
    records = [make_event(code, age, incident_id="A/1") for code, age in (("8N", 9), ("8L", 4))]

    assert score(records).totals.age_days == 4


def test_the_same_row_twice_changes_nothing() -> None:
    assert score([make_event("8N", 5)] * 2) == score([make_event("8N", 5)])


def test_intelligence_counts_at_most_one_event_and_adds_no_harm_recency_or_victim() -> None:
    def reports(count: int) -> list[Event]:
        grading = IntelGrading(1, IntelAssessment.A)
        return [
            make_event(
                "NC-INT",
                0,
                incident_id=f"I/{i}",
                victim=f"v{i}",
                intel=grading,
                markers=frozenset({Marker.WEAPON}),
            )
            for i in range(count)
        ]

    assert score(reports(1)).totals == Totals(None, 0.6, 0.0, 0)
    assert score(reports(5)).totals == Totals(None, pytest.approx(1.0), 0.0, 0)  # type: ignore[arg-type]
    assert score([*reports(5), make_event("8N", 0)]).totals.n == pytest.approx(2.0)


@pytest.mark.parametrize(("age", "counts"), [(1095, True), (1096, False)])
def test_the_window_is_1095_days(age: int, counts: bool) -> None:
    assert (score([make_event("19C", age)]).score > 0) is counts


@pytest.mark.parametrize(
    ("event", "override"),
    [
        (make_event("19C", 365), True),
        (make_event("19C", 366), False),
        (make_event("20A", 1), False),
        (make_event("5E", 1, outcome_code=16), True),
        (make_event("4.7", 1, outcome_code=16), False),
        (make_event("20A", 1, markers=frozenset({Marker.STRANGULATION})), False),
    ],
    ids=["day 365", "day 366", "817 days", "1326 x 0.8", "1006 x 0.8", "817 x marker: markers do not count"],
)
def test_rule_override_needs_1000_days_of_q_times_w_within_365_days(event: Event, override: bool) -> None:
    assert score([event]).rule_override is override


def test_first_high_harm_event_is_at_least_high_whatever_its_score() -> None:
    result = score([make_event("19C", 365)])

    assert round(result.score, 1) == 46.8
    assert result.band is RiskBand.HIGH


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (80.0, RiskBand.VERY_HIGH),
        (79.95, RiskBand.VERY_HIGH),
        (79.94, RiskBand.HIGH),
        (60.0, RiskBand.HIGH),
        (59.9, RiskBand.MEDIUM),
        (45.0, RiskBand.MEDIUM),
        (44.9, RiskBand.STANDARD),
    ],
)
def test_band_is_that_of_the_score_as_shown(value: float, band: RiskBand) -> None:
    assert decide_band(round(value, 2)) is band


def test_override_never_lowers_a_band() -> None:
    assert decide_band(85, rule_override=True) is RiskBand.VERY_HIGH


def test_contributions_recompute_to_the_score_and_name_their_codes() -> None:
    """F50: reasons recompute to the score within 0.1."""
    result = score(make_juvenile())

    assert sum(c.points for c in result.contributions) == pytest.approx(result.score, abs=1e-9)
    assert [c.codes for c in result.contributions] == [("19C",), ("20A",), ("22B",), ("88E",)]
    assert [round(c.points, 1) for c in result.contributions] == [54.5, 13.4, 11.7, 6.2]


def test_recency_is_explained_by_the_most_recent_crime_alone() -> None:
    result = score(make_penny_force_a() + make_penny_force_b())

    assert [c.recency > 0 for c in result.contributions] == [c.age_days == 1 for c in result.contributions]


def test_placeholder_weights_that_acted_are_named() -> None:
    assert score(make_juvenile()).weights_status == "PLACEHOLDER: 20A, 22B, 88E"
    assert score(make_penny_force_a()).weights_status == "USABLE"


def test_the_score_names_the_weights_it_used() -> None:
    result = score(make_penny_force_b())

    assert (result.weights_version, result.weights_scale) == (TABLE.version, "ons_raw")


def test_an_event_after_the_day_of_the_score_is_refused() -> None:
    event = replace(make_event("8N", 0), occurred_on=TODAY + timedelta(days=1))

    with pytest.raises(
        InputError, match="expected events on or before the day of the score, got a later one"
    ):
        score([event])


def test_an_unlisted_offence_is_refused_and_not_repeated_in_the_message() -> None:
    with pytest.raises(InputError, match="expected an offence code of the gravity table") as caught:
        score([make_event("UNLISTED", 1)])

    assert "UNLISTED" not in str(caught.value)


def test_crime_references_and_victim_tokens_stay_out_of_reprs() -> None:
    event = make_event(
        "8N", 1, incident_id="42/CANARY/26", transfer_ref="43/CANARY/26", victim="token-CANARY"
    )

    assert "CANARY" not in repr(event) + repr(score([event]))


@pytest.mark.parametrize("role", [PartyRole.EXPLOITED_CHILD, PartyRole.EXPLOITED_ADULT, PartyRole.ELIMINATED])
def test_roles_that_never_count_change_nothing(role: PartyRole) -> None:
    base = make_penny_force_b()

    assert score([*base, make_event("19C", 0, role=role, victim="other")]) == score(base)


@pytest.mark.parametrize("code", ["27", "4.2", "34B", "28E", "92A", "104", "8S", "N100/1"])
def test_excluded_classes_change_nothing(code: str) -> None:
    base = make_penny_force_b()

    assert score([*base, make_event(code, 0, victim="other")]) == score(base)
