"""Turn planted stories into records, crimes and contacts of the canonical tables.

Layer: lab. Only a change of form: every date and code comes from the stories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from lab.synthetic.story import PlantedContact, PlantedCrime, PlantedPerson, Story


@dataclass(frozen=True, slots=True)
class PlantedRecords:
    """Planted rows; each frame has a `member` column beside the canonical ones.

    Attributes:
        records: member, role, person, story, key, nominal_id and the identity columns of a drawn record.
        crimes: Rows of the crime table.
        parties: Rows of the crime_party table.
        contacts: Rows of the partner_contact table.
    """

    records: pd.DataFrame
    crimes: pd.DataFrame
    parties: pd.DataFrame
    contacts: pd.DataFrame


def plant_stories(stories: Sequence[Story], *, nominal_ids: Sequence[str], today: date) -> PlantedRecords:
    """Return the rows of every story.

    Args:
        stories: What to plant.
        nominal_ids: An unused identifier for each planted person, in order.
        today: The day from which ages count.
    """
    fresh = iter(nominal_ids)
    records, crimes, parties, contacts = [], [], [], []
    for story in stories:
        ids = {person.key: next(fresh) for person in story.people}
        members = {person.key: person.member for person in story.people}
        records += [_to_record(story, person, ids[person.key]) for person in story.people]
        for number, crime in enumerate(story.crimes, start=1):
            place = {"member": members[crime.suspect], "crime_id": f"C{story.label.upper()}{number}"}
            crimes.append({**place, **_to_crime(crime, today)})
            parties += [{**place, **party} for party in _to_parties(crime, ids)]
        contacts += [
            {"member": members[contact.subject], **_to_contact(contact, ids[contact.subject], today)}
            for contact in story.contacts
        ]
    return PlantedRecords(*(pd.DataFrame(rows) for rows in (records, crimes, parties, contacts)))


def count_planted(stories: Sequence[Story]) -> int:
    """Return how many records the stories need."""
    return sum(len(story.people) for story in stories)


def _to_record(story: Story, person: PlantedPerson, nominal_id: str) -> dict[str, object]:
    is_contact = person.key in {contact.subject for contact in story.contacts}
    role = "PERPETRATOR" if is_contact else "SUSPECT" if person.key in story.suspects else "VICTIM"
    group = next((index for index, keys in enumerate(story.same_person) if person.key in keys), person.key)
    return {
        "member": person.member,
        "role": role,
        "person": f"{story.label}.{group}",
        "story": story.label,
        "key": person.key,
        "nominal_id": nominal_id,
        "forename": person.forename,
        "middle": person.middle,
        "surname": person.surname,
        "dob": pd.Timestamp(person.dob),
        "dob_quality": "EXACT",
        "sex": person.sex,
        "postcode": person.postcode,
        "address": "",
        "pncid": person.pncid,
        "is_police_employee": False,
        "sensitivity": "NORMAL",
    }


def _to_crime(crime: PlantedCrime, today: date) -> dict[str, str]:
    # Midnight, so that an age in whole days is the same by date and by time.
    at = f"{today - timedelta(days=crime.days_ago)}T00:00:00Z"
    domestic = crime.relationship in ("INTIMATE_CURRENT", "INTIMATE_EX", "FAMILY")
    return {
        "ho_class": crime.ho_class,
        "ho_detail_code": "",
        "committed_from": at,
        "recorded_at": at,
        "status": "OPEN" if crime.outcome is None else "FINALISED",
        "outcome_code": "" if crime.outcome is None else str(crime.outcome),
        "flag_da": "true" if domestic else "false",
        "flag_stalking": "true" if crime.ho_class == "8Q" else "false",
        "flag_online": "false",
        "marker_strangulation": "true" if crime.strangulation else "false",
        "marker_weapon": "false",
        "marker_child_present": "false",
        "marker_order_breach": "false",
        "investigating_team": crime.team,
        "location_type": "PRIVATE_DWELLING" if domestic else "OTHER",
    }


def _to_parties(crime: PlantedCrime, ids: dict[str, str]) -> list[dict[str, str]]:
    suspect = {
        "nominal_id": ids[crime.suspect],
        "role": "SUSPECT",
        "named_by": "VICTIM",
        "relationship": crime.relationship,
        "victim_age_band": "",
    }
    victim = {
        "nominal_id": ids[crime.victim],
        "role": "VICTIM",
        "named_by": "",
        "relationship": "",
        "victim_age_band": crime.victim_age_band,
    }
    return [suspect, victim]


def _to_contact(contact: PlantedContact, nominal_id: str, today: date) -> dict[str, str]:
    return {
        "partner_record_id": f"R{nominal_id}",
        "subject_nominal_id": nominal_id,
        "subject_role": "PERPETRATOR",
        "partner_type": "SOCIAL_CARE_CHILD",
        "contact_class": contact.contact_class,
        "contact_date": str(today - timedelta(days=contact.days_ago)),
        "severity_bucket": "NONE",
        "lawful_gateway": "CA89_S47",
        "consent": "N_A",
        "guardian_release": contact.guardian_release,
    }
