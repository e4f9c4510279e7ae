"""Combining members: F09's interval, breadth, the five values, and the share review."""

from dataclasses import replace
from typing import Any

import pytest

from crypto.errors import InputError
from scoring.risk.areas import AgencyType, OrderType, ThreatArea
from scoring.risk.bands import RiskBand
from scoring.risk.buckets import AgeBucket, EventsBucket
from scoring.risk.combine import (
    FiveValues,
    ProbabilityKind,
    ScoreInterval,
    combine_events,
    combine_summaries,
    combine_totals,
    expected_harm,
)
from scoring.risk.event import Event
from scoring.risk.gravity import VAWG_V1_FLOORS
from scoring.risk.rfgv import Totals, score_events
from scoring.risk.summary import ScoreSummary, SubjectFacts, summarise_events
from tests.unit.risk_fixtures import (
    MONTH,
    TABLE,
    TODAY,
    make_event,
    make_juvenile,
    make_penny_force_a,
    make_penny_force_b,
)


def totals(events: list[Event]) -> Totals:
    return score_events(events, as_of=TODAY, table=TABLE).totals


def summarise(events: list[Event], agency: AgencyType = AgencyType.POLICE, **facts: Any) -> ScoreSummary:
    subject = SubjectFacts(agency, **facts)
    return summarise_events(events, as_of_month=MONTH, today=TODAY, table=TABLE, facts=subject)


FORCE_A, FORCE_B = summarise(make_penny_force_a()), summarise(make_penny_force_b())
CARE = summarise([make_event("NC-DA", 3)], AgencyType.SOCIAL_CARE)


def test_penny_from_exact_events() -> None:
    """F09: interval 55.7 to 61.8, and 60.4 expected at a probability of 0.86."""
    own, other = totals(make_penny_force_b()), totals(make_penny_force_a())
    interval = combine_totals([own, other])
    five = FiveValues(0.86, ProbabilityKind.MATCH, combine_totals([own]).upper, interval)

    assert (round(interval.lower, 1), round(interval.upper, 1)) == (55.7, 61.8)
    assert round(five.score_if_false, 1) == 51.7
    assert round(five.score_if_true, 1) == 61.8
    assert round(five.expected, 1) == 60.4
    assert (round(own.g, 1), round(own.g + other.g, 1)) == (183.9, 349.8)


def test_pennys_expected_harm_and_its_spread() -> None:
    own, other = totals(make_penny_force_b()), totals(make_penny_force_a())
    mean, deviation = expected_harm(own.g, [(0.86, other.g)])

    assert (round(mean, 1), round(deviation, 1)) == (326.6, 57.6)


def test_penny_from_summaries_is_within_2_4_of_exact() -> None:
    combined = combine_summaries([FORCE_A, FORCE_B], today=TODAY)

    assert abs(combined.interval.upper - 61.8) <= 2.4
    assert abs(combined.interval.lower - 55.7) <= 2.4
    assert combined.band is RiskBand.HIGH


def test_victims_of_two_forces_are_reported_as_a_range_beside_the_score() -> None:
    """One victim known to both (F09) or two: the score takes one, the range and the last figure say two."""
    combined = combine_summaries([FORCE_A, FORCE_B], today=TODAY)

    assert combined.victims == (1, 2)
    assert combined.score_if_victims_differ == pytest.approx(
        combined.interval.upper + 0.15 * 39.3469, abs=1e-4
    )


def test_a_force_that_knows_several_victims_counts_them_at_both_ends() -> None:
    serial = summarise([*make_penny_force_a(), make_event("8N", 9, victim="victim-2")])
    combined = combine_summaries([serial, FORCE_B], today=TODAY)

    assert combined.victims == (2, 3)
    single = combine_summaries(
        [summarise([*make_penny_force_a(), make_event("8N", 9)]), FORCE_B], today=TODAY
    )
    assert combined.interval.lower - single.interval.lower == pytest.approx(0.15 * 39.3469, abs=1e-4)


def test_planted_data_moves_the_combined_score() -> None:
    graver = summarise([*make_penny_force_a(), make_event("3B", 20)])

    before = combine_summaries([FORCE_A, FORCE_B], today=TODAY).interval.upper
    assert combine_summaries([graver, FORCE_B], today=TODAY).interval.upper > before + 3


def test_a_partner_adds_breadth_and_orders_and_moves_no_score() -> None:
    """F12 and P-19: what a partner holds is not told through score, counts, ages or areas."""
    care = summarise([make_event("NC-HBA", 800)], AgencyType.SOCIAL_CARE, orders=frozenset({OrderType.NMO}))
    police = combine_summaries([FORCE_A, FORCE_B], today=TODAY)
    with_care = combine_summaries([FORCE_A, FORCE_B, care], today=TODAY)

    assert (police.breadth, with_care.breadth) == (1, 2)
    assert with_care.orders == {OrderType.NMO}
    assert with_care.agencies == 3
    assert replace(with_care, breadth=1, agencies=2, count=police.count, orders=frozenset()) == police


def test_breadth_counts_kinds_of_agency_up_to_five() -> None:
    kinds = [summarise([make_event("NC-DA", 3)], kind) for kind in AgencyType]

    assert combine_summaries([FORCE_A, FORCE_B], today=TODAY).breadth == 1
    assert combine_summaries([FORCE_A, CARE, CARE, kinds[1]], today=TODAY).breadth == 3
    assert combine_summaries(kinds, today=TODAY).breadth == 5


def test_partners_alone_score_nothing() -> None:
    combined = combine_summaries([CARE], today=TODAY)

    assert (combined.interval, combined.band) == (ScoreInterval(0, 0), RiskBand.STANDARD)
    assert (combined.events, combined.oldest, combined.areas) == (EventsBucket.NONE, None, frozenset())
    assert (combined.forces, combined.victims, combined.score_if_victims_differ) == (0, (0, 0), 0)


def test_what_is_known_elsewhere_is_told_in_buckets() -> None:
    """F10: force B sees one force, two to four events, oldest 366 to 730 days, DA and S&H."""
    elsewhere = combine_summaries([FORCE_A], today=TODAY)

    assert elsewhere.forces == 1
    assert elsewhere.events is EventsBucket.TWO_TO_FOUR
    assert elsewhere.oldest is AgeBucket.DAYS_366_730
    assert elsewhere.areas == {ThreatArea.DOMESTIC_ABUSE, ThreatArea.STALKING_HARASSMENT}


def test_four_agencies_with_one_low_level_event_each_ask_to_share() -> None:
    """F11: each alone STANDARD, the cluster reaches n >= 3 over at least three agencies."""
    kinds = (AgencyType.POLICE, AgencyType.HEALTH, AgencyType.SOCIAL_CARE, AgencyType.HOUSING)
    held = [summarise([make_event("NC-DA", 3)], kind) for kind in kinds]

    assert all(combine_summaries([s], today=TODAY).band is RiskBand.STANDARD for s in held)
    assert combine_summaries(held, today=TODAY).needs_share_review is True
    assert combine_summaries(held, today=TODAY).band is RiskBand.STANDARD
    assert combine_summaries(held[:2], today=TODAY).needs_share_review is False


def test_many_events_in_two_agencies_are_no_share_review() -> None:
    assert combine_summaries([FORCE_A, FORCE_A], today=TODAY).count > 3
    assert combine_summaries([FORCE_A, FORCE_A], today=TODAY).needs_share_review is False


def test_the_override_of_one_force_lifts_the_cluster() -> None:
    rape = summarise([make_event("19C", 360)])
    combined = combine_summaries([rape], today=TODAY)

    assert combined.interval.upper < 60
    assert (combined.rule_override, combined.band) == (True, RiskBand.HIGH)


def test_flags_of_any_member_are_kept() -> None:
    juvenile = summarise(make_juvenile(), juvenile=True)
    combined = combine_summaries([FORCE_A, juvenile], today=TODAY)

    assert combined.juvenile is True
    assert combined.placeholder_weights is True
    assert combine_summaries([FORCE_A], today=TODAY).placeholder_weights is False


def test_mixed_weights_are_refused() -> None:
    floored = summarise_events(
        make_penny_force_b(),
        as_of_month=MONTH,
        today=TODAY,
        table=TABLE.with_floors(VAWG_V1_FLOORS),
        facts=SubjectFacts(AgencyType.POLICE),
    )

    with pytest.raises(InputError, match="expected summaries of one weights version, got 2 versions"):
        combine_summaries([FORCE_A, floored], today=TODAY)


def test_a_cluster_without_summaries_is_refused() -> None:
    with pytest.raises(InputError, match="expected summaries of one weights version, got 0 versions"):
        combine_summaries([], today=TODAY)


def test_exact_combination_counts_a_transferred_crime_once() -> None:
    """DOMAIN 2.3(3): 49.2 and one duplicate."""
    combination = combine_events(
        [
            [make_event("8N", 30, incident_id="A/77")],
            [make_event("8N", 30, incident_id="B/12", transfer_ref="A/77")],
        ],
        as_of=TODAY,
        table=TABLE,
    )

    assert round(combination.score.score, 1) == 49.2
    assert combination.duplicates == 1


def test_exact_combination_of_distinct_crimes_is_the_upper_end() -> None:
    combination = combine_events([make_penny_force_a(), make_penny_force_b()], as_of=TODAY, table=TABLE)

    assert round(combination.score.score, 1) == 61.8
    assert combination.duplicates == 0


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_number_that_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(InputError, match="expected a probability from 0 to 1"):
        FiveValues(probability, ProbabilityKind.CANDIDATE, 1, ScoreInterval(1, 2))


def test_ranking_is_by_score_if_true_within_a_probability_band_and_never_by_expectation() -> None:
    def five(probability: float, upper: float) -> FiveValues:
        return FiveValues(probability, ProbabilityKind.CANDIDATE, 10, ScoreInterval(10, upper))

    values = [five(0.81, 90), five(0.94, 85), five(0.96, 50), five(0.3, 100)]

    ranked = sorted(values, key=lambda v: v.ranking_key)
    assert [(v.probability, v.score_if_true) for v in ranked] == [
        (0.96, 50),
        (0.81, 90),
        (0.94, 85),
        (0.3, 100),
    ]


def test_the_probability_is_labelled_until_it_is_calibrated() -> None:
    assert ProbabilityKind.CANDIDATE.value == "candidate probability, uncalibrated"
