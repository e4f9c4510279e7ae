"""A node takes the generated files as they are, and sees in them the persons that the lab meant."""

from datetime import date
from pathlib import Path

import pytest

from crypto.pki.identity import Role
from lab.population import Federation, generate_federation, write_federation
from node.ingest.load import StoredIds, read_folder
from node.persons import find_persons, select_perpetrators
from node.records import Records
from scoring.risk.gravity import load_default_gravity_table

TODAY = date(2026, 11, 21)
NOTHING_STORED = StoredIds(frozenset(), frozenset())


@pytest.fixture(scope="module")
def federation() -> Federation:
    return generate_federation(
        forces=["essex", "kent", "west-mercia"],
        partner="social-care",
        records_per_force=400,
        seed=9,
        today=TODAY,
    )


@pytest.fixture(scope="module")
def loaded(federation: Federation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Records]:
    directory: Path = tmp_path_factory.mktemp("federation")
    write_federation(federation, directory)
    table = load_default_gravity_table()
    return {
        member.name: read_folder(
            directory / "members" / member.name,
            role=Role[member.role],
            today=TODAY,
            table=table,
            stored=NOTHING_STORED,
        )
        for member in federation.members
    }


def test_every_row_of_every_member_is_accepted(federation: Federation, loaded: dict[str, Records]) -> None:
    for member in federation.members:
        assert len(loaded[member.name].nominals) == len(member.tables["nominal"])


def test_the_juvenile_is_the_one_person_a_force_holds_several_times(
    federation: Federation, loaded: dict[str, Records]
) -> None:
    boy = {r.nominal_id for r in federation.story_records["juvenile"] if r.key.startswith("boy")}
    repeated = {
        name: [
            set(person.nominal_ids) for person in find_persons(records.nominals) if len(person.nominals) > 1
        ]
        for name, records in loaded.items()
    }

    assert repeated == {"essex": [boy], "kent": [], "west-mercia": [], "social-care": []}


def test_both_records_of_every_true_pair_are_encoded(
    federation: Federation, loaded: dict[str, Records]
) -> None:
    encoded = {
        name: {i for person in select_perpetrators(records, today=TODAY) for i in person.nominal_ids}
        for name, records in loaded.items()
    }

    assert len(federation.truth) > 10
    for pair in federation.truth.itertuples():
        assert pair.nominal_id_a in encoded[pair.member_a]
        assert pair.nominal_id_b in encoded[pair.member_b]
