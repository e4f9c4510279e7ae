"""What a node knows of its people and shows of its matches: five values, reasons, never a bare score."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.errors import StateError
from node.assessment import CaseFile, load_agreed_table, score_person, summarise_person
from node.match_text import (
    THREAT_WORDS,
    describe_explanation,
    describe_match,
    describe_match_briefly,
    describe_queue,
    select_views,
)
from node.match_view import MatchView, explain_person, to_json, view_matches
from node.matches import Match
from node.records import Crime, CrimeParty, Nominal, Records
from scoring.risk.areas import AgencyType, ThreatArea
from scoring.risk.bands import RiskBand
from scoring.risk.event import PartyRole, VictimAgeBand
from scoring.risk.gravity import VAWG_V1_FLOORS, load_default_gravity_table
from tests.support.node_bench import NOW, make_crime, make_nominal, make_party

TODAY = NOW.date()
TABLE = load_default_gravity_table()
MATCH = Match(
    match_ref="11" * 16,
    cluster_ref="22" * 16,
    round_id="00000000-0000-0000-0000-000000000001",
    round_number=3,
    published_at=NOW,
    nominal_ids=("N1",),
    counterpart="kent",
    counterpart_agency_type="POLICE",
    candidate_probability=0.86,
    score_lower=55.7,
    score_upper=61.8,
    rule_override=False,
    breadth=2,
    other_forces=1,
    others_events="2-4",
    others_oldest="366-730",
    others_threats=("DA", "S&H"),
    juvenile=False,
    placeholder_weights=False,
)


def records_of(
    crimes: tuple[Crime, ...], *nominals: Nominal, parties: tuple[CrimeParty, ...] = ()
) -> Records:
    own = nominals or (make_nominal("N1"),)
    return Records(own, crimes, parties or tuple(make_party(crime.crime_id, "N1") for crime in crimes))


def cases_of(records: Records) -> CaseFile:
    return CaseFile(records, member="essex")


def penny_in_one_force() -> CaseFile:
    """DOMAIN F09, force B: one assault a day ago, 51.7 MEDIUM."""
    return cases_of(records_of((make_crime("C1", days_ago=1),)))


def test_a_force_alone_scores_penny_as_the_specification_does() -> None:
    cases = penny_in_one_force()
    person = cases.find_person(["N1"])

    assert person is not None
    score = score_person(person, cases, as_of=TODAY, table=TABLE)
    assert (round(score.score, 1), score.band.value) == (51.7, "MEDIUM")


def test_a_changed_record_moves_the_score() -> None:
    cases = cases_of(records_of((make_crime("C1", days_ago=1), make_crime("C2", days_ago=200))))
    person = cases.find_person(["N1"])

    assert person is not None
    assert score_person(person, cases, as_of=TODAY, table=TABLE).score > 51.8


def test_the_juvenile_held_by_four_teams_is_one_subject() -> None:
    """DOMAIN F01: four nominals, four teams, four victims; merged 85.8 VERY_HIGH."""
    same = {"given_names": "Casimir", "surname": "Thornbeck", "dob": TODAY.replace(year=2010)}
    boys = tuple(make_nominal(f"B{number}", **same) for number in range(4))
    girls = tuple(make_nominal(f"G{number}") for number in range(4))
    classes = (("19C", 20), ("20A", 75), ("22B", 140), ("88E", 200))
    crimes = tuple(
        make_crime(f"C{number}", days_ago=days, ho_class=code) for number, (code, days) in enumerate(classes)
    )
    parties = tuple(make_party(f"C{number}", f"B{number}") for number in range(4)) + tuple(
        replace(
            make_party(f"C{number}", f"G{number}", PartyRole.VICTIM),
            victim_age_band=VictimAgeBand.FROM_16_TO_17,
        )
        for number in range(4)
    )
    cases = cases_of(Records(boys + girls, crimes, parties))
    person = cases.find_person(["B2"])

    assert person is not None
    score = score_person(person, cases, as_of=TODAY, table=TABLE)
    assert (round(score.score, 1), score.band.value) == (85.8, "VERY_HIGH")


def test_victims_are_counted_as_persons_not_as_records() -> None:
    once = {"given_names": "Perpetua", "surname": "Ormerod"}
    nominals = (make_nominal("N1"), make_nominal("V1", **once), make_nominal("V2", **once))
    crimes = (make_crime("C1"), make_crime("C2"))
    parties = (
        make_party("C1", "N1"),
        make_party("C2", "N1"),
        make_party("C1", "V1", PartyRole.VICTIM),
        make_party("C2", "V2", PartyRole.VICTIM),
    )
    cases = cases_of(Records(nominals, crimes, parties))
    person = cases.find_person(["N1"])

    assert person is not None
    assert score_person(person, cases, as_of=TODAY, table=TABLE).totals.n_victims == 1


def test_flags_markers_and_place_reach_the_event() -> None:
    crime = make_crime("C1", flag_da=True, flag_online=True, marker_weapon=True, location_type="NTE_VENUE")
    cases = cases_of(records_of((crime,)))
    person = cases.find_person(["N1"])

    assert person is not None
    (event,) = cases.get_events(person)
    assert event.flags == {ThreatArea.DOMESTIC_ABUSE, ThreatArea.TECH_ENABLED, ThreatArea.SPACE}
    assert [marker.value for marker in event.markers] == ["WEAPON"]
    assert event.incident_id == "essex/C1"


def test_a_summary_of_the_police_holds_quantised_totals() -> None:
    cases = penny_in_one_force()
    person = cases.find_person(["N1"])

    assert person is not None
    summary = summarise_person(
        person,
        cases,
        agency_type=AgencyType.POLICE,
        dates=(TODAY.replace(day=1), TODAY),
        table=TABLE,
    )
    assert summary is not None
    assert summary.events.value == "1"
    assert summary.weights_version == TABLE.version


def test_the_agreed_weights_are_found_by_version_and_others_refused() -> None:
    floored = TABLE.with_floors(VAWG_V1_FLOORS)

    assert load_agreed_table(TABLE.version).scale == "ons_raw"
    assert load_agreed_table(floored.version).scale == "vawg_v1"
    with pytest.raises(StateError, match="expected offence weights 0000000000000000 of the agreement"):
        load_agreed_table("0" * 64)


def view(match: Match = MATCH, cases: CaseFile | None = None) -> MatchView:
    (shown,) = view_matches([match], cases or penny_in_one_force(), table=TABLE)
    return shown


def test_five_values_are_shown_together() -> None:
    shown = to_json(view(), scores_own=True)

    assert shown["probability"] == {
        "value": 0.86,
        "kind": "candidate probability, uncalibrated",
        "phia_term": "highly likely",
        "in_gap": False,
        "analytical_confidence": "low",
    }
    assert (shown["before_linking"]["score"], shown["before_linking"]["band"]) == (51.7, "MEDIUM")
    assert shown["if_linked"]["interval"] == [55.7, 61.8]
    assert (shown["if_linked"]["score_if_true"], shown["if_linked"]["band"]) == (61.8, "HIGH")
    assert shown["expected_score"] == 60.4
    assert shown["elsewhere"]["breadth"] == 2


def test_reasons_recompute_to_the_score() -> None:
    cases = cases_of(records_of(tuple(make_crime(f"C{n}", days_ago=20 * n) for n in range(1, 6))))
    person = cases.find_person(["N1"])

    assert person is not None
    explained = explain_person(person, cases, as_of=TODAY, table=TABLE)
    assert sum(share["points"] for share in explained["contributions"]) == pytest.approx(
        explained["score"], abs=0.1
    )
    parts = explained["components"]
    again = (
        0.2 * parts["recency"] + 0.2 * parts["frequency"] + 0.45 * parts["gravity"] + 0.15 * parts["victims"]
    )
    assert again == pytest.approx(explained["score"], abs=0.1)


def test_the_text_says_what_is_uncertain_and_what_acted() -> None:
    text = describe_match(view(), scores_own=True)

    for words in (
        "highly likely (0.86, candidate probability, uncalibrated; analytical confidence low)",
        "51.7, from your own records alone",
        "61.8 (interval 55.7 to 61.8 before incidents are de-duplicated)",
        "60.4 over both possibilities",
        "1 other force, 2-4 events, oldest 366-730 days ago, domestic abuse, stalking or harassment; "
        "2 kinds of agency",
    ):
        assert words in text
    assert "placeholder" not in text


def test_every_threat_area_has_words() -> None:
    assert set(THREAT_WORDS) == set(ThreatArea)


def test_a_queue_can_be_cut_to_a_band_or_above_and_to_its_top() -> None:
    medium, high = view(replace(MATCH, score_upper=57.0)), view()
    withheld = view(replace(MATCH, breadth=0, score_lower=0.0, score_upper=0.0))
    queue = (high, medium, withheld)

    assert select_views(queue) == queue
    assert select_views(queue, least_band=RiskBand.HIGH) == (high,)
    assert select_views(queue, least_band=RiskBand.STANDARD) == (high, medium)
    assert select_views(queue, top=2) == (high, medium)
    assert select_views(queue, least_band=RiskBand.VERY_HIGH, top=2) == ()


def test_a_queue_is_counted_by_band_and_each_match_fits_a_line() -> None:
    withheld = view(replace(MATCH, breadth=0, score_lower=0.0, score_upper=0.0))
    queue = (view(), view(), withheld)

    counted = "3 matches, most pressing first; if linked: 2 HIGH, 1 not assessed"
    assert describe_queue(queue) == counted
    assert describe_queue(()) == "0 matches"
    assert describe_match_briefly(view()).endswith(" 61.8  highly likely (0.86)  kent  N1")
    assert describe_match_briefly(withheld).startswith("not assessed ")


@pytest.mark.parametrize(
    "shown",
    [
        view(replace(MATCH, placeholder_weights=True)),
        view(cases=cases_of(records_of((make_crime("C1", ho_class="NC-DA"),)))),
    ],
    ids=["elsewhere", "in the own score"],
)
def test_placeholder_weights_are_marked_wherever_they_acted(shown: MatchView) -> None:
    assert to_json(shown, scores_own=True)["placeholder_weights"] is True
    assert "placeholder offence weights acted" in describe_match(shown, scores_own=True)


def test_a_rule_override_lifts_the_band_if_linked() -> None:
    shown = to_json(view(replace(MATCH, score_upper=56.0, rule_override=True)), scores_own=True)

    assert shown["if_linked"]["band"] == "HIGH"


def test_a_partner_sees_no_score_of_its_own_and_what_it_withheld_is_not_assessed() -> None:
    withheld = view(replace(MATCH, breadth=0, score_lower=0.0, score_upper=0.0))
    shown = to_json(withheld, scores_own=False)

    assert shown["before_linking"] is None
    assert shown["expected_score"] is None
    assert shown["if_linked"]["assessed"] is False
    text = describe_match(withheld, scores_own=False)
    assert "not assessed" in text
    assert "0.0" not in text


def test_matches_are_ordered_by_likelihood_band_then_by_score_if_true() -> None:
    matches = [
        replace(MATCH, match_ref="a", candidate_probability=0.60, score_upper=99.0),
        replace(MATCH, match_ref="b", candidate_probability=0.81, score_upper=61.0),
        replace(MATCH, match_ref="c", candidate_probability=0.94, score_upper=60.0),
        replace(MATCH, match_ref="d", candidate_probability=0.99, score_upper=57.0),
    ]

    shown = view_matches(matches, penny_in_one_force(), table=TABLE)
    assert [item.match.match_ref for item in shown] == ["d", "b", "c", "a"]


def test_the_own_score_is_of_the_day_of_the_round() -> None:
    later = cases_of(records_of((make_crime("C1", days_ago=1), make_crime("C2", days_ago=0))))
    yesterday = replace(MATCH, published_at=NOW - timedelta(days=1))

    assert view(yesterday, later).own.totals.n < 1.01


def test_a_match_whose_record_is_gone_is_not_shown() -> None:
    assert view_matches([replace(MATCH, nominal_ids=("N9",))], penny_in_one_force(), table=TABLE) == ()


def test_a_police_employee_is_marked_for_their_own_queue() -> None:
    records = records_of((make_crime("C1"),), make_nominal("N1", is_police_employee=True))

    assert view(cases=cases_of(records)).is_police_employee


def test_ids_with_brackets_do_not_act_as_markup() -> None:
    nominal = make_nominal("[bold]N1")
    cases = cases_of(Records((nominal,), (make_crime("C1"),), (make_party("C1", "[bold]N1"),)))
    person = cases.find_person(["[bold]N1"])

    assert person is not None
    assert r"\[bold]N1" in describe_explanation(dict(explain_person(person, cases, as_of=TODAY, table=TABLE)))
