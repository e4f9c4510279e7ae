"""Events grouped into incidents: one crime number is one event to the score.

Layer: scoring. Pure. This is where the window, the exclusions and the same-incident rule act, so that the
score, its explanation and the summary that leaves the member all see the same incidents.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crypto.errors import InputError
from scoring.risk.areas import ThreatArea
from scoring.risk.event import Event
from scoring.risk.evidence import evidential_quality, find_exclusion, is_rape_incident, marker_multiplier
from scoring.risk.gravity import GravityRow, GravityTable

WINDOW_DAYS = 1095
OTHER_CLASSES_SHARE = 0.25  # of the harm of the lesser classes in one incident
OVERRIDE_HARM = 1000.0  # q*w of the rule override, in days of sentence
OVERRIDE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident that counts.

    Args:
        key: Reference of the incident; local to the member.
        codes: Codes that weigh, heaviest first.
        age_days: Days since it happened; of the most recent of its records.
        quality: q, the best of its records.
        gravity: q*w over its classes, without markers: what the rule override reads.
        harm: q*m*w over its classes.
        victims: Tokens of its victims.
        areas: Threat areas of its classes and flags.
        is_intel: Whether it is an intelligence report.
        placeholders: The codes among ``codes`` whose weight is a placeholder.
    """

    key: str = field(repr=False)
    codes: tuple[str, ...]
    age_days: int
    quality: float
    gravity: float
    harm: float
    victims: frozenset[str] = field(repr=False)
    areas: frozenset[ThreatArea]
    is_intel: bool
    placeholders: frozenset[str]

    @property
    def overrides(self) -> bool:
        """Whether this incident alone lifts the band to HIGH (X4)."""
        return self.gravity >= OVERRIDE_HARM and self.age_days <= OVERRIDE_DAYS


@dataclass(frozen=True, slots=True)
class _Record:
    event: Event
    row: GravityRow
    age_days: int
    quality: float

    @property
    def gravity(self) -> float:
        return self.quality * self.row.weight

    @property
    def harm(self) -> float:
        return self.gravity * marker_multiplier(self.event, self.row.code)


def find_incidents(events: Iterable[Event], *, as_of: date, table: GravityTable) -> tuple[Incident, ...]:
    """Return the incidents that count on a day, by key; the order of ``events`` has no effect.

    Left out: records older than the window, of quality 0, and of excluded classes or circumstances.

    Args:
        events: Everything a member holds on one person.
        as_of: The day of the score.
        table: Weights.

    Raises:
        InputError: An event lies after ``as_of``, or its offence is not in the table.
    """
    groups: dict[tuple[str, bool], list[_Record]] = defaultdict(list)
    for event in events:
        record = _find_record(event, as_of=as_of, table=table)
        if record is not None:
            groups[event.incident_key, event.is_intel].append(record)
    return tuple(_merge_records(key, groups[key, is_intel]) for key, is_intel in sorted(groups))


def _find_record(event: Event, *, as_of: date, table: GravityTable) -> _Record | None:
    age_days = (as_of - event.occurred_on).days
    if age_days < 0:
        raise InputError("expected events on or before the day of the score, got a later one")
    quality = evidential_quality(event)
    if is_rape_incident(event):
        return None
    row = table.get_row(event.ho_class, event.ho_detail_code)
    if age_days > WINDOW_DAYS or quality == 0 or find_exclusion(event, row) is not None:
        return None
    return _Record(event, row, age_days, quality)


def _merge_records(key: str, records: list[_Record]) -> Incident:
    gravity: dict[str, float] = defaultdict(float)
    harm: dict[str, float] = defaultdict(float)
    # The same class twice in one incident is one class: the same row ingested or transferred again.
    for record in records:
        gravity[record.row.code] = max(gravity[record.row.code], record.gravity)
        harm[record.row.code] = max(harm[record.row.code], record.harm)
    return Incident(
        key=key,
        codes=tuple(sorted(harm, key=lambda code: (-harm[code], code))),
        age_days=min(record.age_days for record in records),
        quality=max(record.quality for record in records),
        gravity=_same_incident(gravity),
        harm=_same_incident(harm),
        victims=_victims(records),
        areas=frozenset().union(*(_areas(record) for record in records)),
        is_intel=records[0].event.is_intel,
        placeholders=frozenset(record.row.code for record in records if record.row.provenance.is_placeholder),
    )


def _same_incident(by_code: Mapping[str, float]) -> float:
    """Return max(w) + 0.25 * sum(others), DOMAIN 2.2."""
    ordered = sorted(by_code.values(), reverse=True)
    return ordered[0] + OTHER_CLASSES_SHARE * math.fsum(ordered[1:])


def _victims(records: list[_Record]) -> frozenset[str]:
    """Return the victims of the records; intelligence counts towards frequency only."""
    return frozenset().union(*(r.event.victim_tokens for r in records if not r.event.is_intel))


def _areas(record: _Record) -> frozenset[ThreatArea]:
    own = frozenset() if record.row.area is None else frozenset({record.row.area})
    return own | record.event.flags
