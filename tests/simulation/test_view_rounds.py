"""Rounds of views among real nodes and a real coordinator while calls are lost and parties are killed.

Whatever goes wrong, once calls get through again the round ends with every match that an undisturbed one
finds, each once, every act logged once, and nothing left of it anywhere.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from coordinator.store.log import LogStore
from crypto.log.entry import verify_entry
from node.records import Nominal, Records
from protos.messages import RoundOpening, RoundState
from tests.support import node_bench as bench
from tests.support.people import invent_people
from tests.support.simulated_federation import Faults, SimulatedFederation
from tests.support.view_schemas import make_views_schema

HOLDINGS = {"essex": range(24), "kent": range(16, 40), "surrey": range(20, 44)}
LATE = {"kent": range(8, 10)}  # come while the round is open; Essex holds them too
OPENING = RoundOpening(3600, 3600, 3600, 3600)
STEPS = 120


def make_records(numbers: range) -> Records:
    return Records(
        nominals=tuple(_make_nominal(number) for number in numbers),
        crimes=tuple(bench.make_crime(f"C{number}") for number in numbers),
        parties=tuple(bench.make_party(f"C{number}", f"N{number}") for number in numbers),
    )


def _make_nominal(number: int) -> Nominal:
    (person,) = invent_people(1, skip=number)
    return bench.make_nominal(
        f"N{number}",
        given_names=person["forenames"],
        surname=person["surname"],
        dob=date.fromisoformat(person["dob"]),
        sex_recorded=person["sex"],
        postcode=person["postcode"],
    )


def expected_matches(holdings: dict[str, set[int]]) -> dict[str, set[tuple[str, str]]]:
    return {
        name: {
            (f"N{number}", other)
            for other, others in holdings.items()
            if other != name
            for number in own & others
        }
        for name, own in holdings.items()
    }


@pytest.fixture
def federation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SimulatedFederation]:
    schema = make_views_schema(resolution={"bar": 0.5, "maxShare": 1.0})  # most people here are shared
    made = SimulatedFederation(tmp_path, schema, Faults(Random(request.param)))
    yield made
    made.close()


@pytest.mark.parametrize("federation", range(3), indirect=True)
def test_a_disturbed_round_ends_as_an_undisturbed_one(federation: SimulatedFederation) -> None:
    random = federation.faults.random
    for name, numbers in HOLDINGS.items():
        federation.stores[name].records.store_records(make_records(numbers))
    for name in federation.names:
        federation.turn(name)
    federation.open_round(OPENING)
    federation.turn("kent")
    federation.stores["kent"].records.store_records(make_records(LATE["kent"]))
    federation.turn("kent")  # a second batch, before anything goes wrong

    federation.faults.rate = 0.08
    for _ in range(STEPS):
        if random.random() < 0.4:
            federation.conduct()
        else:
            federation.turn(random.choice(federation.names))
    federation.faults.rate = 0.0
    for _ in range(20):
        federation.conduct()
        for name in federation.names:
            federation.turn(name)

    assert federation.faults.struck > 10, "the control: things did go wrong"
    assert federation.state is RoundState.CLOSED
    holdings = {name: {*HOLDINGS[name], *LATE.get(name, ())} for name in federation.names}
    for name, expected in expected_matches(holdings).items():
        matches = federation.stores[name].rounds.load_matches()
        assert Counter((match.nominal_ids[0], match.counterpart) for match in matches) == Counter(expected)
    _check_logged_once(federation)
    _check_erased(federation)


def _check_logged_once(federation: SimulatedFederation) -> None:
    keys = {name: keys.signing.public_key for name, (_, keys) in federation.members.items()}
    keys["coordinator"] = bench.LOG_KEY.public_key
    entries = [verify_entry(data, keys) for data in LogStore(federation.engine).list_entries()]
    logged = Counter((entry.actor_org, entry.justification_code) for entry in entries)
    for name in federation.names:
        assert logged[name, "ROUND_SUBMISSION"] == (2 if name in LATE else 1)
        assert logged[name, "ROUND_RESOLUTION"] == 1
        assert logged[name, "ROUND_OVER"] == 1
        assert logged[name, "RESOLUTION_REFUSED"] == 0


def _check_erased(federation: SimulatedFederation) -> None:
    left = [path for folder in federation.root.glob("*-rounds") for path in folder.rglob("*")]
    left += list((federation.root / "segments").iterdir())
    assert left == []
    for name in federation.names:
        key = federation.stores[name].federation.find_linkage_key(1)
        assert key is not None
        assert key.step == 2
