"""Loading a folder: everything is checked first, then stored in one transaction or not at all.

Layer: node.ingest, use case. Loading the same folder twice adds nothing. What was collected is logged
(Data Protection Act 2018 section 62) as counts under a commitment, when the log can next be reached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from crypto.errors import InputError
from crypto.log.entry import EventType
from crypto.pki import Role
from node.context import LocalNode
from node.ingest.cells import BadCell, CellParser
from node.ingest.contract import FileContract, list_contracts
from node.ingest.problems import Problem, refuse
from node.ingest.reading import ReadFile, read_file
from node.log_client import prepare_entry
from node.records import Crime, CrimeParty, Nominal, PartnerContact, Records, TableCounts
from scoring.risk.event import INTEL_CODE
from scoring.risk.evidence import RAPE_INCIDENT_PREFIX
from scoring.risk.gravity import GravityTable, load_default_gravity_table

KNOWN_FILES = frozenset({"nominal.csv", "crime.csv", "crime_party.csv", "partner_contact.csv"})


@dataclass(frozen=True, slots=True)
class StoredIds:
    """What a batch may refer to besides itself."""

    nominals: frozenset[str]
    crimes: frozenset[str]


def read_folder(folder: Path, *, role: Role, today: date, table: GravityTable, stored: StoredIds) -> Records:
    """Return the validated records of a folder of canonical CSV files.

    Args:
        folder: Holds ``nominal.csv`` and the other files that the member's role allows.
        role: Force or partner agency.
        today: Latest day of any event.
        table: Offence weights, which list the known offence codes.
        stored: Ids that are held already.

    Raises:
        InputError: One or more problems; the message names each fault once, with rows and no value.
    """
    if not folder.is_dir():
        raise InputError(f"expected a folder of CSV files, got no folder at {folder}")
    contracts = list_contracts(role, today=today, offence=_parse_offence(table))
    problems = _find_foreign_files(folder, contracts, role)
    files = {contract.file: read_file(folder, contract) for contract in contracts}
    problems += [problem for file in files.values() for problem in file.problems]
    if not problems:
        problems = list(_find_dangling(files, stored))
    if problems:
        raise refuse(problems)
    return Records(
        nominals=_records(files, "nominal.csv", Nominal),
        crimes=_records(files, "crime.csv", Crime),
        parties=_records(files, "crime_party.csv", CrimeParty),
        contacts=_records(files, "partner_contact.csv", PartnerContact),
    )


def load_folder(node: LocalNode, folder: Path) -> dict[str, TableCounts]:
    """Validate a folder and store it; return what changed, by table name.

    Raises:
        InputError: As :func:`read_folder`; nothing was stored.
    """
    nominals, crimes = node.store.records.get_ids()
    records = read_folder(
        folder,
        role=node.config.role,
        today=node.clock().date(),
        table=load_default_gravity_table(),
        stored=StoredIds(nominals, crimes),
    )
    value = {
        "nominals": len(records.nominals),
        "crimes": len(records.crimes),
        "parties": len(records.parties),
        "contacts": len(records.contacts),
    }
    entry = prepare_entry(node, EventType.COLLECTION, "BULK_LOAD", value=value)
    salt = (entry.object_ref, entry.salt, value)
    return node.store.records.store_records(records, log_entry=entry.entry, salt=salt)


def _parse_offence(table: GravityTable) -> CellParser:
    def parse(cell: str) -> str:
        if cell == INTEL_CODE or not (cell in table.rows or cell.startswith(RAPE_INCIDENT_PREFIX)):
            raise BadCell("expected an offence code of the agreed weights, such as 8N or 105A")
        return cell

    return parse


def _find_foreign_files(folder: Path, contracts: Sequence[FileContract], role: Role) -> list[Problem]:
    allowed = {contract.file for contract in contracts}
    present = {path.name for path in folder.iterdir()} & KNOWN_FILES
    return [
        Problem(
            name, None, "", f"a {role.value} may not load this file; it may load {', '.join(sorted(allowed))}"
        )
        for name in sorted(present - allowed)
    ]


def _find_dangling(files: dict[str, ReadFile], stored: StoredIds) -> Iterable[Problem]:
    nominals = stored.nominals | {n.nominal_id for n in _records(files, "nominal.csv", Nominal)}
    crimes = stored.crimes | {c.crime_id for c in _records(files, "crime.csv", Crime)}
    references = (
        ("crime_party.csv", "crime_id", crimes, "crime.csv"),
        ("crime_party.csv", "nominal_id", nominals, "nominal.csv"),
        ("partner_contact.csv", "subject_nominal_id", nominals, "nominal.csv"),
    )
    for file, column, known, target in references:
        for row, record in files[file].records if file in files else ():
            if getattr(record, column) not in known:
                yield Problem(file, row, column, f"expected an id of {target} or of an earlier load")


def _records(files: dict[str, ReadFile], name: str, kind: type[Any]) -> tuple[Any, ...]:
    file = files.get(name)
    return () if file is None else tuple(record for _, record in file.records if isinstance(record, kind))
