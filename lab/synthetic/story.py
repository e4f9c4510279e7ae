"""What a planted story is made of, and which member plays which part in it.

Layer: lab. A story is exact rows relative to a given day, with what must come out of them; keys name
its records, because nominal identifiers are opaque and drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class PlantedPerson:
    """A person as one member recorded them; `key` names the record inside its story."""

    key: str
    member: str
    forename: str = field(repr=False)
    middle: str = field(repr=False)
    surname: str = field(repr=False)
    dob: date = field(repr=False)
    sex: str
    postcode: str = field(repr=False)
    pncid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PlantedCrime:
    """A crime between two planted records of one member, by age in days before `today`."""

    suspect: str
    victim: str
    ho_class: str
    days_ago: int
    outcome: int | None = None
    relationship: str = "UNKNOWN"
    victim_age_band: str = "26-59"
    team: str = "RESPONSE"
    strangulation: bool = False


@dataclass(frozen=True, slots=True)
class PlantedContact:
    """A partner's contact with a planted person."""

    subject: str
    days_ago: int
    guardian_release: str
    contact_class: str = "S47_ENQUIRY"


@dataclass(frozen=True, slots=True)
class Story:
    """Planted records, what happened between them and what must come out.

    Attributes:
        label: Short name, stable.
        expectation: One sentence for people.
        people: Every record, suspects and victims.
        crimes: Crimes between records of one member.
        contacts: A partner's contacts.
        same_person: Groups of suspect keys that are one person, within a member or across members.
        different: Pairs of suspect keys that must not be linked.
        confusable: Pairs of different people whom plain encodings may propose as a candidate all the
            same: a known limit, to be shown and not hidden.
        scores: Expected exact scores by case (DOMAIN 2.2 on exact events), where the story fixes one.
    """

    label: str
    expectation: str
    people: tuple[PlantedPerson, ...]
    crimes: tuple[PlantedCrime, ...] = ()
    contacts: tuple[PlantedContact, ...] = ()
    same_person: tuple[tuple[str, ...], ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    confusable: tuple[tuple[str, str], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def suspects(self) -> tuple[str, ...]:
        """Keys of the records in the perpetrator view, each once, in order."""
        return tuple(dict.fromkeys([c.suspect for c in self.crimes] + [c.subject for c in self.contacts]))


@dataclass(frozen=True, slots=True)
class Cast:
    """Which member plays which part; by name where the federation has it, else another force."""

    essex: str
    kent: str
    west_mercia: str
    partner: str


def choose_cast(forces: Sequence[str], partner: str) -> Cast:
    """Return the cast; at least two different forces play whatever the names are."""
    order = list(
        dict.fromkeys([name for name in ("essex", "kent", "west-mercia") if name in forces] + list(forces))
    )

    def play(name: str, position: int) -> str:
        return name if name in forces else order[position % len(order)]

    kent = play("kent", 0 if "essex" not in forces else 1)
    others = [name for name in order if name != kent]
    essex = "essex" if "essex" in forces else others[0]
    west_mercia = "west-mercia" if "west-mercia" in others else others[-1]
    return Cast(essex=essex, kent=kent, west_mercia=west_mercia, partner=partner)
