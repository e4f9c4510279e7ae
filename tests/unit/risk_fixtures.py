"""Events of DOMAIN's worked scores, shared by the tests of the risk score. All people are invented."""

from datetime import date, timedelta
from typing import Any

from scoring.risk.event import Event, NamedBy, VictimAgeBand
from scoring.risk.gravity import GravityTable, load_default_gravity_table

TODAY = date(2026, 11, 21)
MONTH = date(2026, 11, 1)
TABLE: GravityTable = load_default_gravity_table()


def make_event(ho_class: str, age_days: int, /, *, victim: str = "victim-1", **fields: Any) -> Event:
    """Return a live crime with a suspect named by the victim, unless ``fields`` say otherwise."""
    values: dict[str, Any] = {
        "incident_id": f"{ho_class}@{age_days}",
        "ho_class": ho_class,
        "occurred_on": TODAY - timedelta(days=age_days),
        "named_by": NamedBy.VICTIM,
        "victim_tokens": frozenset({victim}),
    }
    return Event(**(values | fields))


def make_juvenile() -> list[Event]:
    """F01: four offences held by four teams, four victims aged 13 and over, no markers.

    Only 22B has a victim under 16; its weight already holds that, so no marker is added.
    """
    return [
        make_event("19C", 20, victim="v1", victim_age_band=VictimAgeBand.FROM_16_TO_17),
        make_event("20A", 75, victim="v2", victim_age_band=VictimAgeBand.FROM_16_TO_17),
        make_event("22B", 140, victim="v3", victim_age_band=VictimAgeBand.FROM_10_TO_15),
        make_event("88E", 200, victim="v4", victim_age_band=VictimAgeBand.FROM_18_TO_25),
    ]


def make_penny_force_a() -> list[Event]:
    """F09, force A: four assaults and harassment, all closed with outcome 16, the same victim."""
    classes = (("105A", 400), ("105A", 300), ("8N", 210), ("8L", 150))
    return [make_event(code, age, incident_id=f"A/{age}", outcome_code=16) for code, age in classes]


def make_penny_force_b() -> list[Event]:
    """F09, force B: one assault with injury yesterday."""
    return [make_event("8N", 1, incident_id="B/1")]


def make_mixed_series() -> list[Event]:
    """DOMAIN 2.2 "eight mixed DA events, 3 victims".

    DOMAIN gives the score and neither classes nor ages; these eight different classes over eleven months
    are our reading of it.
    """
    codes = ("105A", "8N", "8L", "3B", "008/67", "8R", "58A", "NC-DA")
    ages = (10, 30, 60, 90, 150, 210, 270, 330)
    return [
        make_event(code, age, victim=f"v{position % 3}")
        for position, (code, age) in enumerate(zip(codes, ages, strict=True))
    ]
