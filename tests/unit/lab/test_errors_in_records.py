"""Errors in records come at the rates asked for and leave everything else as it was."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lab.errors_in_records import ErrorRates, corrupt_records, misspell

NO_ERRORS = ErrorRates(**{field.name: 0.0 for field in dataclasses.fields(ErrorRates)})
NICKNAMES = pd.DataFrame({"name": ["WILLIAM"], "nickname": ["BILL"]})


def people(count: int = 4000) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "forename": "WILLIAM",
            "middle": "JAMES",
            "surname": np.where(np.arange(count) % 2, "HARTLEY", "OKONKWO"),
            "dob": np.full(count, np.datetime64("1984-03-09")),
            "dob_quality": "EXACT",
            "sex": "F",
            "postcode": "CM1 4AB",
        }
    )


def corrupt(records: pd.DataFrame, rates: ErrorRates, seed: int = 1) -> pd.DataFrame:
    return corrupt_records(
        records,
        rng=np.random.default_rng(seed),
        rates=rates,
        nicknames=NICKNAMES,
        new_postcode=lambda moved: np.full(len(moved), "ME7 5XY", dtype=object),
    )


def test_no_errors_leave_records_unchanged() -> None:
    before = people(50)

    after = corrupt(before, NO_ERRORS)

    pd.testing.assert_frame_equal(after.astype(str), before.astype(str))


CASES = [
    ("forename_typo", "forename", lambda v: v != "WILLIAM"),
    ("surname_typo", "surname", lambda v: ~v.isin(["HARTLEY", "OKONKWO"])),
    ("nickname", "forename", lambda v: v == "BILL"),
    ("middle_missing", "middle", lambda v: v == ""),
    ("middle_initial", "middle", lambda v: v == "J"),
    ("day_month_swapped", "dob", lambda v: v == pd.Timestamp("1984-09-03")),
    ("birth_digit", "dob", lambda v: v.isin([pd.Timestamp("1984-03-08"), pd.Timestamp("1983-03-10")])),
    ("birth_defaulted", "dob", lambda v: v == pd.Timestamp("1984-01-01")),
    ("birth_missing", "dob", lambda v: v.isna()),
    ("moved", "postcode", lambda v: v == "ME7 5XY"),
    ("postcode_missing", "postcode", lambda v: v == ""),
    ("sex_unrecorded", "sex", lambda v: v == "U"),
]


@pytest.mark.parametrize(("rate", "column", "is_wrong"), CASES)
def test_each_error_comes_at_its_rate_and_touches_only_its_column(rate, column, is_wrong) -> None:
    before = people()

    after = corrupt(before, dataclasses.replace(NO_ERRORS, **{rate: 0.2}))

    assert is_wrong(after[column]).mean() == pytest.approx(0.2, abs=0.03)
    assert (is_wrong(after[column]) | (after[column] == before[column])).all()
    untouched = [name for name in before if name not in (column, "dob_quality")]
    assert (after[untouched] == before[untouched]).all(axis=None)


def test_changed_surnames_are_hyphenated_or_replaced_for_women_only() -> None:
    before = people().assign(sex=np.where(np.arange(4000) < 2000, "F", "M"))

    after = corrupt(before, dataclasses.replace(NO_ERRORS, surname_changed=0.5))

    women, men = after.iloc[:2000]["surname"], after.iloc[2000:]["surname"]
    assert women.str.contains("-").mean() == pytest.approx(0.25, abs=0.04)
    assert set(men) == {"HARTLEY", "OKONKWO"}


def test_every_error_rate_has_a_case() -> None:
    assert {rate for rate, _, _ in CASES} | {"surname_changed"} == {
        field.name for field in dataclasses.fields(ErrorRates)
    }


def test_quality_of_a_birth_says_what_happened_to_it() -> None:
    rates = dataclasses.replace(NO_ERRORS, birth_defaulted=0.3, birth_missing=0.3)

    after = corrupt(people(), rates)

    assert (after["dob"].isna() == (after["dob_quality"] == "UNKNOWN")).all()
    first_january = after["dob"] == pd.Timestamp("1984-01-01")
    assert (first_january == (after["dob_quality"] == "DEFAULTED")).all()


@pytest.mark.parametrize("seed", range(40))
def test_a_misspelt_name_keeps_its_first_letter_or_swaps_it_and_stays_near(seed: int) -> None:
    written = misspell("HARTLEY", np.random.default_rng(seed))

    assert abs(len(written) - len("HARTLEY")) <= 1
    assert written.isalpha()


@pytest.mark.parametrize("word", ["", "A", "BO"])
def test_short_names_can_be_misspelt_without_error(word: str) -> None:
    for seed in range(20):
        assert len(misspell(word, np.random.default_rng(seed))) <= len(word) + 1
