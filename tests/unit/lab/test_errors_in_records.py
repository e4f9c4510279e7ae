"""Errors in records come at the rates asked for and leave everything else as it was."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lab.synthetic.errors_in_records import corrupt_records
from lab.synthetic.misspelling import NEIGHBOURS, find_outcomes, mishear, misread, misspell
from lab.synthetic.parameters import ERROR_LEVELS, ErrorRates

NO_ERRORS = ErrorRates(**{field.name: 0.0 for field in dataclasses.fields(ErrorRates)})
NEW_HOME = {"postcode": "ME7 5XY", "address": "9 NEW STREET"}


def people(count: int = 4000) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "forename": "WILLIAM",
            "middle": "JAMES",
            "surname": np.where(np.arange(count) % 2, "HARTLEY", "PHILLIPS"),
            "dob": np.full(count, np.datetime64("1984-03-09")),
            "dob_quality": "EXACT",
            "sex": "F",
            "postcode": "CM1 4AB",
            "address": "12 STATION ROAD",
            "is_suspect": True,
        }
    )


def corrupt(records: pd.DataFrame, rates: ErrorRates, seed: int = 1) -> pd.DataFrame:
    return corrupt_records(
        records,
        rng=np.random.default_rng(seed),
        rates=rates,
        new_homes=lambda moved: pd.DataFrame([NEW_HOME] * len(moved)),
    )


def test_no_errors_leave_records_unchanged() -> None:
    before = people(50)

    after = corrupt(before, NO_ERRORS)

    pd.testing.assert_frame_equal(after.astype(str), before.astype(str))


SURNAMES = ["HARTLEY", "PHILLIPS"]
CASES = [
    ("forename_keyed", ("forename",), lambda r: r["forename"] != "WILLIAM"),
    ("surname_keyed", ("surname",), lambda r: ~r["surname"].isin(SURNAMES)),
    ("forename_heard", ("forename",), lambda r: r["forename"] != "WILLIAM"),
    ("surname_heard", ("surname",), lambda r: ~r["surname"].isin(SURNAMES)),
    ("forename_scanned", ("forename",), lambda r: r["forename"] != "WILLIAM"),
    ("surname_scanned", ("surname",), lambda r: ~r["surname"].isin(SURNAMES)),
    ("nickname", ("forename",), lambda r: r["forename"] != "WILLIAM"),
    ("middle_missing", ("middle",), lambda r: r["middle"] == ""),
    ("middle_initial", ("middle",), lambda r: r["middle"] == "J"),
    ("middle_as_forename", ("forename", "middle"), lambda r: r["forename"] == "JAMES"),
    ("names_swapped", ("forename", "surname"), lambda r: r["surname"] == "WILLIAM"),
    ("day_month_swapped", ("dob",), lambda r: r["dob"] != pd.Timestamp("1984-03-09")),
    ("birth_digit", ("dob",), lambda r: r["dob"] < pd.Timestamp("1984-03-09")),
    ("birth_defaulted", ("dob",), lambda r: r["dob"] == pd.Timestamp("1984-01-01")),
    ("birth_missing", ("dob",), lambda r: r["dob"].isna()),
    ("false_birth", ("dob",), lambda r: r["dob"] <= pd.Timestamp("1983-03-10")),
    ("moved", ("postcode", "address"), lambda r: r["postcode"] == "ME7 5XY"),
    ("postcode_missing", ("postcode", "address"), lambda r: r["postcode"] == ""),
    ("sex_unrecorded", ("sex",), lambda r: r["sex"] == "U"),
    ("sex_wrong", ("sex",), lambda r: r["sex"] == "M"),
]


@pytest.mark.parametrize(("rate", "columns", "is_wrong"), CASES)
def test_each_error_comes_at_its_rate_and_touches_only_its_columns(rate, columns, is_wrong) -> None:
    before = people()

    after = corrupt(before, dataclasses.replace(NO_ERRORS, **{rate: 0.2}))

    wrong = is_wrong(after)
    assert wrong.mean() == pytest.approx(0.2, abs=0.03)
    kept = after[list(columns)].astype(str) == before[list(columns)].astype(str)
    assert (wrong | kept.all(axis=1)).all()
    untouched = [name for name in before if name not in (*columns, "dob_quality")]
    assert (after[untouched] == before[untouched]).all(axis=None)


def test_every_error_rate_has_a_case() -> None:
    seen = {rate for rate, _, _ in CASES}
    apart = {"forename_variant", "surname_variant", "postcode_keyed", "false_name", "alias_listed"}

    assert seen | apart == {field.name for field in dataclasses.fields(ErrorRates)}


def test_spellings_in_use_replace_names_that_have_one() -> None:
    before = people().assign(forename="CATHERINE", surname="SMITH")

    after = corrupt(before, dataclasses.replace(NO_ERRORS, forename_variant=0.3, surname_variant=0.3))

    assert "KATHERINE" in set(after["forename"])
    assert "SMYTH" in set(after["surname"])
    assert (after["surname"] != "SMITH").mean() == pytest.approx(0.3, abs=0.03)


def test_a_miskeyed_postcode_keeps_its_sector_and_form() -> None:
    after = corrupt(people(), dataclasses.replace(NO_ERRORS, postcode_keyed=0.5))

    assert after["postcode"].str.fullmatch(r"CM1 4A[A-Z]").all()
    assert (after["postcode"] != "CM1 4AB").mean() == pytest.approx(0.5 * 19 / 20, abs=0.03)


def test_a_false_name_is_somebody_elses_of_the_same_sex_and_only_suspects_give_one() -> None:
    before = people().assign(
        sex=np.where(np.arange(4000) < 2000, "F", "M"), is_suspect=np.arange(4000) % 2 == 0
    )
    before["forename"] = np.where(before["sex"] == "F", "HARRIET", "WILLIAM")

    after = corrupt(before, dataclasses.replace(NO_ERRORS, false_name=0.5))

    changed = after["surname"] != before["surname"]
    assert changed.any()
    assert not changed[~before["is_suspect"]].any()
    assert (after["forename"] == before["forename"]).all()  # each sex has one name here


def test_quality_of_a_birth_says_what_happened_to_it() -> None:
    rates = dataclasses.replace(NO_ERRORS, birth_defaulted=0.3, birth_missing=0.3)

    after = corrupt(people(), rates)

    assert (after["dob"].isna() == (after["dob_quality"] == "UNKNOWN")).all()
    first_january = after["dob"] == pd.Timestamp("1984-01-01")
    assert (first_january == (after["dob_quality"] == "DEFAULTED")).all()


def test_no_error_makes_anybody_younger() -> None:
    after = corrupt(people(), ERROR_LEVELS["high"])

    assert (after["dob"].dropna() <= pd.Timestamp("1984-03-09")).all()


def test_levels_of_error_are_ordered_and_high_corrupts_several_times_as_many_as_low() -> None:
    before = people()
    columns = ["forename", "surname", "dob"]

    shares = [
        (corrupt(before, rates)[columns].astype(str) != before[columns].astype(str)).any(axis=1).mean()
        for rates in ERROR_LEVELS.values()
    ]

    assert list(ERROR_LEVELS) == ["low", "medium", "high"]
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] > 3 * shares[0]


@pytest.mark.parametrize("ticket", np.linspace(0, 0.999, 60))
def test_a_miskeyed_name_keeps_its_first_letter_or_swaps_it_and_stays_near(ticket: float) -> None:
    written = misspell("HARTLEY", ticket)

    assert abs(len(written) - len("HARTLEY")) <= 1
    assert written.isalpha()


@pytest.mark.parametrize("word", ["", "A", "李"])
def test_what_cannot_be_misspelt_stays(word: str) -> None:
    assert misspell(word, 0.5) == word


def test_keys_are_neighbours_of_each_other() -> None:
    assert all(letter in NEIGHBOURS[other] for letter, others in NEIGHBOURS.items() for other in others)
    assert set(NEIGHBOURS["S"]) == set("QWEADZXC")


@pytest.mark.parametrize(
    ("word", "kind", "outcome"),
    [
        ("PHILLIPS", "phonetic", "FILLIPS"),
        ("PHILLIPS", "phonetic", "PHILIPS"),
        ("THOMAS", "phonetic", "TOMAS"),
        ("ELLIE", "phonetic", "ELLI"),
        ("BROWN", "ocr", "BROVVN"),
        ("CLAIRE", "ocr", "DAIRE"),
    ],
)
def test_rules_make_the_outcomes_they_are_known_for(word: str, kind: str, outcome: str) -> None:
    assert outcome in find_outcomes(word, kind)


def test_rules_with_a_place_act_only_there() -> None:
    assert not any(other.startswith("EDR") for other in find_outcomes("EDITH", "phonetic"))
    assert "ANN" not in find_outcomes("ANNEX", "phonetic")  # a final E may vanish, not an inner one


def test_a_name_without_an_outcome_stays_as_it_is() -> None:
    assert mishear("", 0.5) == ""
    assert misread("AXA", 0.9) == "AXA"
