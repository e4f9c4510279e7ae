"""Offence weights: the gravity table, where each weight comes from, and policy floors.

Layer: scoring. Pure, apart from :func:`load_default_gravity_table`, which reads the copy in the package.
Two scales share one table: ``ons_raw`` is the table as it stands, ``vawg_v1`` raises what the ONS scale
is known to understate (DOMAIN 2.1). The version is a digest of everything that sets a weight, so members
who would score the same event differently cannot be combined.
"""

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import resources
from types import MappingProxyType

from crypto.canonical import canonical_digest
from crypto.errors import InputError
from scoring.risk.areas import TABLE_AREAS, ThreatArea

COLUMNS = ("home_office_code", "offence", "vawg_threat_area", "weight", "weight_source", "note")
POLYCRIME_AREA = "context_polycrime"
ANY_AREA = "all"  # an intelligence report: its own theme comes with the event
DETAIL_ROWS: Mapping[str, str] = MappingProxyType({"008/01": "8F", "008/06": "8G"})
"""Detailed codes whose row is a historic class: the table's own notes on 8F, 8G and 8N."""

EXCLUDED_CODES: Mapping[str, str] = MappingProxyType(
    {
        "27": "soliciting: the subject is usually exploited (P-17)",
        "4.2": "infanticide: the mother as subject",
    }
)
"""Codes that never raise a perpetrator score, with the reason."""


class Provenance(StrEnum):
    """Where a weight comes from: the words before the colon of ``weight_source``."""

    LABELLED = "ONS-CSS/LABELLED"
    ORDER_HIGH = "ONS-CSS/ORDER-HIGH"
    ORDER_LOW = "ONS-CSS/ORDER-LOW"
    CASE_LAW = "CASE-LAW"
    PROPOSED = "PROPOSED"

    @property
    def is_placeholder(self) -> bool:
        """Whether the weight must be replaced before live use."""
        return self in (Provenance.ORDER_LOW, Provenance.PROPOSED)


@dataclass(frozen=True, slots=True)
class GravityRow:
    """One row: code, offence, area, weight in days of sentence, provenance, and why it is excluded."""

    code: str
    offence: str
    area: ThreatArea | None
    weight: float
    provenance: Provenance
    excluded: str | None


@dataclass(frozen=True, slots=True)
class FloorPolicy:
    """Least weights of a named scale, agreed by the federation and applied over the table.

    Args:
        name: Name of the scale.
        floors: Least weight of a code.
        at_least: Code to the code whose weight it never falls below (child variant to adult variant).
    """

    name: str
    floors: Mapping[str, float]
    at_least: Mapping[str, str]


VAWG_V1_FLOORS = FloorPolicy(
    "vawg_v1",
    MappingProxyType(
        # The detailed stalking and harassment codes follow their class, so that knowing more about an
        # offence never lowers it under the class's floor.
        dict.fromkeys(("8Q", "195/12", "008/65", "008/66", "008/56"), 182.0)
        | dict.fromkeys(("8L", "008/29", "008/30", "008/31"), 65.0)
        | {"008/67": 365.0, "4.3": 1326.0}
    ),
    MappingProxyType({"19D": "19C", "19E": "19C", "19G": "19F", "19H": "19F", "20B": "20A", "17B": "17A"}),
)
"""The floors DOMAIN 2.1 proposes; members use them only when their agreement names them."""


@dataclass(frozen=True, slots=True)
class GravityTable:
    """Weights by code, immutable, with the digest that names them.

    Args:
        rows: Row of each code.
        version: Lower-case hex SHA-256: of the table's bytes, or of those and the floors.
        scale: ``ons_raw``, or the name of the floor policy.
    """

    rows: Mapping[str, GravityRow]
    version: str
    scale: str = "ons_raw"

    def find_row(self, ho_class: str, ho_detail_code: str | None = None) -> GravityRow | None:
        """Return the row that weighs an offence, or None when neither code is listed.

        The detailed code wins when it has a row: 008/06 within 8N weighs as 8G (ABH) rather than as
        the class average.
        """
        detail = DETAIL_ROWS.get(ho_detail_code or "", ho_detail_code or "")
        return self.rows.get(detail) or self.rows.get(ho_class)

    def get_row(self, ho_class: str, ho_detail_code: str | None = None) -> GravityRow:
        """Return the row that weighs an offence.

        Raises:
            InputError: Neither code is listed; an unlisted offence is refused rather than weighed as 0.
        """
        row = self.find_row(ho_class, ho_detail_code)
        if row is None:
            raise InputError("expected an offence code of the gravity table, got one that is not listed")
        return row

    def with_floors(self, policy: FloorPolicy) -> "GravityTable":
        """Return the table of another scale, under another version.

        Raises:
            InputError: The policy names a code that the table does not list, or this has floors already.
        """
        if self.scale != "ons_raw":
            raise InputError(f"expected a table without floors, got scale {self.scale}")
        named = {*policy.floors, *policy.at_least, *policy.at_least.values()}
        if not named <= self.rows.keys():
            raise InputError(f"floor policy {policy.name}: expected only codes of the gravity table")
        raised = {code: replace(row, weight=self._floor(code, policy)) for code, row in self.rows.items()}
        return GravityTable(MappingProxyType(raised), self._floored_version(policy), policy.name)

    def _floor(self, code: str, policy: FloorPolicy) -> float:
        adult = policy.at_least.get(code)
        least = self._floor(adult, policy) if adult else 0.0
        return max(self.rows[code].weight, policy.floors.get(code, 0.0), least)

    def _floored_version(self, policy: FloorPolicy) -> str:
        body = {
            "table": self.version,
            "scale": policy.name,
            "floors": dict(policy.floors),
            "at_least": dict(policy.at_least),
        }
        return canonical_digest(body)


def parse_gravity_table(data: bytes) -> GravityTable:
    """Return the table in the bytes of ``offence_gravity.csv``, on the scale ``ons_raw``.

    Raises:
        InputError: Not UTF-8 CSV, wrong header, no row, or a row with a repeated code, an unknown
            provenance or threat area, or a weight that is not a finite number of at least 0.
    """
    rows: dict[str, GravityRow] = {}
    for line, cells in _read_rows(data):
        row = _parse_row(line, cells)
        if row.code in rows:
            raise InputError(f"gravity table line {line}: expected each code once, got it again")
        rows[row.code] = row
    if not rows:
        raise InputError("gravity table: expected at least one row, got none")
    return GravityTable(MappingProxyType(rows), hashlib.sha256(data).hexdigest())


def load_default_gravity_table() -> GravityTable:
    """Read and return the table that ships in the package, without floors."""
    return parse_gravity_table((resources.files("scoring.risk") / "data/offence_gravity.csv").read_bytes())


def _read_rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
        header = tuple(next(reader, ()))
        if header != COLUMNS:
            raise InputError(f"gravity table: expected the header {','.join(COLUMNS)}, got another")
        for cells in reader:
            if len(cells) != len(COLUMNS):
                raise InputError(
                    f"gravity table line {reader.line_num}: expected {len(COLUMNS)} cells, got {len(cells)}"
                )
            yield reader.line_num, dict(zip(COLUMNS, cells, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("gravity table: expected UTF-8 CSV, got bytes that do not parse as it") from error


def _parse_row(line: int, cells: Mapping[str, str]) -> GravityRow:
    code, area = cells["home_office_code"], cells["vawg_threat_area"]
    if not code:
        raise InputError(f"gravity table line {line}: expected a code, got an empty cell")
    if area not in TABLE_AREAS and area not in (POLYCRIME_AREA, ANY_AREA):
        raise InputError(f"gravity table line {line}: expected a known threat area, got another word")
    excluded = (
        "non-VAWG offence: poly-criminality only" if area == POLYCRIME_AREA else EXCLUDED_CODES.get(code)
    )
    return GravityRow(
        code,
        cells["offence"],
        TABLE_AREAS.get(area),
        _parse_weight(line, cells),
        _parse_source(line, cells),
        excluded,
    )


def _parse_weight(line: int, cells: Mapping[str, str]) -> float:
    try:
        weight = float(cells["weight"])
    except ValueError as error:
        raise InputError(f"gravity table line {line}: expected a weight in days, got no number") from error
    if not (math.isfinite(weight) and weight >= 0):
        raise InputError(f"gravity table line {line}: expected a finite weight of at least 0 days")
    return weight


def _parse_source(line: int, cells: Mapping[str, str]) -> Provenance:
    try:
        return Provenance(cells["weight_source"].partition(":")[0])
    except ValueError as error:
        raise InputError(
            f"gravity table line {line}: expected a known provenance before the colon"
        ) from error
