"""The synthetic federation meets its targets, repeats for a seed and hands members nothing of the truth."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crypto.errors import InputError
from lab.population import (
    DEMO_OVERLAP,
    Federation,
    describe_stories,
    generate_federation,
    write_federation,
)
from lab.synthetic.classes import CSAE_CLASSES
from lab.synthetic.contacts import (
    ALIAS_COLUMNS,
    CONTACT_COLUMNS,
    CUSTODY_COLUMNS,
    MISSING_COLUMNS,
    ORDER_COLUMNS,
)
from lab.synthetic.federation import NOMINAL_COLUMNS
from lab.synthetic.offences import CRIME_COLUMNS, FLAG_COLUMNS, PARTY_COLUMNS
from lab.synthetic.parameters import PopulationRates, SharingRates
from lab.synthetic.planting import count_planted

FORCES = ("essex", "kent", "west-mercia")
TODAY = date(2026, 11, 21)
EXPECTED_COLUMNS = {
    "nominal": NOMINAL_COLUMNS,
    "crime": CRIME_COLUMNS,
    "crime_party": PARTY_COLUMNS,
    "crime_flags": FLAG_COLUMNS,
    "custody_event": CUSTODY_COLUMNS,
    "missing_episode": MISSING_COLUMNS,
    "nominal_alias": ALIAS_COLUMNS,
    "protective_order": ORDER_COLUMNS,
    "partner_contact": CONTACT_COLUMNS,
}
REFERENCES = (
    ("custody_event", "nominal_id"),
    ("missing_episode", "nominal_id"),
    ("nominal_alias", "nominal_id"),
    ("protective_order", "subject_nominal_id"),
    ("protective_order", "protected_nominal_id"),
)
PARTNER_TABLES = {"nominal", "partner_contact"}


def generate(seed: int = 11, records: int = 3000, forces: tuple[str, ...] = FORCES) -> Federation:
    return generate_federation(
        forces=forces, partner="social-care", records_per_force=records, seed=seed, today=TODAY
    )


@pytest.fixture(scope="module")
def federation() -> Federation:
    return generate()


@pytest.fixture(scope="module")
def written(federation: Federation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("federation")
    write_federation(federation, directory)
    return directory


def tables(federation: Federation, name: str) -> list[pd.DataFrame]:
    return [member.tables[name] for member in federation.members if name in member.tables]


def view(member) -> set[str]:
    """Nominal ids in the perpetrator view, as a node would take them."""
    if member.role == "FORCE":
        parties = member.tables["crime_party"]
        return set(parties.loc[parties["role"] == "SUSPECT", "nominal_id"])
    contacts = member.tables["partner_contact"]
    taken = (contacts["subject_role"] == "PERPETRATOR") & (contacts["lawful_gateway"] != "")
    return set(contacts.loc[taken, "subject_nominal_id"])


def test_each_force_has_the_asked_records_and_the_partner_its_share(federation: Federation) -> None:
    drawn = sum(len(table) for table in tables(federation, "nominal")) - count_planted(federation.stories)

    assert drawn == pytest.approx(3 * 3000 + SharingRates().partner_size * 3000, rel=0.01)
    assert [member.role for member in federation.members] == ["FORCE", "FORCE", "FORCE", "PARTNER"]


def test_about_one_suspect_in_ten_is_held_by_another_force(federation: Federation) -> None:
    partner = federation.members[-1].name
    pairs = federation.truth[federation.truth["member_b"] != partner]
    suspects = PopulationRates().suspect_share * 3000
    elsewhere = [
        len(
            {*pairs.loc[pairs["member_a"] == name, "nominal_id_a"]}
            | {*pairs.loc[pairs["member_b"] == name, "nominal_id_b"]}
        )
        for name in FORCES
    ]

    assert np.array(elsewhere) / suspects == pytest.approx(DEMO_OVERLAP, abs=0.02)


def test_truth_pairs_are_distinct_cross_member_and_in_the_perpetrator_view(federation: Federation) -> None:
    held = {member.name: view(member) for member in federation.members}

    assert (federation.truth["member_a"] != federation.truth["member_b"]).all()
    assert not federation.truth.duplicated().any()
    for pair in federation.truth.itertuples():
        assert pair.nominal_id_a in held[pair.member_a]
        assert pair.nominal_id_b in held[pair.member_b]


def test_people_who_may_not_be_encoded_are_not_counted_as_true_pairs(federation: Federation) -> None:
    nominals = pd.concat(tables(federation, "nominal")).set_index("nominal_id")
    paired = nominals.loc[[*federation.truth["nominal_id_a"], *federation.truth["nominal_id_b"]]]

    assert set(paired["sensitivity"]) == {"NORMAL"}
    assert set(paired["is_police_employee"]) == {"false"}
    assert {"COVERT", "RESTRICTED"} <= set(nominals["sensitivity"])


def test_true_pairs_differ_by_clerical_error_in_part_and_agree_in_part(federation: Federation) -> None:
    nominals = pd.concat(tables(federation, "nominal")).set_index("nominal_id")
    a = nominals.loc[federation.truth["nominal_id_a"]].reset_index()
    b = nominals.loc[federation.truth["nominal_id_b"]].reset_index()

    assert 0.80 < (a["surname"] == b["surname"]).mean() < 0.99
    assert 0.90 < (a["dob"] == b["dob"]).mean() < 0.99
    assert 0.45 < (a["postcode"] == b["postcode"]).mean() < 0.75
    assert 0.40 < (a["given_names"] == b["given_names"]).mean() < 0.92


def test_most_suspects_have_one_or_two_events(federation: Federation) -> None:
    for parties in tables(federation, "crime_party"):
        events = parties[parties["role"] == "SUSPECT"].groupby("nominal_id").size()
        assert (events <= 2).mean() > 0.75


def test_events_lie_in_three_years_before_today_and_are_recorded_after_them(federation: Federation) -> None:
    for crimes in tables(federation, "crime"):
        committed = pd.to_datetime(crimes["committed_from"])
        recorded = pd.to_datetime(crimes["recorded_at"])
        days = (pd.Timestamp(TODAY, tz="UTC") - committed.dt.floor("D")).dt.days

        assert days.between(1, 1095).all()
        assert (recorded >= committed).all()


def test_offences_against_children_have_child_victims(federation: Federation) -> None:
    planted = {"C" + label.upper() for label in federation.story_records}
    for member in federation.members[:3]:
        crimes, parties = member.tables["crime"], member.tables["crime_party"]
        victims = parties[parties["role"] == "VICTIM"].merge(crimes, on="crime_id")
        drawn = victims[~victims["crime_id"].str.rstrip("0123456789").isin(planted)]
        is_child = drawn["victim_age_band"].isin(["0-9", "10-15"])

        assert is_child[drawn["ho_class"].isin(CSAE_CLASSES)].all()
        assert not is_child[drawn["ho_class"] == "19C"].any()


def test_domestic_abuse_concerns_those_of_sixteen_and_over(federation: Federation) -> None:
    for member in federation.members[:3]:
        crimes, parties = member.tables["crime"], member.tables["crime_party"]
        victims = parties[parties["role"] == "VICTIM"].merge(crimes, on="crime_id")

        assert not victims.loc[victims["flag_da"] == "true", "victim_age_band"].isin(["0-9", "10-15"]).any()


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_nobody_under_ten_is_in_the_perpetrator_view_or_a_victim(seed: int) -> None:
    federation = generate(seed=seed)

    for member in federation.members:
        nominal = member.tables["nominal"]
        born = pd.to_datetime(nominal.loc[nominal["nominal_id"].isin(view(member)), "dob"].replace("", None))
        assert born.max() < pd.Timestamp(TODAY.year - 10, TODAY.month, TODAY.day)
    for parties in tables(federation, "crime_party"):
        assert "0-9" not in set(parties["victim_age_band"])


def test_every_reference_between_tables_resolves(federation: Federation) -> None:
    for member in federation.members:
        ids = member.tables["nominal"]["nominal_id"]
        assert ids.is_unique
        if member.role == "PARTNER":
            assert set(member.tables["partner_contact"]["subject_nominal_id"]) == set(ids)
        else:
            parties = member.tables["crime_party"]
            assert set(parties["nominal_id"]) == set(ids)
            for table, column in REFERENCES:
                assert set(member.tables[table][column]) <= set(ids)
            assert set(parties["crime_id"]) == set(member.tables["crime"]["crime_id"])
            assert member.tables["crime"]["crime_id"].is_unique


def test_a_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_federation(generate(seed=seed, records=200), tmp_path / folder)

    contents = {
        folder: [path.read_bytes() for path in sorted((tmp_path / folder).rglob("*.*"))] for folder in "abc"
    }
    assert contents["a"] == contents["b"]
    assert contents["a"] != contents["c"]


def test_members_get_their_canonical_tables_and_nothing_of_the_truth(written: Path) -> None:
    for folder in sorted((written / "members").iterdir()):
        names = {path.stem for path in folder.iterdir()}
        partner = folder.name == "social-care"
        assert names == (PARTNER_TABLES if partner else set(EXPECTED_COLUMNS) - {"partner_contact"})
        for path in folder.iterdir():
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            assert tuple(table.columns) == EXPECTED_COLUMNS[path.stem]
            assert len(table) > 0 or path.stem == "missing_episode"
            assert "ent_id" not in table


def test_nominal_rows_are_in_random_order(federation: Federation) -> None:
    for member in federation.members[:3]:
        is_suspect = member.tables["nominal"]["nominal_id"].isin(view(member)).to_numpy()
        halves = np.array_split(is_suspect, 2)
        assert halves[0].mean() == pytest.approx(halves[1].mean(), abs=0.06)


def test_nominals_have_the_form_a_police_record_has(federation: Federation) -> None:
    for nominal in tables(federation, "nominal"):
        assert nominal["surname"].str.fullmatch(r"[A-Z][A-Z' -]*").all()
        assert nominal["given_names"].str.fullmatch(r"[A-Z][A-Z' -]*").all()
        assert nominal["postcode"].str.fullmatch(r"([A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2})?").all()
        assert nominal["pncid"].str.fullmatch(r"([0-9]{2}/[0-9]{6}[A-Z])?").all()
        assert set(nominal["sex_recorded"]) <= {"F", "M", "U"}
        missing = nominal["dob"] == ""
        assert ((nominal["dob_quality"] == "UNKNOWN") == missing).all()


def test_name_origins_follow_the_area(federation: Federation) -> None:
    essex = federation.members[0].tables["nominal"]

    # Census 2011: Essex is about 89% white British; surnames tell part of the rest.
    assert essex["surname"].isin(["SMITH", "JONES", "TAYLOR", "BROWN", "WILLIAMS"]).mean() > 0.025
    assert essex["surname"].nunique() > 1500


def test_the_lab_keeps_truth_stories_and_canaries(federation: Federation, written: Path) -> None:
    truth = pd.read_csv(written / "lab" / "truth.csv", dtype=str)
    stories = json.loads((written / "lab" / "stories.json").read_text())
    canaries = json.loads((written / "lab" / "canaries.json").read_text())

    assert truth.to_dict("records") == federation.truth.to_dict("records")
    assert stories == describe_stories(federation)
    assert [story["label"] for story in stories] == [story.label for story in federation.stories]
    assert {record["member"] for record in stories[0]["by_key"].values()} == {
        "west-mercia",
        "kent",
        "social-care",
    }
    assert {member: len(ids) for member, ids in stories[1]["records"].items()} == {"essex": 4}
    assert {"label", "kind", "value"} == set(canaries[0])
    assert len(canaries) == len(federation.canaries)


@pytest.mark.parametrize(
    "forces", [("norfolk", "suffolk"), ("essex", "west-mercia"), ("kent", "devon-and-cornwall")]
)
def test_any_two_forces_can_play_the_stories(forces: tuple[str, ...]) -> None:
    federation = generate(records=100, forces=forces)

    for story in federation.stories:
        members = {record.key: record.member for record in federation.story_records[story.label]}
        for first, second in story.different:
            assert members[first] != members[second]
    penny = {r.member for r in federation.story_records["penny"] if r.key.startswith("partner")}
    assert penny == {*forces, "social-care"}


@pytest.mark.parametrize(
    ("forces", "records", "message"),
    [
        (("essex",), 3000, "at least two forces"),
        (("essex", "essex"), 3000, "all of different names"),
        (("essex", "kent", "social-care"), 3000, "all of different names"),
        (("essex", "atlantis"), 3000, "expected a territorial force name"),
        (FORCES, 99, "at least 100 records per force, got 99"),
    ],
)
def test_impossible_federations_are_refused(forces: tuple[str, ...], records: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        generate(forces=forces, records=records)
