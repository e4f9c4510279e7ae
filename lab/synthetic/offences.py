"""Write a force's crimes and their parties in the canonical tables.

Layer: lab. Flags, outcomes and places come at the shares of S2; tables are those of
`../shared/data/canonical_schema.csv`. Crimes without a known suspect are there too, so that outcomes
can be compared with published ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.classes import (
    CSAE_CLASSES,
    OTHER_OFFENDING,
    SPIKING,
    DyadPlan,
    draw_classes,
    get_mix,
)
from lab.synthetic.dyads import UNKNOWN, ForcePeople, draw_dyads, draw_events
from lab.synthetic.parameters import CrimeRates
from lab.synthetic.registry import THEMES, WINDOW_DAYS

OPEN_SHARE_BY_AGE = ((60, 0.8), (180, 0.4), (WINDOW_DAYS + 1, 0.08))  # assumed
# Outcomes of closed crimes beside those that S2 gives (assumed): with a named suspect, and without.
NAMED_OUTCOMES = {3: 0.10, 8: 0.24, 10: 0.14, 20: 0.20, 21: 0.14, 22: 0.18}
UNNAMED_OUTCOMES = {14: 0.20, 18: 0.80}
NAMED_BY_SHARES = {"VICTIM": 0.72, "WITNESS": 0.12, "POLICE": 0.16}  # assumed
ONLINE_LIKELIHOOD = {
    "8R": 1.0,
    "88A": 1.0,
    "8Q": 0.15,
    "8L": 0.12,
    "8M": 0.12,
    "71": 0.4,
}  # assumed, relative
LOCATION_SHARES = {
    "PRIVATE_DWELLING": 0.63,
    "PUBLIC": 0.23,
    "NTE_VENUE": 0.08,
    "WORKPLACE": 0.04,
    "OTHER": 0.02,
}
VIOLENT_CLASSES = ("8N", "5D", "105A", "3B")
TEAMS = ("RESPONSE", "DA_UNIT", "CID", "SEXUAL_OFFENCES", "NEIGHBOURHOOD")
AGE_BANDS = ("0-9", "10-15", "16-17", "18-25", "26-59", "60+")
AGE_BAND_EDGES = (10, 16, 18, 26, 60)
CRIME_COLUMNS = (
    "crime_id", "ho_class", "ho_detail_code", "committed_from", "recorded_at", "status",
    "outcome_code", "flag_da", "flag_stalking", "flag_online", "marker_strangulation",
    "marker_weapon", "marker_child_present", "marker_order_breach", "investigating_team",
    "location_type",
)  # fmt: skip
PARTY_COLUMNS = ("crime_id", "nominal_id", "role", "named_by", "relationship", "victim_age_band")
# Canonical columns of the crime table that today's node does not read yet.
FLAG_COLUMNS = ("crime_id", "flag_cse", "flag_spiking", "flag_group_based")

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Cases:
    """The crime, crime_party and crime_flags tables of one force, text as in the CSV, and the events."""

    crimes: pd.DataFrame
    parties: pd.DataFrame
    flags: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Setting:
    """What is particular about a force: its area, its plan and how often victims are so again."""

    area: str
    plan: DyadPlan
    repeats: float


def pick(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> Words:
    """Return `count` keys drawn with the given shares, which must sum to 1."""
    return np.asarray(rng.choice(np.array(list(shares), dtype=object), count, p=list(shares.values())))


def write_flags(flags: Flags) -> Words:
    """Return booleans as the canonical CSV text, true or false."""
    return np.where(flags, "true", "false").astype(object)


def write_days(days: npt.NDArray[Any]) -> Words:
    """Return dates as text, nothing for none."""
    texts = np.datetime_as_string(days.astype("datetime64[D]"))
    return np.where(texts == "NaT", "", texts).astype(object)


def find_age_band(ages: npt.NDArray[np.float64]) -> Words:
    """Return the canonical age band of each age in years."""
    return np.array(AGE_BANDS, dtype=object)[np.digitize(ages, AGE_BAND_EDGES)]


def draw_ids(rng: np.random.Generator, prefix: str, count: int) -> list[str]:
    """Return distinct opaque identifiers: a prefix and eight random digits."""
    return [f"{prefix}{number + 10_000_000}" for number in rng.choice(90_000_000, count, replace=False)]


def draw_cases(
    records: pd.DataFrame,
    *,
    setting: Setting,
    rates: CrimeRates,
    today: np.datetime64,
    rng: np.random.Generator,
) -> Cases:
    """Return crimes in which every suspect and every victim of a force takes part at least once.

    Args:
        records: The force's records, as `record_people` returns them.
        setting: What is particular about the force.
        rates: Rates.
        today: The day of days_ago 0.
        rng: Seeded generator.
    """
    records.attrs["today"] = int(today.astype("datetime64[D]").astype(int))
    people = ForcePeople.split(records)
    dyads = draw_dyads(people, plan=setting.plan, rates=rates, repeats=setting.repeats, rng=rng)
    events = draw_events(people, dyads, plan=setting.plan, rng=rng)
    events["ho_class"] = draw_classes(events, area=setting.area, rates=rates, rng=rng)
    events = pd.concat([events, _draw_other_offending(events, setting.area, rates, rng)], ignore_index=True)
    events["crime_id"] = draw_ids(rng, "C", len(events))
    return Cases(
        crimes=_describe_crimes(events, rates, today, rng)[list(CRIME_COLUMNS)],
        parties=_list_parties(events, records, rng)[list(PARTY_COLUMNS)],
        flags=_describe_flags(events, rates, rng)[list(FLAG_COLUMNS)],
        events=events,
    )


def _draw_other_offending(
    events: pd.DataFrame, area: str, rates: CrimeRates, rng: np.random.Generator
) -> pd.DataFrame:
    """Return crimes of VAWG suspects that are no VAWG: robbery, burglary, drugs, public order (F23)."""
    crime = events[(events["theme"] != THEMES.index("non_crime")) & (events["suspect"] != UNKNOWN)]
    suspects = np.unique(crime["suspect"].to_numpy())
    chosen = suspects[rng.random(len(suspects)) < rates.other_offending]
    suspect = np.repeat(chosen, rng.geometric(0.7, len(chosen)))
    return pd.DataFrame(
        {
            "dyad": UNKNOWN,
            "suspect": suspect,
            "victim": UNKNOWN,
            "theme": UNKNOWN,
            "domestic": False,
            "relationship": "",
            "rape": False,
            "spiking": False,
            "days_ago": rng.integers(1, WINDOW_DAYS, len(suspect)),
            "female": False,
            "age": np.nan,
            "ho_class": rng.choice(
                np.array(OTHER_OFFENDING, dtype=object), len(suspect), p=get_mix(area, OTHER_OFFENDING)
            ),
        }
    )


def _describe_crimes(
    events: pd.DataFrame, rates: CrimeRates, today: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    count = len(events)
    classes, domestic = events["ho_class"].to_numpy(dtype=object), events["domestic"].to_numpy(dtype=bool)
    days_ago, vawg = events["days_ago"].to_numpy(), (events["theme"] >= 0).to_numpy()
    non_crime = (events["theme"] == THEMES.index("non_crime")).to_numpy()
    shares = np.select(
        [days_ago < limit for limit, _ in OPEN_SHARE_BY_AGE], [s for _, s in OPEN_SHARE_BY_AGE]
    )
    is_open = (rng.random(count) < shares) & ~non_crime
    committed = today.astype("datetime64[D]") - days_ago.astype("timedelta64[D]")
    recorded = np.minimum(committed + rng.geometric(0.3, count) - 1, today.astype("datetime64[D]") - 1)
    likelihood = events["ho_class"].map(ONLINE_LIKELIHOOD).fillna(0.0).to_numpy(dtype=float)
    online = _choose(likelihood * (vawg & ~non_crime), rates.online, vawg & ~non_crime, rng)
    young = np.where(events["age"].to_numpy() < 22, 4.0, 0.2) * (vawg & ~non_crime & ~online & ~domestic)
    education = _choose(young, rates.education, vawg & ~non_crime, rng)
    violent = np.isin(classes, VIOLENT_CLASSES)
    return pd.DataFrame(
        {
            "crime_id": events["crime_id"],
            "ho_class": classes,
            "ho_detail_code": "",
            "committed_from": _write_times(committed, rng.integers(0, 24, count)),
            "recorded_at": _write_times(recorded, np.full(count, 23)),
            "status": np.where(is_open, "OPEN", "FINALISED"),
            "outcome_code": _draw_outcomes(events, rates, closed=~is_open & ~non_crime, rng=rng),
            "flag_da": write_flags(domestic),
            "flag_stalking": write_flags(classes == "8Q"),
            "flag_online": write_flags(online),
            "marker_strangulation": write_flags(violent & domestic & (rng.random(count) < 0.05)),
            "marker_weapon": write_flags(violent & (rng.random(count) < 0.06)),
            "marker_child_present": write_flags(domestic & (rng.random(count) < 0.15)),
            "marker_order_breach": write_flags(domestic & (rng.random(count) < 0.03)),
            "investigating_team": rng.choice(np.array(TEAMS, dtype=object), count),
            "location_type": np.select(
                [online, education], ["ONLINE", "EDUCATION"], pick(rng, LOCATION_SHARES, count)
            ),
        }
    )


def _choose(
    likelihood: npt.NDArray[np.floating[Any]], share: float, among: Flags, rng: np.random.Generator
) -> Flags:
    """Return flags that are likelier where the likelihood is, and a share of those among in the mean."""
    wanted, total = share * float(among.sum()), float(likelihood.sum())
    scaled = np.minimum(1.0, likelihood * (wanted / total if total else 0.0))
    # What is cut off at certainty is made up by the others.
    room = float((scaled * (scaled < 1)).sum())
    missing = wanted - float(scaled.sum())
    scaled = np.where(scaled < 1, scaled * (1 + missing / room if room else 1.0), scaled)
    return np.asarray(rng.random(len(likelihood)) < scaled)


def _draw_outcomes(
    events: pd.DataFrame, rates: CrimeRates, *, closed: Flags, rng: np.random.Generator
) -> Words:
    """Charge and evidential outcomes are shares of all closed crimes and need a named suspect."""
    named = (events["suspect"] != UNKNOWN).to_numpy()
    vawg = closed & (events["theme"] >= 0).to_numpy()
    share = float((vawg & named).sum()) / max(1, int(vawg.sum())) or 1.0
    charged, evidential = rates.charged / share, min(rates.evidential / share, 0.9)
    rest = 1 - charged - evidential
    shares = {1: charged, 15: evidential * 0.45, 16: evidential * 0.55}
    shares |= {code: rest * part for code, part in NAMED_OUTCOMES.items()}
    count = len(events)
    with_suspect = rng.choice(list(shares), count, p=list(shares.values())).astype(str)
    without = rng.choice(list(UNNAMED_OUTCOMES), count, p=list(UNNAMED_OUTCOMES.values())).astype(str)
    return np.where(closed, np.where(named, with_suspect, without), "").astype(object)


def _describe_flags(events: pd.DataFrame, rates: CrimeRates, rng: np.random.Generator) -> pd.DataFrame:
    classes = events["ho_class"].to_numpy(dtype=object)
    abuse = np.isin(classes, list(CSAE_CLASSES)) & (events["age"] < 18).to_numpy()
    return pd.DataFrame(
        {
            "crime_id": events["crime_id"],
            "flag_cse": write_flags(np.isin(classes, ["71", "22B", "88A"]) & (rng.random(len(events)) < 0.4)),
            "flag_spiking": write_flags(classes == SPIKING),
            "flag_group_based": write_flags(_choose(abuse.astype(float), rates.group_of_csae, abuse, rng)),
        }
    )


def _list_parties(events: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    ids = records["nominal_id"].to_numpy(dtype=object)
    named, hurt = events[events["suspect"] != UNKNOWN], events[events["victim"] != UNKNOWN]
    suspects = pd.DataFrame(
        {
            "crime_id": named["crime_id"],
            "nominal_id": ids[named["suspect"]],
            "role": "SUSPECT",
            "named_by": pick(rng, NAMED_BY_SHARES, len(named)),
            "relationship": named["relationship"],
            "victim_age_band": "",
        }
    )
    victims = pd.DataFrame(
        {
            "crime_id": hurt["crime_id"],
            "nominal_id": ids[hurt["victim"]],
            "role": "VICTIM",
            "named_by": "",
            "relationship": "",
            "victim_age_band": find_age_band(hurt["age"].to_numpy()),
        }
    )
    return pd.concat([suspects, victims], ignore_index=True)


def _write_times(days: npt.NDArray[np.datetime64], hours: npt.NDArray[np.int_]) -> Words:
    clock = np.array([f"T{hour:02d}:00:00Z" for hour in range(24)], dtype=object)
    return np.asarray(write_days(days) + clock[hours])
