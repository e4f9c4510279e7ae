"""Canonical files: every fault is named by file, row, column and rule, never by value, and nothing loads."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crypto.errors import InputError
from crypto.pki import Role
from node.context import LocalNode
from node.ingest.load import load_folder
from node.records import Records, TableCounts
from node.store.store import open_store
from tests.support.node_bench import NOW, make_config, make_keys

CANARY = "Zebedee-Quillfeather"

NOMINAL = {
    "nominal_id": "N1",
    "source_system": "ATHENA",
    "given_names": "PERPETUA MAE",
    "surname": "ORMEROD",
    "dob": "1990-02-01",
    "dob_quality": "EXACT",
    "sex_recorded": "F",
    "pncid": "",
    "postcode": "CM1 1AA",
    "is_police_employee": "false",
    "sensitivity": "NORMAL",
}
CRIME = {
    "crime_id": "C1",
    "ho_class": "8N",
    "ho_detail_code": "008/06",
    "committed_from": "2026-10-01T22:15:00Z",
    "recorded_at": "2026-10-02T08:00:00Z",
    "status": "FINALISED",
    "outcome_code": "16",
    "flag_da": "true",
    "flag_stalking": "false",
    "flag_online": "false",
    "marker_strangulation": "false",
    "marker_weapon": "false",
    "marker_child_present": "true",
    "marker_order_breach": "false",
    "investigating_team": "CHELMSFORD CID",
    "location_type": "PRIVATE_DWELLING",
}
PARTY = {
    "crime_id": "C1",
    "nominal_id": "N1",
    "role": "SUSPECT",
    "named_by": "VICTIM",
    "relationship": "INTIMATE_EX",
    "victim_age_band": "",
}
CONTACT = {
    "partner_record_id": "R1",
    "subject_nominal_id": "N1",
    "subject_role": "PERPETRATOR",
    "partner_type": "SOCIAL_CARE_CHILD",
    "contact_class": "S47_ENQUIRY",
    "contact_date": "2026-09-30",
    "severity_bucket": "MODERATE",
    "lawful_gateway": "CA89_S47",
    "consent": "N_A",
    "guardian_release": "APPROVED",
}
TABLES = {
    "nominal.csv": NOMINAL,
    "crime.csv": CRIME,
    "crime_party.csv": PARTY,
    "partner_contact.csv": CONTACT,
}
FORCE_FILES = ("nominal.csv", "crime.csv", "crime_party.csv")


def write(folder: Path, name: str, *rows: dict[str, str]) -> None:
    with (folder / name).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "export"
    made.mkdir()
    for name in FORCE_FILES:
        write(made, name, TABLES[name])
    return made


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    with open_store(tmp_path / "node.sqlite") as store:
        yield LocalNode(make_config("essex"), make_keys(), store, lambda: NOW)


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[LocalNode]:
    with open_store(tmp_path / "partner.sqlite") as store:
        config = make_config("care", Role.PARTNER, "SOCIAL_CARE")
        yield LocalNode(config, make_keys(), store, lambda: NOW)


def refused(node: LocalNode, folder: Path) -> str:
    """Load a folder that must be refused; return the message once nothing is found to have changed."""
    before = node.store.records.load_records()
    with pytest.raises(InputError) as caught:
        load_folder(node, folder)
    assert node.store.records.load_records() == before
    assert node.store.evidence.get_queued_entries() == ()
    assert CANARY not in caught.value.public_message
    assert CANARY.casefold() not in str(caught.value.__cause__).casefold()
    return caught.value.public_message


def test_a_good_folder_loads_and_is_logged_once(node: LocalNode, folder: Path) -> None:
    first = load_folder(node, folder)
    second = load_folder(node, folder)

    assert first["crime"] == TableCounts(added=1, changed=0, unchanged=0)
    assert second["crime"] == TableCounts(added=0, changed=0, unchanged=1)
    held = node.store.records.load_records()
    assert held.nominals[0].surname == "ORMEROD"
    assert held.crimes[0].outcome_code == 16
    assert len(node.store.evidence.get_queued_entries()) == 1


def test_columns_may_come_in_any_order_and_with_a_byte_order_mark(node: LocalNode, folder: Path) -> None:
    write(folder, "nominal.csv", dict(reversed(NOMINAL.items())))
    path = folder / "nominal.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert load_folder(node, folder)["nominal"].added == 1


def test_later_files_may_refer_to_what_was_loaded_before(node: LocalNode, folder: Path) -> None:
    load_folder(node, folder)
    write(folder, "nominal.csv", NOMINAL | {"nominal_id": "N2"})
    write(folder, "crime.csv", CRIME | {"crime_id": "C2"})
    write(folder, "crime_party.csv", PARTY | {"crime_id": "C2"})

    assert load_folder(node, folder)["crime_party"].added == 1


CELLS: list[tuple[str, str, str, str]] = [
    ("nominal.csv", "nominal_id", "", "expected a value, got an empty cell"),
    ("nominal.csv", "nominal_id", CANARY * 3, "expected at most 36 printable characters"),
    ("nominal.csv", "surname", "", "expected a value, got an empty cell"),
    ("nominal.csv", "given_names", "a\x07b", "expected at most 120 printable characters"),
    ("nominal.csv", "dob", "1990-02-30", "expected a date as YYYY-MM-DD that exists"),
    ("nominal.csv", "dob", "01/02/1990", "expected a date as YYYY-MM-DD that exists"),
    ("nominal.csv", "dob", CANARY, "expected a date as YYYY-MM-DD that exists"),
    ("nominal.csv", "dob", "1890-01-01", "expected a date from 1900-01-01 to today"),
    ("nominal.csv", "dob", "2026-11-22", "expected a date from 1900-01-01 to today"),
    ("nominal.csv", "dob_quality", CANARY, "expected one of DEFAULTED, EXACT, UNKNOWN, YEAR, YEAR_MONTH"),
    ("nominal.csv", "sex_recorded", "f", "expected one of F, M, U, X"),
    ("nominal.csv", "is_police_employee", "no", "expected true or false"),
    ("nominal.csv", "source_system", "PARTNER", "expected one of ATHENA, CONNECT, NICHE, RMS_OTHER"),
    ("crime.csv", "ho_class", "999Z", "expected an offence code of the agreed weights"),
    ("crime.csv", "ho_class", "NC-INT", "expected an offence code of the agreed weights"),
    ("crime.csv", "ho_detail_code", "8/6", "expected a detailed Home Office code as NNN/NN"),
    ("crime.csv", "committed_from", "2026-13-01T10:00:00Z", "expected a UTC time as YYYY-MM-DDTHH:MM:SSZ"),
    ("crime.csv", "committed_from", "2026-10-01 10:00", "expected a UTC time as YYYY-MM-DDTHH:MM:SSZ"),
    ("crime.csv", "committed_from", "2027-01-01T10:00:00Z", "expected a date from 1950-01-01 to today"),
    ("crime.csv", "status", "CLOSED", "expected one of FINALISED, NO_CRIME, OPEN, TRANSFERRED"),
    ("crime.csv", "outcome_code", "23", "expected a Home Office outcome from 1 to 22"),
    ("crime.csv", "outcome_code", "٣", "expected a Home Office outcome from 1 to 22"),
    ("crime.csv", "location_type", "", "expected one of EDUCATION"),
    ("crime_party.csv", "role", "DRIVER", "expected one of ELIMINATED"),
    ("crime_party.csv", "named_by", CANARY, "expected one of ANPR_CCTV"),
    ("crime_party.csv", "victim_age_band", "30", "expected one of 0-9"),
]


@pytest.mark.parametrize(("file", "column", "value", "rule"), CELLS)
def test_a_bad_cell_is_named_and_nothing_loads(
    node: LocalNode, folder: Path, file: str, column: str, value: str, rule: str
) -> None:
    good = TABLES[file]
    keys = {"nominal.csv": "nominal_id", "crime.csv": "crime_id", "crime_party.csv": "role"}
    second = good | {keys[file]: "VICTIM" if file == "crime_party.csv" else "X2"} | {column: value}
    write(folder, file, good, second)

    message = refused(node, folder)

    assert "nothing was loaded; problems found: 1" in message
    assert f"{file}, row 3, column {column}: {rule}" in message


def test_a_missing_file_is_named(node: LocalNode, folder: Path) -> None:
    (folder / "nominal.csv").unlink()

    assert "nominal.csv: expected this file in the folder, got none" in refused(node, folder)


def test_a_missing_folder_is_named(node: LocalNode, tmp_path: Path) -> None:
    assert "expected a folder of CSV files, got no folder at" in refused(node, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "nominal.csv: expected a header and rows, got an empty file"),
        (",".join(NOMINAL).encode() + b"\n", "nominal.csv: expected at least one row after the header"),
        (b'nominal_id\n"' + CANARY.encode(), "nominal.csv: expected CSV with balanced quotes"),
    ],
    ids=["empty", "header only", "open quote"],
)
def test_a_file_that_is_no_table_is_refused(node: LocalNode, folder: Path, content: bytes, rule: str) -> None:
    (folder / "nominal.csv").write_bytes(content)

    assert rule in refused(node, folder)


def test_bytes_that_are_not_utf_8_are_refused_with_their_row(node: LocalNode, folder: Path) -> None:
    path = folder / "nominal.csv"
    path.write_bytes(path.read_bytes() + b"N2,ATHENA,R\xe9MI,ORMEROD,,UNKNOWN,M,,,false,NORMAL\n")

    assert (
        "nominal.csv, row 3: expected UTF-8, got other bytes (Windows-1252 or the like); export"
        in refused(node, folder)
    )


def test_a_wrong_header_names_what_is_missing_and_what_is_unknown(node: LocalNode, folder: Path) -> None:
    write(folder, "nominal.csv", {("date_of_birth" if k == "dob" else k): v for k, v in NOMINAL.items()})

    message = refused(node, folder)

    assert "nominal.csv, row 1: expected exactly the columns nominal_id, source_system" in message
    assert "missing: dob" in message
    assert "not allowed here: date_of_birth" in message


def test_a_first_row_of_data_is_not_quoted_as_a_header(node: LocalNode, folder: Path) -> None:
    (folder / "nominal.csv").write_text(f"N1,{CANARY}\n", encoding="utf-8")

    assert "not allowed here: column 1, column 2" in refused(node, folder)


def test_a_repeated_column_is_refused(node: LocalNode, folder: Path) -> None:
    header = ",".join([*NOMINAL, "dob"])
    (folder / "nominal.csv").write_text(f"{header}\n", encoding="utf-8")

    assert "got a repeated column" in refused(node, folder)


def test_a_short_row_is_named_instead_of_filled(node: LocalNode, folder: Path) -> None:
    path = folder / "nominal.csv"
    path.write_text(path.read_text(encoding="utf-8") + f"N2,ATHENA,{CANARY}\n", encoding="utf-8")

    assert "nominal.csv, row 3: expected 11 cells, got 3" in refused(node, folder)


def test_a_duplicate_id_is_refused(node: LocalNode, folder: Path) -> None:
    write(folder, "nominal.csv", NOMINAL, NOMINAL | {"surname": CANARY})

    assert "nominal.csv, row 3, column nominal_id: expected each id once, got it again" in refused(
        node, folder
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"nominal_id": CANARY}, "column nominal_id: expected an id of nominal.csv or of an earlier load"),
        ({"crime_id": CANARY}, "column crime_id: expected an id of crime.csv or of an earlier load"),
    ],
)
def test_a_party_that_points_nowhere_is_refused(
    node: LocalNode, folder: Path, changes: dict[str, str], problem: str
) -> None:
    write(folder, "crime_party.csv", PARTY, PARTY | changes)

    assert f"crime_party.csv, row 3, {problem}" in refused(node, folder)


def test_one_wrong_column_is_one_line_and_hides_no_other_fault(node: LocalNode, folder: Path) -> None:
    bad = [NOMINAL | {"nominal_id": f"N{number}", "dob": "never"} for number in range(25)]
    bad[24]["sex_recorded"] = "?"
    write(folder, "nominal.csv", *bad)

    message = refused(node, folder)

    assert "problems found: 26" in message
    assert "nominal.csv, rows 2, 3, 4, 5, 6 and 20 more, column dob: expected a date" in message
    assert "nominal.csv, row 26, column sex_recorded: expected" in message
    assert "never" not in message


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_named(node: LocalNode, folder: Path, separator: str, name: str) -> None:
    path = folder / "nominal.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", separator), encoding="utf-8")
    message = refused(node, folder)
    assert f"nominal.csv, row 1: expected cells separated by commas, got {name}; export as CSV" in message


def test_utf_16_is_recognised(node: LocalNode, folder: Path) -> None:
    path = folder / "nominal.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert "expected UTF-8, got other bytes (UTF-16); export the file as UTF-8" in refused(node, folder)


def test_a_partner_loads_its_contacts(partner: LocalNode, folder: Path) -> None:
    for name in FORCE_FILES[1:]:
        (folder / name).unlink()
    write(folder, "nominal.csv", NOMINAL | {"source_system": "PARTNER"})
    write(folder, "partner_contact.csv", CONTACT)

    assert load_folder(partner, folder)["partner_contact"].added == 1


def test_a_partner_may_not_load_crimes(partner: LocalNode, folder: Path) -> None:
    message = refused(partner, folder)

    assert (
        "crime.csv: a partner may not load this file; it may load nominal.csv, partner_contact.csv" in message
    )
    assert partner.store.records.load_records() == Records()


def test_a_force_may_not_load_partner_contacts(node: LocalNode, folder: Path) -> None:
    write(folder, "partner_contact.csv", CONTACT)

    assert "partner_contact.csv: a force may not load this file" in refused(node, folder)


@pytest.mark.parametrize("column", ["diagnosis", "nhs_number", "case_notes"])
def test_a_partner_may_not_bring_columns_outside_its_contract(
    partner: LocalNode, folder: Path, column: str
) -> None:
    for name in FORCE_FILES[1:]:
        (folder / name).unlink()
    write(folder, "nominal.csv", NOMINAL | {"source_system": "PARTNER"})
    write(folder, "partner_contact.csv", CONTACT | {column: CANARY})

    assert f"not allowed here: {column}" in refused(partner, folder)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject_role", "FRIEND"),
        ("partner_type", CANARY),
        ("contact_class", "DIAGNOSIS"),
        ("contact_date", "2026-02-30"),
        ("severity_bucket", "9"),
        ("lawful_gateway", CANARY),
        ("consent", ""),
        ("guardian_release", "YES"),
    ],
)
def test_a_bad_contact_is_refused(partner: LocalNode, folder: Path, column: str, value: str) -> None:
    for name in FORCE_FILES[1:]:
        (folder / name).unlink()
    write(folder, "nominal.csv", NOMINAL | {"source_system": "PARTNER"})
    write(folder, "partner_contact.csv", CONTACT | {column: value})

    assert f"partner_contact.csv, row 2, column {column}: expected" in refused(partner, folder)


def test_a_store_that_fails_half_way_keeps_nothing(
    node: LocalNode, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import node.store.records as store_records

    real = store_records._write

    def fail_at_crimes(connection: Any, table: Any, rows: Any, keys: Any) -> None:
        if table.name == "crime":
            raise OSError("disk full")
        real(connection, table, rows, keys)

    monkeypatch.setattr(store_records, "_write", fail_at_crimes)
    with pytest.raises(OSError, match="disk full"):
        load_folder(node, folder)

    assert node.store.records.load_records() == Records()
