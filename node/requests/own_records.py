"""The node's matches and records as requests need them.

Layer: node. The only place here that reads names and addresses. What may be disclosed is read from the
canonical records, item by item; of incidents only those in which the person is suspected or convicted,
never those in which they are a victim or witness, and no intelligence, which is not fact.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from node.assessment import CaseFile, is_juvenile, load_agreed_table, score_person
from node.context import LocalNode
from node.matches import Match
from node.persons import LEAST_AGE_YEARS, PERPETRATOR_ROLES, Person, age_on
from node.records import Crime, CrimeParty, GuardianRelease, PartnerContact, Records, SubjectRole
from node.requests.ports import KnownMatch, OwnRecord
from scoring.policy.vocabulary import ClericalOutcome, DataItem, HandlingCode, Sensitivity
from scoring.risk.areas import AgencyType
from scoring.risk.event import INTEL_CODE, PartyRole
from scoring.risk.gravity import GravityTable

_STRICTEST_LAST = (
    Sensitivity.NORMAL,
    Sensitivity.RESTRICTED,
    Sensitivity.PROTECTED_PERSON,
    Sensitivity.COVERT,
)


class OwnRecords:
    """Matches and records of one node, read once per instance.

    Args:
        node: The node; its records are those at the time of the first question.
    """

    def __init__(self, node: LocalNode) -> None:
        self._node = node

    def find_match(self, match_ref: bytes) -> KnownMatch | None:
        """Return a match with the scores this node knows, or None."""
        match = self._node.store.rounds.find_match(match_ref.hex())
        if match is None:
            return None
        return KnownMatch(
            match_ref=match_ref,
            round_id=match.round_id,
            counterpart=match.counterpart,
            published_at=match.published_at,
            candidate_probability=match.candidate_probability,
            clerical_outcome=ClericalOutcome.NOT_REVIEWED,
            score_if_true=match.score_upper,
            score_interval=(match.score_lower, match.score_upper),
            score_if_false=self._score_own(match),
            rule_override=match.rule_override,
            juvenile=match.juvenile,
            record_ids=match.nominal_ids,
        )

    def find_record(self, match: KnownMatch, *, now: datetime) -> OwnRecord | None:
        """Return what this node holds of the person now, or None when it holds nothing any more."""
        person = self._cases.find_person(match.record_ids)
        if person is None:
            return None
        parties = list(self._find_parties(person))
        return OwnRecord(
            sensitivity=max(
                (Sensitivity(nominal.sensitivity) for nominal in person.nominals), key=_STRICTEST_LAST.index
            ),
            handling_code=HandlingCode.P,
            is_juvenile=is_juvenile(person, now.date()),
            is_under_ten=person.birth is not None and age_on(person.birth, now.date()) < LEAST_AGE_YEARS,
            is_police_employee=person.is_police_employee,
            is_convicted=any(party.role is PartyRole.OFFENDER_CONVICTED for party, _ in parties),
            items=self._list_items(person, parties, now=now),
        )

    @cached_property
    def _records(self) -> Records:
        return self._node.store.records.load_records()

    @cached_property
    def _cases(self) -> CaseFile:
        return CaseFile(self._records, member=self._node.config.member)

    @cached_property
    def _table(self) -> GravityTable:
        return load_agreed_table(self._node.get_agreement().weights_version)

    def _score_own(self, match: Match) -> float:
        person = self._cases.find_person(match.nominal_ids)
        if person is None:
            return 0.0
        return score_person(person, self._cases, as_of=match.published_at.date(), table=self._table).score

    def _find_parties(self, person: Person) -> Iterator[tuple[CrimeParty, Crime]]:
        crimes = {crime.crime_id: crime for crime in self._records.crimes}
        for party in self._records.parties:
            crime = crimes[party.crime_id]
            if (
                party.nominal_id in person.nominal_ids
                and party.role in PERPETRATOR_ROLES
                and crime.ho_class != INTEL_CODE
            ):
                yield party, crime

    def _list_items(
        self, person: Person, parties: list[tuple[CrimeParty, Crime]], *, now: datetime
    ) -> dict[DataItem, Any]:
        items: dict[DataItem, Any] = {DataItem.IDENTITY_CORE: [_identity(n) for n in person.nominals]}
        if postcodes := sorted({n.postcode for n in person.nominals if n.postcode}):
            items[DataItem.ADDRESS_CURRENT] = [{"postcode": postcode} for postcode in postcodes]
        if self._node.config.agency_type == AgencyType.POLICE:
            newest_first = sorted(parties, key=lambda pair: pair[1].committed_from, reverse=True)
            items[DataItem.INCIDENT_LIST] = [self._incident(*pair) for pair in newest_first]
            items[DataItem.OUTCOMES] = [_outcome(crime) for _, crime in newest_first]
            items[DataItem.RISK_GRADES] = self._grade(person, now=now)
        if contacts := [_contact(c) for c in self._records.contacts if _is_released(c, person)]:
            items[DataItem.PARTNER_CONTACT_LEVEL] = contacts
        return items

    def _incident(self, party: CrimeParty, crime: Crime) -> dict[str, Any]:
        row = self._table.find_row(crime.ho_class, crime.ho_detail_code or None)
        return {
            "reference": crime.crime_id,
            "date": crime.committed_from.date().isoformat(),
            "offence_code": crime.ho_class,
            "offence": row.offence if row else "not in the offence table",
            "role": party.role.value,
            "status": crime.status.value,
        }

    def _grade(self, person: Person, *, now: datetime) -> dict[str, Any]:
        own = score_person(person, self._cases, as_of=now.date(), table=self._table)
        return {
            "own_records_score": round(own.score, 1),
            "band": own.band.value,
            "weights_status": own.weights_status,
            "meaning": "a ranking index from the holder's records alone, not a probability",
        }


def _identity(nominal: Any) -> dict[str, Any]:
    return {
        "record": nominal.nominal_id,
        "given_names": nominal.given_names,
        "surname": nominal.surname,
        "date_of_birth": nominal.dob.isoformat() if nominal.dob else None,
        "date_of_birth_quality": nominal.dob_quality.value,
        "sex_recorded": nominal.sex_recorded,
        "pncid": nominal.pncid or None,
    }


def _outcome(crime: Crime) -> dict[str, Any]:
    undecided = "none recorded yet"
    return {"reference": crime.crime_id, "outcome_code": crime.outcome_code or undecided}


def _contact(contact: PartnerContact) -> dict[str, Any]:
    return {
        "partner_type": contact.partner_type,
        "contact_class": contact.contact_class,
        "date": contact.contact_date.isoformat(),
        "severity_bucket": contact.severity_bucket,
    }


def _is_released(contact: PartnerContact, person: Person) -> bool:
    return (
        contact.subject_nominal_id in person.nominal_ids
        and contact.subject_role is SubjectRole.PERPETRATOR
        and contact.guardian_release is GuardianRelease.APPROVED
    )
