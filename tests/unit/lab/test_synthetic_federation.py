"""A generated federation meets the published targets, shares people as asked, and varies names by origin."""

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest

from lab.synthetic.calibration import TARGETS, find_misses, measure_targets
from lab.synthetic.classes import STALKING_CLASSES, get_mix
from lab.synthetic.federation import (
    Federation,
    Plan,
    draw_member,
    find_outlier,
    generate,
    list_true_pairs,
    plan_federation,
)
from lab.synthetic.holdings import fit_flows
from lab.synthetic.kin import add_kin
from lab.synthetic.names import NOBODY, ORIGINS, load_name_book
from lab.synthetic.origins import vary_names
from lab.synthetic.parameters import (
    RATE_GROUPS,
    OriginRates,
    Parameters,
    SharingRates,
    choose_errors,
    describe_rates,
    spread_records,
)
from lab.synthetic.registry import SYSTEMS
from lab.synthetic.slices import SALTS, find_soundex
from lab.synthetic.uk_tables import list_forces, load_uk_tables
from lab.synthetic.writing import count_recorded_crime

TODAY = date(2026, 11, 21)
FORCES = (
    "essex", "kent", "west-mercia", "norfolk", "suffolk", "hertfordshire", "bedfordshire",
    "cambridgeshire", "warwickshire", "metropolitan",
)  # fmt: skip


def parameters(records: int = 800, forces: tuple[str, ...] = FORCES[:4], **changes) -> Parameters:
    values = {"sizes": dict.fromkeys(forces, records), "partner": "care", "seed": 1, "today": TODAY}
    return Parameters(**{**values, **changes})


@pytest.fixture(scope="module")
def large() -> Federation:
    return generate(parameters(10_000, FORCES))


@pytest.fixture(scope="module")
def measured(large: Federation) -> dict[str, float]:
    crimes = {m.name: m.vawg_crimes for m in large.members if m.role == "FORCE"}
    recorded = count_recorded_crime(crimes, large.parameters)
    return measure_targets(large.members, recorded=recorded, outlier=find_outlier(large.parameters))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_each_published_target_is_met_within_its_tolerance(target, measured: dict[str, float]) -> None:
    assert target.least <= measured[target.name] <= target.most


def test_every_measured_value_is_a_target_and_no_miss_is_hidden(measured: dict[str, float]) -> None:
    assert set(measured) == {target.name for target in TARGETS}
    assert find_misses(measured) == {}
    assert set(find_misses({**measured, "online": 0.3})) == {"online"}


def test_one_force_has_half_its_victims_again(large: Federation) -> None:
    name = find_outlier(large.parameters)
    own = [m for m in large.members if m.name == name]
    recorded = count_recorded_crime({own[0].name: own[0].vawg_crimes}, large.parameters)

    assert measure_targets(own, recorded=recorded)["repeat_victims"] == pytest.approx(0.49, abs=0.04)
    assert find_outlier(parameters()) is None


@pytest.mark.parametrize("force", ["kent", "metropolitan"])
def test_class_mix_within_a_force_is_that_of_recorded_crime(large: Federation, force: str) -> None:
    crimes = next(m for m in large.members if m.name == force).tables["crime"]
    counts = crimes["ho_class"].value_counts().reindex(list(STALKING_CLASSES)).fillna(0)
    expected = get_mix({"kent": "Kent", "metropolitan": "Metropolitan"}[force], STALKING_CLASSES)

    assert (counts / counts.sum()).to_numpy() == pytest.approx(expected, abs=0.05)


def test_name_origin_says_nothing_about_offending(large: Federation) -> None:
    people = pd.concat([m.people for m in large.members if m.role == "FORCE"])
    people = people[people["origin"] != "planted"]
    share = (people["role"] == "SUSPECT").groupby(people["origin"]).mean()
    counts = people.groupby("origin").size()

    bound = 4 * np.sqrt(0.25 / counts[counts > 200])
    assert ((share - (people["role"] == "SUSPECT").mean()).abs()[bound.index] < bound).all()


@pytest.mark.parametrize("overlap", [0.05, 0.15, 0.25])
def test_each_force_shares_the_asked_part_of_its_people_in_each_view(overlap: float) -> None:
    plan = plan_federation(
        parameters(
            6000, sharing=dataclasses.replace(SharingRates(), overlap=overlap), partner=None, stories=False
        )
    )
    held = plan.held.drop_duplicates(["member", "person"])

    for _, own in held.groupby(["member", "role"]):
        assert own["shared"].mean() == pytest.approx(overlap, abs=0.02)


def test_some_people_are_held_by_three_members() -> None:
    plan = plan_federation(parameters(4000, partner=None, stories=False))
    holders = plan.held.drop_duplicates(["member", "person"]).groupby("person").size()

    assert 0.03 < (holders == 3).sum() / (holders >= 2).sum() < 0.2


def test_several_nominals_are_pairs_inside_a_member_only() -> None:
    plan = plan_federation(parameters(2000))
    within = list_true_pairs(plan, within=True)

    assert len(within) > 4 * 2000 * 0.03
    assert (within["member_a"] == within["member_b"]).all()
    across = list_true_pairs(plan)
    assert (across["member_a"] != across["member_b"]).all()


def test_neighbours_share_more_people_than_distant_forces() -> None:
    names = ("kent", "essex", "northumbria")
    areas = {"kent": "Kent", "essex": "Essex", "northumbria": "Northumbria"}
    flows = fit_flows(dict.fromkeys(names, 1000), areas, load_uk_tables())

    assert np.allclose(flows.sum(axis=1), 1)
    assert np.diag(flows).tolist() == [0, 0, 0]
    assert flows[0, 1] == pytest.approx(flows[0, 2], abs=0.5)
    weights = fit_flows(
        dict.fromkeys((*names, "durham"), 1000), {**areas, "durham": "Durham"}, load_uk_tables()
    )
    assert weights[0, 1] > 2 * weights[0, 2]


def test_a_member_is_drawn_alike_whatever_was_drawn_before() -> None:
    plan = plan_federation(parameters())
    alone = draw_member(plan, "west-mercia")
    after = [draw_member(plan, name) for name in ("essex", "care", "west-mercia")][-1]

    for name, table in alone.tables.items():
        pd.testing.assert_frame_equal(table, after.tables[name])
    pd.testing.assert_frame_equal(alone.people, after.people)


def test_the_lab_knows_the_origin_sex_and_true_values_of_every_record() -> None:
    federation = generate(parameters())

    for member in federation.members:
        people = member.people
        assert set(people["nominal_id"]) == set(member.tables["nominal"]["nominal_id"])
        assert set(people["origin"]) <= {*ORIGINS, "planted"}
        assert set(people["sex"]) <= {"F", "M"}
        assert (people[["true_surname", "true_dob", "true_postcode", "ent_id"]] != "").all(axis=None)


def test_every_force_is_sized_by_its_population() -> None:
    sizes = spread_records(1_000_000, list_forces())

    assert len(sizes) == 43
    assert next(iter(sizes)) == "metropolitan"
    assert sizes["metropolitan"] / sizes["kent"] == pytest.approx(8_166_000 / 1_728_000, rel=0.05)
    assert min(sizes.values()) >= 100


def test_every_rate_has_a_source_or_says_that_it_is_assumed() -> None:
    rates = describe_rates(parameters())

    assert set(rates) == set(RATE_GROUPS)
    for group in rates.values():
        for rate in group.values():
            assert rate["source"].startswith(("assumed", "National", "Bland", "recorded crime"))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_federation(parameters(3000, ("metropolitan", "west-midlands", "kent")))


def test_twins_share_a_birth_and_relatives_a_home(plan: Plan) -> None:
    people = plan.people
    kin = people[(people["kin"] != NOBODY) & ~people["couple"]]
    hosts = people.iloc[kin["kin"].to_numpy()]

    assert (kin["place"].to_numpy() == hosts["place"].to_numpy()).all()
    assert (kin["born"].to_numpy() == hosts["born"].to_numpy()).sum() > 10
    assert (kin["surname"].to_numpy() == hosts["surname"].to_numpy()).mean() > 0.9


def test_partners_who_live_together_are_suspect_and_victim_of_each_other(plan: Plan) -> None:
    people = plan.people
    couples = people[people["couple"]]
    partners = people.iloc[couples["kin"].to_numpy()]

    assert len(couples) > 100
    assert (couples["house"].to_numpy() == partners["house"].to_numpy()).all()
    assert set(couples["role"]) == {1}
    assert set(partners["role"]) == {0}


def test_kin_are_added_to_a_registry_without_changing_who_lives_where(plan: Plan) -> None:
    again = add_kin(plan.parameters, plan.people, np.random.default_rng(3))

    assert (again["home"] == plan.people["home"]).all()


def test_imputed_births_are_the_first_of_january_and_commoner_where_documents_were_lost(plan: Plan) -> None:
    people = plan.people
    born = people["born"].to_numpy().astype("datetime64[D]")
    imputed = people["imputed"].to_numpy()

    assert (born[imputed] == born[imputed].astype("datetime64[Y]")).all()
    british = (people["origin"] == ORIGINS.index("british")).to_numpy()
    assert not imputed[british].any()
    assert imputed[(people["origin"] == ORIGINS.index("east_african")).to_numpy()].mean() > 0.05


def names(origin: str, count: int = 2000, **columns) -> pd.DataFrame:
    defaults = {
        "origin": ORIGINS.index(origin), "system": SYSTEMS.index("pinyin"), "female": False,
        "forename": "IBRAHIM", "middle": "", "surname": "KHAN", "other_surname": "", "english": "",
    }  # fmt: skip
    return pd.DataFrame({**defaults, **columns}, index=range(count))


NO_PROCESSES = OriginRates(**{field.name: 0.0 for field in dataclasses.fields(OriginRates)})


def vary(frame: pd.DataFrame, **rates: float) -> pd.DataFrame:
    return vary_names(frame, rates=dataclasses.replace(NO_PROCESSES, **rates), rng=np.random.default_rng(2))


def test_without_processes_names_stay_and_characters_are_romanised_one_way() -> None:
    assert vary(names("pakistani")).drop_duplicates().to_numpy().tolist() == [["IBRAHIM", "", "KHAN"]]
    chinese = vary(names("chinese", forename="家", middle="明", surname="張"))
    assert chinese.drop_duplicates().to_numpy().tolist() == [["JIAMING", "", "ZHANG"]]


def forename(value: str):
    return lambda names: names["forename"] == value


def surname(value: str):
    return lambda names: names["surname"] == value


@pytest.mark.parametrize(
    ("origin", "columns", "rate", "changed"),
    [
        ("chinese", {"forename": "家", "surname": "張"}, "chinese_swapped", forename("ZHANG")),
        ("vietnamese", {}, "vietnamese_swapped", forename("KHAN")),
        ("south_asian", {}, "south_asian_swapped", forename("KHAN")),
        ("west_african", {}, "west_african_swapped", forename("KHAN")),
        ("east_african", {}, "east_african_swapped", forename("KHAN")),
        ("british", {}, "european_swapped", forename("KHAN")),
        ("arab", {"other_surname": "SALEH"}, "patronymic_other", surname("SALEH")),
        ("portuguese", {"other_surname": "COSTA"}, "iberian_other_surname", surname("COSTA")),
        ("south_asian", {"other_surname": "SINGH"}, "religious_surname_used", surname("SINGH")),
        ("pakistani", {"forename": "MOHAMMED", "middle": "ALI"}, "mohammed_dropped", forename("ALI")),
        ("vietnamese", {"english": "PETER"}, "english_alias_used", forename("PETER")),
        ("pakistani", {"surname": "HUSSAIN"}, "arabic_respelt", lambda n: n["surname"] != "HUSSAIN"),
        (
            "irish",
            {"female": True, "other_surname": "REID"},
            "woman_other_surname",
            surname("REID"),
        ),
        (
            "chinese",
            {"forename": "家", "middle": "明", "surname": "張"},
            "chinese_given_split",
            lambda n: n["forename"].isin(["JIA MING", "JIA-MING"]),
        ),
        (
            "polish",
            {"female": True, "surname": "KOWALSKI"},
            "slavic_gender_ending",
            surname("KOWALSKI"),
        ),
    ],
)  # fmt: skip
def test_each_origin_process_comes_at_its_rate(origin, columns, rate, changed) -> None:
    after = vary(names(origin, **columns), **{rate: 0.3})

    assert changed(after).mean() == pytest.approx(0.3, abs=0.04)


def test_another_romanisation_system_gives_another_spelling_of_the_same_character() -> None:
    after = vary(names("chinese", forename="家", surname="張"), chinese_other_system=1.0)

    assert {"ZHANG", "CHEUNG", "CHANG"} <= set(after["surname"])


@pytest.mark.parametrize("origin", ["british", "chinese", "polish"])
def test_processes_of_one_origin_leave_another_alone(origin: str) -> None:
    frame = names(
        origin,
        forename="家" if origin == "chinese" else "IBRAHIM",
        surname="張" if origin == "chinese" else "KHAN",
    )

    before, after = vary(frame), vary(frame, arabic_respelt=1.0, vietnamese_swapped=1.0, patronymic_other=1.0)

    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("salt", SALTS)
def test_a_slice_keeps_everyone_of_its_salt_values_and_nobody_else(salt: str) -> None:
    count = 40
    whole = plan_federation(parameters(3000, partner=None, stories=False))
    cut = plan_federation(parameters(3000, partner=None, stories=False, slice_count=count, slice_salt=salt))
    values = SALTS[salt](whole.people, load_name_book().words)[whole.held["person"]]
    kept = set(SALTS[salt](cut.people, load_name_book().words)[cut.held["person"]])

    assert 0 < len(kept) <= count
    assert len(cut.held) == int(np.isin(values, list(kept)).sum())


@pytest.mark.parametrize(
    ("word", "code"), [("ROBERT", "R163"), ("TYMCZAK", "T522"), ("PFISTER", "P236"), ("ASHCRAFT", "A261")]
)
def test_soundex_is_the_american_one(word: str, code: str) -> None:
    assert find_soundex(word) == code


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_more_errors_make_fewer_true_pairs_agree(level: str) -> None:
    federation = generate(parameters(1500, errors=choose_errors(level)))
    nominals = pd.concat([m.tables["nominal"] for m in federation.members]).set_index("nominal_id")
    a, b = (nominals.loc[federation.truth[f"nominal_id_{side}"]].reset_index() for side in "ab")
    agreed = ((a["surname"] == b["surname"]) & (a["dob"] == b["dob"])).mean()

    assert {"low": 0.80, "medium": 0.68, "high": 0.42}[level] < agreed
    assert agreed < {"low": 0.97, "medium": 0.90, "high": 0.72}[level]


def test_a_tiny_slice_leaves_some_forces_empty_and_still_draws_them() -> None:
    federation = generate(parameters(200, partner=None, stories=False, slice_count=3))

    assert sum(len(m.tables["nominal"]) for m in federation.members) < 40
    assert [m.name for m in federation.members] == list(FORCES[:4])
