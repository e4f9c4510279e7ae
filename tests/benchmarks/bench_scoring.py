"""People scored and summarised a second from their events. There is no peer that computes this."""

import random
from datetime import timedelta

from scoring.risk.areas import AgencyType
from scoring.risk.event import Event, NamedBy
from scoring.risk.gravity import load_default_gravity_table
from scoring.risk.rfgv import score_events
from scoring.risk.summary import SubjectFacts, summarise_events
from tests.benchmarks.inputs import TODAY
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark

CLASSES = ("105A", "8N", "8L", "8Q", "20A", "19C", "3B")
EVENTS_PER_PERSON = 4


def measure(people: int) -> Sample:
    """Measure one size."""
    drawer = random.Random(7)
    table = load_default_gravity_table()
    held = [[_draw_event(drawer, person, n) for n in range(EVENTS_PER_PERSON)] for person in range(people)]
    facts = SubjectFacts(AgencyType.POLICE)
    month = TODAY.replace(day=1)

    def score_all() -> None:
        for events in held:
            score_events(events, as_of=TODAY, table=table)

    def summarise_all() -> None:
        for events in held:
            summarise_events(events, as_of_month=month, today=TODAY, table=table, facts=facts)

    seconds = measure_in_turn({"clew": score_all, "summaries": summarise_all})
    summaries_s = seconds.pop("summaries")
    return Sample(
        items=people,
        seconds=seconds,
        input_sha256=hash_input(repr(held).encode()),
        notes={
            "events_per_person": EVENTS_PER_PERSON,
            "summaries_per_s": people / summaries_s,
        },
    )


def _draw_event(drawer: random.Random, person: int, number: int) -> Event:
    return Event(
        incident_id=f"bench/{person}-{number}",
        ho_class=drawer.choice(CLASSES),
        occurred_on=TODAY - timedelta(days=drawer.randrange(1, 1_000)),
        named_by=NamedBy.VICTIM,
        victim_tokens=frozenset({f"v{drawer.randrange(3)}"}),
    )


if __name__ == "__main__":
    run_benchmark("scoring", measure, sizes=(500, 1_000, 2_000), about=__doc__ or "")
