"""What a member knows of one of its persons: events to score, the local score, the summary that leaves.

Layer: node, pure. Records become events of :mod:`scoring.risk` here and nowhere else. A partner agency
scores nothing and says only that it is there, and only for subjects its Guardian has released (P-19).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from crypto.errors import StateError
from node.persons import Person, age_on, find_persons, index_persons
from node.records import Crime, CrimeParty, GuardianRelease, PartnerContact, Records, SubjectRole
from scoring.risk.areas import FLAG_AREAS, SPACE_LOCATIONS, AgencyType, ThreatArea
from scoring.risk.event import Event, Marker, PartyRole, VictimAgeBand
from scoring.risk.gravity import VAWG_V1_FLOORS, GravityTable, load_default_gravity_table
from scoring.risk.rfgv import RiskScore, score_events
from scoring.risk.summary import ScoreSummary, SubjectFacts, summarise_events

ADULT_AGE_YEARS = 18
MARKER_COLUMNS: Mapping[str, Marker] = {
    "marker_strangulation": Marker.STRANGULATION,
    "marker_weapon": Marker.WEAPON,
    "marker_child_present": Marker.CHILD_PRESENT,
    "marker_order_breach": Marker.ORDER_BREACH,
}
_AGE_BANDS = [band for band in VictimAgeBand if band is not VictimAgeBand.UNKNOWN]


def load_agreed_table(weights_version: str) -> GravityTable:
    """Return the offence weights of a version; they ship with the program.

    Raises:
        StateError: This release does not have that version.
    """
    table = load_default_gravity_table()
    for candidate in (table, table.with_floors(VAWG_V1_FLOORS)):
        if candidate.version == weights_version:
            return candidate
    raise StateError(
        f"expected offence weights {weights_version[:16]} of the agreement, this release has "
        f"{table.version[:16]}; install the release that the federation agreed",
        code="WEIGHTS_MISMATCH",
    )


class CaseFile:
    """A member's records, arranged so that a person's events are found without a search.

    Args:
        records: Everything that the member holds.
        member: The member's name; with it a crime number is unique in the federation.
    """

    def __init__(self, records: Records, *, member: str) -> None:
        self._member = member
        self._person_of = index_persons(find_persons(records.nominals))
        self._crimes = {crime.crime_id: crime for crime in records.crimes}
        self._by_crime: dict[str, list[CrimeParty]] = defaultdict(list)
        self._by_nominal: dict[str, list[CrimeParty]] = defaultdict(list)
        self._contacts: dict[str, list[PartnerContact]] = defaultdict(list)
        for party in records.parties:
            self._by_crime[party.crime_id].append(party)
            self._by_nominal[party.nominal_id].append(party)
        for contact in records.contacts:
            self._contacts[contact.subject_nominal_id].append(contact)

    def find_person(self, nominal_ids: Sequence[str]) -> Person | None:
        """Return the person of any of these nominals that is still held, or None."""
        found = (self._person_of.get(nominal_id) for nominal_id in nominal_ids)
        return next((person for person in found if person is not None), None)

    def get_events(self, person: Person) -> tuple[Event, ...]:
        """Return everything recorded of a person, in any role; scoring decides what counts."""
        return tuple(
            self._build_event(person, party, self._crimes[party.crime_id])
            for nominal_id in person.nominal_ids
            for party in self._by_nominal[nominal_id]
        )

    def is_released(self, person: Person) -> bool:
        """Whether a Guardian has approved the release of a perpetrator contact with this person (P-19)."""
        return any(
            contact.subject_role is SubjectRole.PERPETRATOR
            and contact.lawful_gateway != ""
            and contact.guardian_release is GuardianRelease.APPROVED
            for nominal_id in person.nominal_ids
            for contact in self._contacts[nominal_id]
        )

    def _build_event(self, person: Person, party: CrimeParty, crime: Crime) -> Event:
        occurred_on = crime.committed_from.date()
        victims = [other for other in self._by_crime[crime.crime_id] if other.role is PartyRole.VICTIM]
        return Event(
            incident_id=f"{self._member}/{crime.crime_id}",
            ho_class=crime.ho_class,
            occurred_on=occurred_on,
            role=party.role,
            named_by=party.named_by,
            ho_detail_code=crime.ho_detail_code or None,
            status=crime.status,
            outcome_code=crime.outcome_code,
            victim_tokens=frozenset(self._person_of[v.nominal_id].nominal_ids[0] for v in victims),
            victim_age_band=_youngest_band([party, *victims]),
            subject_under_16=person.birth is not None and age_on(person.birth, occurred_on) < 16,
            markers=frozenset(m for column, m in MARKER_COLUMNS.items() if getattr(crime, column)),
            flags=_find_areas(crime),
        )


def score_person(person: Person, cases: CaseFile, *, as_of: date, table: GravityTable) -> RiskScore:
    """Return a person's score from this member's own records alone."""
    events = [event for event in cases.get_events(person) if event.occurred_on <= as_of]
    return score_events(events, as_of=as_of, table=table)


def summarise_person(
    person: Person,
    cases: CaseFile,
    *,
    agency_type: AgencyType,
    dates: tuple[date, date],
    table: GravityTable,
) -> ScoreSummary | None:
    """Return what this member tells of a person in a cluster, or None where it is withheld.

    Args:
        person: One of the member's own.
        cases: The member's records.
        agency_type: The member's kind of agency; only the police score events.
        dates: First of the round's month and today.
        table: The agreed weights.
    """
    if person.never_leaves:
        return None
    is_police = agency_type is AgencyType.POLICE
    if not is_police and not cases.is_released(person):
        return None
    as_of_month, today = dates
    return summarise_events(
        # An event dated after today is a fault of the source; it counts once its day has come.
        [event for event in cases.get_events(person) if event.occurred_on <= today] if is_police else (),
        as_of_month=as_of_month,
        today=today,
        table=table,
        facts=SubjectFacts(agency_type, juvenile=is_juvenile(person, today)),
    )


def is_juvenile(person: Person, today: date) -> bool:
    """Whether the person is known to be under 18."""
    return person.birth is not None and age_on(person.birth, today) < ADULT_AGE_YEARS


def _youngest_band(parties: Sequence[CrimeParty]) -> VictimAgeBand:
    known = [party.victim_age_band for party in parties if party.victim_age_band in _AGE_BANDS]
    return min(
        (band for band in known if band is not None), key=_AGE_BANDS.index, default=VictimAgeBand.UNKNOWN
    )


def _find_areas(crime: Crime) -> frozenset[ThreatArea]:
    columns = ("flag_da", "flag_stalking", "flag_online")
    areas = {FLAG_AREAS[column] for column in columns if getattr(crime, column)}
    return frozenset(areas | ({ThreatArea.SPACE} if crime.location_type in SPACE_LOCATIONS else set()))
