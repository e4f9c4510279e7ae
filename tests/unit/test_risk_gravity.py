"""The gravity table: provenance, look-up, floors, version and refusals."""

import hashlib
from collections import Counter
from importlib import resources

import pytest

from crypto.errors import InputError
from scoring.risk.areas import ThreatArea
from scoring.risk.gravity import (
    VAWG_V1_FLOORS,
    FloorPolicy,
    Provenance,
    load_default_gravity_table,
    parse_gravity_table,
)
from scoring.risk.rfgv import score_events
from tests.unit.risk_fixtures import TABLE, TODAY, make_event

DATA = (resources.files("scoring.risk") / "data/offence_gravity.csv").read_bytes()
HEADER = "home_office_code,offence,vawg_threat_area,weight,weight_source,note\n"
ROW = "8N,Assault,domestic_abuse,184.09,ONS-CSS/LABELLED: exact,\n"


def test_the_packaged_table_has_the_published_rows_and_provenance() -> None:
    counts = Counter(row.provenance for row in TABLE.rows.values())

    assert counts == {
        Provenance.LABELLED: 15,
        Provenance.ORDER_HIGH: 38,
        Provenance.ORDER_LOW: 13,
        Provenance.CASE_LAW: 2,
        Provenance.PROPOSED: 32,
    }


def test_the_version_is_the_digest_of_the_tables_bytes() -> None:
    assert TABLE.version == hashlib.sha256(DATA).hexdigest()
    assert load_default_gravity_table() == TABLE
    assert parse_gravity_table(DATA.replace(b"184.09", b"184.10")).version != TABLE.version


@pytest.mark.parametrize(
    ("provenance", "placeholder"),
    [
        ("LABELLED", False),
        ("ORDER_HIGH", False),
        ("CASE_LAW", False),
        ("ORDER_LOW", True),
        ("PROPOSED", True),
    ],
)
def test_placeholder_weights_are_told_from_usable_ones(provenance: str, placeholder: bool) -> None:
    assert Provenance[provenance].is_placeholder is placeholder


@pytest.mark.parametrize(
    ("ho_class", "detail", "code", "weight"),
    [
        ("8N", None, "8N", 184.09),
        ("8N", "008/06", "8G", 127.37),
        ("8N", "008/01", "8F", 332.82),
        ("8N", "008/99", "8N", 184.09),
        ("8Q", "008/65", "008/65", 194.04),
        ("066/39", None, "066/39", 64.68),
        ("NC-DA", None, "NC-DA", 1.0),
    ],
)
def test_a_known_detailed_code_wins_over_its_class(
    ho_class: str, detail: str | None, code: str, weight: float
) -> None:
    row = TABLE.get_row(ho_class, detail)

    assert (row.code, row.weight) == (code, weight)


def test_an_unlisted_code_is_found_as_nothing_and_refused_by_get() -> None:
    assert TABLE.find_row("UNLISTED") is None
    with pytest.raises(InputError, match="expected an offence code of the gravity table"):
        TABLE.get_row("UNLISTED")


def test_each_row_knows_its_threat_area() -> None:
    assert TABLE.get_row("19C").area is ThreatArea.RASSO
    assert TABLE.get_row("NC-INT").area is None
    assert TABLE.get_row("34B").area is None


@pytest.mark.parametrize(
    ("code", "raw", "floored"),
    [
        ("8Q", 50.97, 182.0),
        ("195/12", 50.97, 182.0),
        ("8L", 38.66, 65.0),
        ("008/67", 140.14, 365.0),
        ("4.3", 15.0, 1326.0),
        ("19D", 2895.21, 3261.05),
        ("19E", 3871.56, 3871.56),
        ("19G", 2929.98, 3006.50),
        ("8N", 184.09, 184.09),
    ],
)
def test_floors_make_the_named_scale(code: str, raw: float, floored: float) -> None:
    scale = TABLE.with_floors(VAWG_V1_FLOORS)

    assert (TABLE.rows[code].weight, scale.rows[code].weight) == (raw, floored)
    assert (TABLE.scale, scale.scale) == ("ons_raw", "vawg_v1")


def test_floors_change_the_version_and_so_does_each_floor() -> None:
    other = FloorPolicy("vawg_v1", dict(VAWG_V1_FLOORS.floors) | {"8Q": 183.0}, VAWG_V1_FLOORS.at_least)
    versions = {t.version for t in (TABLE, TABLE.with_floors(VAWG_V1_FLOORS), TABLE.with_floors(other))}

    assert len(versions) == 3


def test_floors_on_floors_and_floors_of_unlisted_codes_are_refused() -> None:
    with pytest.raises(InputError, match="expected a table without floors, got scale vawg_v1"):
        TABLE.with_floors(VAWG_V1_FLOORS).with_floors(VAWG_V1_FLOORS)
    with pytest.raises(InputError, match="floor policy odd: expected only codes of the gravity table"):
        TABLE.with_floors(FloorPolicy("odd", {"UNLISTED": 1.0}, {}))


REFUSALS = [
    ("", "gravity table: expected the header home_office_code"),
    ("code,weight\n8N,1\n", "gravity table: expected the header home_office_code"),
    (HEADER, "gravity table: expected at least one row, got none"),
    (HEADER + ROW + ROW, "gravity table line 3: expected each code once, got it again"),
    (HEADER + "8N,Assault\n", "gravity table line 2: expected 6 cells, got 2"),
    (HEADER + ROW.replace("8N", ""), "gravity table line 2: expected a code, got an empty cell"),
    (
        HEADER + ROW.replace("184.09", "much"),
        "gravity table line 2: expected a weight in days, got no number",
    ),
    (
        HEADER + ROW.replace("184.09", "-1"),
        "gravity table line 2: expected a finite weight of at least 0 days",
    ),
    (
        HEADER + ROW.replace("184.09", "nan"),
        "gravity table line 2: expected a finite weight of at least 0 days",
    ),
    (
        HEADER + ROW.replace("LABELLED", "GUESS"),
        "gravity table line 2: expected a known provenance before the colon",
    ),
    (HEADER + ROW.replace("domestic_abuse", "x"), "gravity table line 2: expected a known threat area"),
    (HEADER + '8N,"Assault\n', "gravity table: expected UTF-8 CSV"),
]


@pytest.mark.parametrize(("text", "message"), REFUSALS)
def test_a_malformed_table_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_gravity_table(text.encode())


def test_a_table_in_another_encoding_is_refused() -> None:
    with pytest.raises(InputError, match="gravity table: expected UTF-8 CSV"):
        parse_gravity_table((HEADER + ROW).encode("utf-16"))


def test_a_changed_weight_moves_a_score() -> None:
    lighter = parse_gravity_table(DATA.replace(b"184.09", b"18.41"))
    scores = [
        score_events([make_event("8N", 1)], as_of=TODAY, table=table).score for table in (TABLE, lighter)
    ]

    assert [round(value, 1) for value in scores] == [51.7, 40.4]
