"""Who is one person among a member's own nominals, and who of them may be encoded.

Layer: node, pure. Deliberately conservative: two nominals are one person only when they share a PNCID,
or have the same full name and the same exact date of birth; anything less would put one person's
offences on another. Rules: P-08 (covert and protected people never leave), P-14 (nobody under 10),
and only those a record names as perpetrators are encoded in the perpetrator view.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crypto.encoding.standardise import standardise_code, standardise_name, standardise_record
from node.records import Nominal, Records, SubjectRole
from scoring.risk.event import PartyRole

MAX_VARIANTS = 8  # rows that one person adds to a submission; few people are on record in more ways
LEAST_AGE_YEARS = 10  # the age of criminal responsibility in England and Wales
PERPETRATOR_ROLES = frozenset({PartyRole.SUSPECT, PartyRole.OFFENDER_CHARGED, PartyRole.OFFENDER_CONVICTED})


@dataclass(frozen=True, slots=True)
class Person:
    """The nominals that are one person, at least one, in order of id."""

    nominals: tuple[Nominal, ...] = field(repr=False)

    @property
    def nominal_ids(self) -> tuple[str, ...]:
        """Ids of the nominals."""
        return tuple(nominal.nominal_id for nominal in self.nominals)

    @property
    def birth(self) -> date | None:
        """The latest date of birth recorded to the day, or None: the age it gives is never too high."""
        return max((n.exact_dob for n in self.nominals if n.exact_dob is not None), default=None)

    @property
    def never_leaves(self) -> bool:
        """Whether any of the nominals is covert or protected; then none of them leaves (P-08)."""
        return any(nominal.sensitivity.never_leaves for nominal in self.nominals)

    @property
    def is_police_employee(self) -> bool:
        """Whether matches go to professional standards only (DOMAIN F54)."""
        return any(nominal.is_police_employee for nominal in self.nominals)

    @property
    def encoding_fields(self) -> dict[str, str]:
        """Values to encode, from the nominal that records most; see :data:`FEDERATION_FIELDS`."""
        return self._to_fields(max(self.nominals, key=_fullness))

    @property
    def encoding_variants(self) -> tuple[dict[str, str], ...]:
        """Values to encode, once for each way in which the person is on record, fullest first.

        Names, dates and addresses that people have used find them elsewhere; what differs in spelling
        alone counts once, and at most :data:`MAX_VARIANTS` are given.
        """
        fullest_first = sorted(self.nominals, key=_fullness, reverse=True)
        variants: dict[tuple[str, ...], dict[str, str]] = {}
        for fields in map(self._to_fields, fullest_first):
            variants.setdefault(standardise_record(fields, tuple(fields)), fields)
        return tuple(variants.values())[:MAX_VARIANTS]

    def _to_fields(self, nominal: Nominal) -> dict[str, str]:
        dob = nominal.exact_dob or self.birth
        return {
            "forenames": nominal.given_names,
            "surname": nominal.surname,
            "dob": dob.isoformat() if dob else "",
            "sex": nominal.sex_recorded,
            "postcode": nominal.postcode,
            "pncid": nominal.pncid,
        }


def age_on(birth: date, day: date) -> int:
    """Return the age in whole years on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def find_persons(nominals: Iterable[Nominal]) -> tuple[Person, ...]:
    """Return the persons among nominals; every nominal is in exactly one, the order has no effect."""
    held = sorted(nominals, key=lambda nominal: nominal.nominal_id)
    leader = {nominal.nominal_id: nominal.nominal_id for nominal in held}
    first_with: dict[tuple[str, ...], str] = {}
    for nominal in held:
        for key in _identity_keys(nominal):
            _join(leader, nominal.nominal_id, first_with.setdefault(key, nominal.nominal_id))
    groups: dict[str, list[Nominal]] = defaultdict(list)
    for nominal in held:
        groups[_find_leader(leader, nominal.nominal_id)].append(nominal)
    return tuple(Person(tuple(group)) for group in groups.values())


def select_perpetrators(records: Records, *, today: date) -> tuple[Person, ...]:
    """Return the persons that this member encodes in the perpetrator view.

    A force's person needs a link as suspect or offender, a partner agency's a contact as perpetrator
    with a lawful gateway.

    Args:
        records: Everything that the member holds.
        today: The day on which age is judged; someone of unknown age is not taken for a child.
    """
    named = {party.nominal_id for party in records.parties if party.role in PERPETRATOR_ROLES}
    named |= {
        contact.subject_nominal_id
        for contact in records.contacts
        if contact.subject_role is SubjectRole.PERPETRATOR and contact.lawful_gateway
    }
    return tuple(
        person
        for person in find_persons(records.nominals)
        if not named.isdisjoint(person.nominal_ids)
        and not person.never_leaves
        and _is_old_enough(person, today)
    )


def index_persons(persons: Iterable[Person]) -> Mapping[str, Person]:
    """Return the person of each nominal id."""
    return {nominal_id: person for person in persons for nominal_id in person.nominal_ids}


def _is_old_enough(person: Person, today: date) -> bool:
    return person.birth is None or age_on(person.birth, today) >= LEAST_AGE_YEARS


def _identity_keys(nominal: Nominal) -> Iterable[tuple[str, ...]]:
    pncid = standardise_code(nominal.pncid)
    if pncid:
        yield ("pncid", pncid)
    given, surname = standardise_name(nominal.given_names), standardise_name(nominal.surname)
    if given and surname and nominal.exact_dob is not None:
        yield ("name and birth", given, surname, nominal.exact_dob.isoformat())


def _fullness(nominal: Nominal) -> tuple[int, str]:
    values = (nominal.given_names, nominal.surname, nominal.exact_dob, nominal.postcode)
    return sum(1 for value in values if value), nominal.nominal_id


def _join(leader: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_find_leader(leader, one), _find_leader(leader, other)))
    leader[second] = first


def _find_leader(leader: dict[str, str], nominal_id: str) -> str:
    while leader[nominal_id] != nominal_id:
        leader[nominal_id] = leader[leader[nominal_id]]
        nominal_id = leader[nominal_id]
    return nominal_id
