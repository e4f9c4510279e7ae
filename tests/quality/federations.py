"""Generated federations as labelled sets: what the nodes of a round would submit, with origin and sex known.

A member's file is what its node encodes for the perpetrator view: one record for each suspect, given names
joined, a date of birth only where it is known to the day. Each person has one nominal in a force, because
a node joins the nominals it knows to be one person before it submits. Rates of error and of origin
processes are the generator's and mostly assumed: these sets rank methods and groups, they do not predict
what a real federation will see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import pandas as pd

from lab.synthetic.federation import MemberData, draw_members, list_true_pairs, plan_federation
from lab.synthetic.parameters import (
    OriginRates,
    Parameters,
    SharingRates,
    choose_errors,
    spread_records,
)
from lab.synthetic.uk_tables import load_uk_tables
from scoring.linkage.matching import Position
from tests.quality.labelled import LabelledSet, build_set
from tests.support.view_schemas import PLAIN

TODAY = date(2026, 1, 5)
OVERLAP = 0.25  # the most of the range that is thought likely: more true pairs, smaller standard errors
URBAN_FORCES = (
    "metropolitan",
    "west-midlands",
    "greater-manchester",
    "west-yorkshire",
    "leicestershire",
)
ROLE = "SUSPECT"
UNSHARED = 4
MAX_RATE = 0.9
NOT_VARIATION = "chinese_home_"  # which spelling is a person's own, not how often records vary from it


@dataclass(frozen=True, slots=True)
class Scenario:
    """One federation to generate.

    Attributes:
        forces: Member names, or none for all 43.
        records: Nominals in all, of which the generator makes somewhat under half suspects.
        level: Error level of the generator.
        note: What it is for.
        origin_factor: How much more often than assumed names vary by origin.
        per_origin: With a positive number, keep at most so many people of each origin whom several
            members hold, and :data:`UNSHARED` times as many others: groups large enough to compare.
            Names of small origins are denser than in the country, so mistaken links are likelier.
    """

    forces: tuple[str, ...]
    records: int
    level: str
    note: str
    origin_factor: float = 1.0
    per_origin: int = 0


SCENARIOS: Mapping[str, Scenario] = {
    "fed5-low": Scenario(URBAN_FORCES, 12_000, "low", "five urban forces, few errors"),
    "fed5-medium": Scenario(URBAN_FORCES, 12_000, "medium", "five urban forces"),
    "fed5-high": Scenario(URBAN_FORCES, 12_000, "high", "five urban forces, many errors"),
    "fed43-low": Scenario((), 9_000, "low", "every force by population, few errors"),
    "fed43-medium": Scenario((), 9_000, "medium", "every force by population"),
    "fed43-high": Scenario((), 9_000, "high", "every force by population, many errors"),
    "origins": Scenario(
        URBAN_FORCES, 250_000, "medium", "five urban forces, origins in equal parts", per_origin=120
    ),
    "origins-double": Scenario(
        URBAN_FORCES,
        250_000,
        "medium",
        "the same, names varying by origin twice as often",
        origin_factor=2.0,
        per_origin=120,
    ),
}


def load_federation(name: str, *, seed: int) -> LabelledSet:
    """Return the labelled set of a scenario, the same for the same seed."""
    return build_federation_set(name, SCENARIOS[name], seed=seed)


def build_federation_set(name: str, scenario: Scenario, *, seed: int) -> LabelledSet:
    """Generate a scenario and return it as a labelled set."""
    plan = plan_federation(make_parameters(scenario, seed=seed))
    members = list(draw_members(plan))
    chosen = choose_suspects(members, scenario.per_origin, seed)
    truth = list_true_pairs(plan, "perpetrator")[["nominal_id_a", "nominal_id_b"]]
    truth = truth[truth["nominal_id_a"].isin(chosen) & truth["nominal_id_b"].isin(chosen)]
    labelled = build_set(
        name,
        [write_records(member, chosen) for member in members],
        truth.set_axis(["rec_id_a", "rec_id_b"], axis=1).to_csv(index=False).encode(),
        schema=PLAIN,
    )
    return replace(
        labelled,
        groups=label_groups(labelled, members),
        note=f"generated: {scenario.note}; errors {scenario.level}, overlap {OVERLAP}, seed {seed}; "
        "origin and sex are the generator's truth",
    )


def make_parameters(scenario: Scenario, *, seed: int) -> Parameters:
    """Return the generator's parameters."""
    rates = OriginRates()
    varied = [f.name for f in fields(rates) if not f.name.startswith(NOT_VARIATION)]
    origins = replace(
        rates, **{name: min(MAX_RATE, getattr(rates, name) * scenario.origin_factor) for name in varied}
    )
    return Parameters(
        sizes=spread_records(scenario.records, choose_forces(scenario.forces)),
        partner=None,
        stories=False,
        seed=seed,
        today=TODAY,
        error_level=scenario.level,
        sharing=replace(SharingRates(), overlap=OVERLAP, several_nominals=0.0),
        origins=origins,
        errors=choose_errors(scenario.level),
    )


def choose_forces(names: tuple[str, ...]) -> dict[str, float]:
    """Return member name to weight: equal for the forces named, population for all 43."""
    if names:
        return dict.fromkeys(names, 1.0)
    populations = load_uk_tables().populations
    members = populations["pfa"].str.lower().str.replace(" & ", "-and-").str.replace(" ", "-")
    return dict(zip(members.tolist(), populations["total"].astype(float).tolist(), strict=True))


def choose_suspects(members: list[MemberData], per_origin: int, seed: int) -> set[str]:
    """Return the nominal ids of the suspects that take part, of everyone or in equal parts by origin."""
    people = pd.concat([member.people for member in members])
    people = people[people["role"] == ROLE]
    if per_origin:
        persons = people.groupby("ent_id").agg(origin=("origin", "first"), holders=("member", "nunique"))
        persons = persons.sample(frac=1.0, random_state=seed)
        shared = persons["holders"] > 1
        rank = persons.groupby([persons["origin"], shared]).cumcount()
        kept = persons[rank < shared.map({True: per_origin, False: UNSHARED * per_origin})]
        people = people[people["ent_id"].isin(kept.index)]
    return set(people["nominal_id"])


def write_records(member: MemberData, chosen: set[str]) -> bytes:
    """Return the chosen records of a member as the CSV of what its node would encode."""
    nominals = member.tables["nominal"]
    own = nominals[nominals["nominal_id"].isin(chosen)]
    return (
        pd.DataFrame(
            {
                "rec_id": own["nominal_id"],
                "forenames": own["given_names"],
                "surname": own["surname"],
                "dob": own["dob"].where(own["dob_quality"] == "EXACT", ""),
                "sex": own["sex_recorded"],
                "postcode": own["postcode"],
            }
        )
        .to_csv(index=False)
        .encode()
    )


def label_groups(labelled: LabelledSet, members: list[MemberData]) -> dict[str, dict[Position, str]]:
    """Return each record's true origin and sex."""
    groups: dict[str, dict[Position, str]] = {"origin": {}, "sex": {}}
    for dataset, (file, member) in enumerate(zip(labelled.files, members, strict=True)):
        columns = (member.people[name].tolist() for name in ("nominal_id", "origin", "sex"))
        of_record = {nominal: (origin, sex) for nominal, origin, sex in zip(*columns, strict=True)}
        for record, nominal_id in enumerate(file.ids):
            origin, sex = of_record[nominal_id]
            groups["origin"][dataset, record] = origin.replace("_", " ")
            groups["sex"][dataset, record] = "female" if sex == "F" else "male"
    return groups
