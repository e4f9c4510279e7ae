"""The planted stories carry exactly the events of DOMAIN F01 and F09, and their names are canaries."""

import math
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from lab.canary_forms import derive_needles
from lab.population import Federation, generate_federation
from lab.synthetic.story import Story
from lab.synthetic.uk_tables import load_uk_tables

TODAY = date(2026, 11, 21)
WEIGHTS = {  # offence_gravity.csv, the classes of the stories
    "105A": 16.07, "8N": 184.09, "8L": 38.66, "8Q": 50.97,
    "19C": 3261.05, "20A": 817.05, "22B": 709.25, "88E": 71.23,
}  # fmt: skip


@pytest.fixture(scope="module")
def federation() -> Federation:
    return generate_federation(
        forces=["essex", "kent", "west-mercia"],
        partner="social-care",
        records_per_force=200,
        seed=5,
        today=TODAY,
    )


def get_story(federation: Federation, label: str) -> Story:
    return next(story for story in federation.stories if story.label == label)


def events_of(federation: Federation, label: str, *keys: str) -> pd.DataFrame:
    """The crimes and victims of planted suspects, read back from the members' tables."""
    frames = []
    for record in federation.story_records[label]:
        if record.key in keys:
            member = next(m for m in federation.members if m.name == record.member)
            parties = member.tables["crime_party"]
            suspect = parties[(parties["nominal_id"] == record.nominal_id) & (parties["role"] == "SUSPECT")]
            victims = parties[parties["role"] == "VICTIM"][["crime_id", "nominal_id", "victim_age_band"]]
            joined = suspect[["crime_id", "named_by"]].merge(victims, on="crime_id")
            frames.append(joined.merge(member.tables["crime"], on="crime_id").assign(member=record.member))
    events = pd.concat(frames)
    days = pd.Timestamp(TODAY, tz="UTC") - pd.to_datetime(events["committed_from"])
    return events.assign(days=days.dt.days).sort_values("days", ascending=False)


def score(events: pd.DataFrame, victims: int) -> float:
    """DOMAIN 2.2 written out once more, apart from the program's own."""
    n = g = 0.0
    for event in events.itertuples():
        quality = 1.0 if event.outcome_code == "" else 0.8
        marker = 1.5 if event.marker_strangulation == "true" else 1.0
        n += quality * 2 ** (-event.days / 365)
        g += quality * marker * WEIGHTS[event.ho_class] * 2 ** (-event.days / 730)
    recency = 100 * 2 ** (-events["days"].min() / 180)
    gravity = 100 * min(1.0, math.log10(1 + g) / math.log10(1 + 7979))
    breadth = 100 * (1 - math.exp(-(victims - 1) / 2))
    return 0.2 * recency + 20 * (1 - math.exp(-n / 3)) + 0.45 * gravity + 0.15 * breadth


def test_penny_is_f09_to_the_day_the_code_and_the_outcome(federation: Federation) -> None:
    first = events_of(federation, "penny", "partner_home")
    second = events_of(federation, "penny", "partner_moved")

    assert list(first["days"]) == [400, 300, 210, 150]
    assert list(first["ho_class"]) == ["105A", "105A", "8N", "8L"]
    assert set(first["outcome_code"]) == {"16"}
    assert set(first["member"]) == {"west-mercia"}
    assert first["nominal_id"].nunique() == 1
    assert second[["days", "ho_class", "status", "outcome_code", "member"]].values.tolist() == [
        [1, "8N", "OPEN", "", "kent"]
    ]


def test_penny_scores_51_7_alone_and_61_8_linked(federation: Federation) -> None:
    alone = events_of(federation, "penny", "partner_moved")
    linked = events_of(federation, "penny", "partner_home", "partner_moved")

    assert round(score(alone, victims=1), 1) == 51.7
    assert round(score(linked, victims=1), 1) == 61.8
    assert get_story(federation, "penny").scores == {"partner_moved": 51.7, "linked": 61.8}


def test_penny_partner_agency_holds_one_released_contact(federation: Federation) -> None:
    contacts = federation.members[-1].tables["partner_contact"]
    held = next(r for r in federation.story_records["penny"] if r.key == "partner_care")
    own = contacts[contacts["subject_nominal_id"] == held.nominal_id]

    assert own[["subject_role", "contact_class", "guardian_release", "lawful_gateway"]].values.tolist() == [
        ["PERPETRATOR", "S47_ENQUIRY", "APPROVED", "CA89_S47"]
    ]


def test_juvenile_is_f01_four_rows_four_teams_four_victims_no_markers(federation: Federation) -> None:
    keys = ("boy_1", "boy_2", "boy_3", "boy_4")
    events = events_of(federation, "juvenile", *keys)
    essex = federation.members[0].tables["nominal"].set_index("nominal_id")
    rows = essex.loc[[r.nominal_id for r in federation.story_records["juvenile"] if r.key in keys]]

    assert dict(zip(events["days"], events["ho_class"], strict=True)) == {
        20: "19C",
        75: "20A",
        140: "22B",
        200: "88E",
    }
    assert events["investigating_team"].nunique() == events["nominal_id"].nunique() == len(rows) == 4
    assert not events["victim_age_band"].isin(["0-9", "10-15"]).any()
    assert not (events.filter(like="marker_") == "true").any(axis=None)
    assert len(rows[["given_names", "surname", "dob"]].drop_duplicates()) == 1
    assert sorted(rows["pncid"] != "") == [False, False, True, True]


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2027, 1, 1), date(2026, 8, 31)])
def test_juvenile_is_fifteen_on_any_day(today: date) -> None:
    federation = generate_federation(
        forces=["essex", "kent"], partner="care", records_per_force=100, seed=1, today=today
    )
    boy = next(p for p in get_story(federation, "juvenile").people if p.key == "boy_1")

    assert today.year - boy.dob.year - ((today.month, today.day) < (boy.dob.month, boy.dob.day)) == 15


def test_juvenile_scores_rise_from_four_records_to_one_merged_person(federation: Federation) -> None:
    keys = ("boy_1", "boy_2", "boy_3", "boy_4")
    separate = [round(score(events_of(federation, "juvenile", key), victims=1), 1) for key in keys]

    assert separate == [64.4, 53.2, 48.4, 33.8]
    assert round(score(events_of(federation, "juvenile", *keys), victims=4), 1) == 85.8


@pytest.mark.parametrize(("label", "linked", "high"), [("adult", 80.9, True), ("low", 47.7, False)])
def test_two_linked_adults_end_either_side_of_the_high_line(
    federation: Federation, label: str, linked: float, high: bool
) -> None:
    result = score(events_of(federation, label, "man_essex", "man_kent"), victims=2)

    assert round(result, 1) == linked == get_story(federation, label).scores["linked"]
    assert bool(result >= 60) == high


@pytest.mark.parametrize("label", ["adult", "low"])
def test_linked_adults_are_recorded_alike(federation: Federation, label: str) -> None:
    first, second = (p for p in get_story(federation, label).people if p.key in ("man_essex", "man_kent"))

    assert (first.forename, first.middle, first.surname, first.dob, first.postcode, first.pncid) == (
        second.forename, second.middle, second.surname, second.dob, second.postcode, second.pncid,
    )  # fmt: skip


def test_unreleased_contact_has_not_been_requested_of_the_guardian(federation: Federation) -> None:
    contacts = federation.members[-1].tables["partner_contact"].set_index("subject_nominal_id")
    held = next(r for r in federation.story_records["unreleased"] if r.key == "man_care")

    assert contacts.loc[held.nominal_id, "guardian_release"] == "NOT_REQUESTED"


def test_same_person_groups_are_true_pairs_and_look_alikes_are_not(federation: Federation) -> None:
    truth = {frozenset((p.nominal_id_a, p.nominal_id_b)) for p in federation.truth.itertuples()}
    for story in federation.stories:
        held = {r.key: r for r in federation.story_records[story.label]}
        for first, second in (*story.different, *story.confusable):
            assert held[first].member != held[second].member
            assert frozenset((held[first].nominal_id, held[second].nominal_id)) not in truth
        for keys in story.same_person:
            for first, second in pairwise(keys):
                if held[first].member != held[second].member:
                    assert frozenset((held[first].nominal_id, held[second].nominal_id)) in truth


def test_look_alikes_share_what_their_story_says(federation: Federation) -> None:
    def pair(label: str):
        story = get_story(federation, label)
        keys = (story.different or story.confusable)[0]
        return [next(p for p in story.people if p.key == key) for key in keys]

    for label in ("twins", "onehome"):
        first, second = pair(label)
        assert (first.surname, first.dob) == (second.surname, second.dob)
        assert first.forename != second.forename
    first, second = pair("namesons")
    assert (first.forename, first.surname) == (second.forename, second.surname)
    assert second.dob.year - first.dob.year > 20
    first, second = pair("namesakes")
    assert (first.forename, first.surname, first.dob.year) == (
        second.forename,
        second.surname,
        second.dob.year,
    )
    assert first.dob != second.dob


def test_planted_names_and_postcodes_occur_nowhere_else(federation: Federation) -> None:
    tables = load_uk_tables()
    pools = {
        *tables.forenames["name"],
        *tables.surnames["name"],
        *tables.pools["name"],
        *tables.nicknames["nickname"],
    }
    planted_ids = {r.nominal_id for records in federation.story_records.values() for r in records}
    values = {c.value for c in federation.canaries}
    labels = [c.label for c in federation.canaries]

    assert len(labels) == len(set(labels))
    assert not {c.value for c in federation.canaries if c.label.endswith("surname")} & pools
    for member in federation.members:
        others = member.tables["nominal"][~member.tables["nominal"]["nominal_id"].isin(planted_ids)]
        assert not values & {*others["surname"], *others["given_names"], *others["postcode"]}


def test_every_planted_surname_birth_and_postcode_is_a_canary_that_can_be_searched(
    federation: Federation,
) -> None:
    values = {c.value for c in federation.canaries}

    for story in federation.stories:
        for person in story.people:
            assert {person.surname, person.dob.isoformat(), person.postcode} <= values
    assert len(derive_needles(federation.canaries)) > 50 * len(values)
    assert not any(c.value in repr(federation.stories) for c in federation.canaries)
