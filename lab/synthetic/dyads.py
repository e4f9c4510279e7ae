"""Pair a force's suspects and victims and let things happen between them.

Layer: lab. A dyad is one suspect, or nobody known, and one victim. Most never repeat; a few carry most
of the harm (Bland and Ariel 2015, DOMAIN F24). Partners who live together are dyads first; the rest are
paired at random.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.classes import MEAN_OTHER_SEXUAL_EVENTS, DyadPlan
from lab.synthetic.parameters import CrimeRates
from lab.synthetic.registry import ROLES, THEMES

UNKNOWN = -1  # no suspect is known
EXTRA_DYADS = 0.015  # assumed: victims of a second offender
INTIMATE = ("INTIMATE_CURRENT", "INTIMATE_EX")
DOMESTIC = (*INTIMATE, "FAMILY")
DOMESTIC_SHARES = (0.36, 0.44, 0.20)  # assumed
ACQUAINTED_SHARES = {"ACQUAINTANCE": 0.72, "PROFESSIONAL": 0.03, "UNKNOWN": 0.25}  # assumed
STRANGER_SHARE = 0.15  # assumed, of dyads that are neither domestic nor sexual
DOMESTIC_AGE = 16  # Domestic Abuse Act 2021 section 1: both are 16 or over
GAP_DAYS = 70.0  # assumed mean gap between events of one dyad
SERIES_GAP_DAYS = 40.0
SERIES_SHAPE = 1.0  # of the negative binomial: a long tail of long series

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ForcePeople:
    """A force's suspects and victims as rows of its records.

    Attributes:
        records: The force's records; columns as `record_people` returns.
        suspects: Rows of suspects.
        victims: Rows of victims.
    """

    records: pd.DataFrame
    suspects: Ints
    victims: Ints

    @classmethod
    def split(cls, records: pd.DataFrame) -> "ForcePeople":
        """Return the records split by role."""
        role = records["role"].to_numpy()
        return cls(
            records,
            np.flatnonzero(role == ROLES.index("SUSPECT")),
            np.flatnonzero(role == ROLES.index("VICTIM")),
        )


def draw_dyads(
    people: ForcePeople, *, plan: DyadPlan, rates: CrimeRates, repeats: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the dyads of a force: every victim has one, and every known suspect.

    Args:
        people: Suspects and victims.
        plan: Shares that follow from the rates.
        rates: Rates.
        repeats: Share of dyads with more than one event.
        rng: Seeded generator.

    Returns:
        Columns suspect (row of records or UNKNOWN), victim (row), theme, series (a rape series),
        spiking, relationship, domestic, events (number).
    """
    victim, partner = _list_victims(people, rng)
    records = people.records
    theme = records["theme"].to_numpy()[victim]
    series = (theme == THEMES.index("sexual")) & (rng.random(len(victim)) < plan.series_of_sexual)
    age = get_ages(records, victim, records["anchor"].to_numpy()[victim])
    forced = partner != UNKNOWN
    domestic = _choose_domestic(
        rates, theme, series=series, adult=age >= DOMESTIC_AGE, forced=forced, rng=rng
    )
    relationship = _choose_relationships(rates, domestic, series=series, rng=rng)
    relationship[forced & ~np.isin(relationship, INTIMATE)] = "INTIMATE_CURRENT"
    dyads = pd.DataFrame({"victim": victim, "theme": theme, "series": series})
    dyads["relationship"], dyads["domestic"] = relationship, domestic
    violent = theme == THEMES.index("violence")
    dyads["spiking"] = violent & ~domestic & (rng.random(len(victim)) < rates.spiking)
    dyads["suspect"] = _assign_suspects(people, dyads, partner=partner, rates=rates, rng=rng)
    dyads["events"] = _count_events(dyads, rates, repeats, rng)
    return dyads


def get_ages(records: pd.DataFrame, rows: Ints, days_ago: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
    """Return people's true ages in years so many days ago, given born as days since 1970 and today."""
    today = int(records.attrs["today"])
    return np.asarray((today - days_ago - records["born"].to_numpy()[rows]) / 365.25, dtype=float)


def _list_victims(people: ForcePeople, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return the victim of each dyad and, where both are held here, the partner suspected."""
    records = people.records
    first = pd.Series(people.suspects, index=records["person"].to_numpy()[people.suspects])
    first = first[~first.index.duplicated()]
    kin = np.where(records["couple"], records["kin"], UNKNOWN)[people.victims]
    partner = first.reindex(kin).fillna(UNKNOWN).to_numpy().astype(np.int64)
    short = len(people.suspects) - len(people.victims)
    more = max(0, round(short * 1.05)) + round(EXTRA_DYADS * len(people.victims))
    # A slice can leave a small force with suspects alone; then nothing is on record between people.
    extra = rng.choice(people.victims, more) if len(people.victims) else people.victims
    return np.concatenate([people.victims, extra]), np.concatenate([partner, np.full(len(extra), UNKNOWN)])


def _choose_domestic(
    rates: CrimeRates,
    theme: npt.NDArray[np.int8],
    *,
    series: npt.NDArray[np.bool_],
    adult: npt.NDArray[np.bool_],
    forced: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> npt.NDArray[np.bool_]:
    """Choose adult victims' domestic dyads so that each theme has its share, partners among them."""
    domestic = forced & adult
    wanted = (
        (theme == THEMES.index("stalking_harassment"), rates.da_of_stalking_harassment),
        ((theme == THEMES.index("sexual")) & series, rates.da_of_rape),
        ((theme == THEMES.index("sexual")) & ~series, rates.da_of_other_sexual),
        (theme == THEMES.index("violence"), rates.da_of_violence),
        (theme == THEMES.index("non_crime"), 0.85),  # assumed; the others are reports of stalking
    )
    for here, share in wanted:
        free = np.flatnonzero(here & adult & ~domestic)
        missing = round(share * int(here.sum())) - int((here & domestic).sum())
        domestic[rng.permutation(free)[: max(0, missing)]] = True
    return domestic


def _choose_relationships(
    rates: CrimeRates,
    domestic: npt.NDArray[np.bool_],
    *,
    series: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> npt.NDArray[np.object_]:
    count = len(domestic)
    known = rng.choice(
        np.array(list(ACQUAINTED_SHARES), dtype=object), count, p=list(ACQUAINTED_SHARES.values())
    )
    # Strangers are a share of all rapes, of which only those not domestic can be theirs.
    stranger = np.where(series, rates.stranger_of_rape / (1 - rates.da_of_rape), STRANGER_SHARE)
    apart = np.where(rng.random(count) < stranger, "STRANGER", known)
    together = rng.choice(np.array(DOMESTIC, dtype=object), count, p=DOMESTIC_SHARES)
    return np.where(domestic, together, apart).astype(object)


def _assign_suspects(
    people: ForcePeople,
    dyads: pd.DataFrame,
    *,
    partner: Ints,
    rates: CrimeRates,
    rng: np.random.Generator,
) -> Ints:
    """Give every suspect a dyad and each other dyad somebody at random; leave some offenders unknown."""
    suspect = partner.copy()
    unheld = rng.permutation(np.setdiff1d(people.suspects, partner))
    open_dyads = np.flatnonzero(suspect == UNKNOWN)
    crime = (dyads["theme"] != THEMES.index("non_crime")).to_numpy() & ~dyads["series"].to_numpy(dtype=bool)
    spiking = dyads["spiking"].to_numpy(dtype=bool)
    may_lack = open_dyads[(crime & ~dyads["domestic"].to_numpy(dtype=bool) & ~spiking)[open_dyads]]
    spare = max(0, len(open_dyads) - len(unheld))
    spiked = np.flatnonzero(spiking & (rng.random(len(dyads)) < rates.spiking_offender_unknown))
    crimes = int((dyads["theme"] != THEMES.index("non_crime")).sum())
    wanted = round(rates.offender_unknown * crimes)
    lacking = np.concatenate([spiked, rng.permutation(may_lack)[:wanted]])[:spare]
    filled = rng.permutation(np.setdiff1d(open_dyads, lacking))
    suspect[filled[: len(unheld)]] = unheld[: len(filled)]
    rest = filled[len(unheld) :]
    if len(people.suspects):
        suspect[rest] = rng.choice(people.suspects, len(rest))
    return suspect


def _count_events(
    dyads: pd.DataFrame, rates: CrimeRates, repeats: float, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    count = len(dyads)
    further = rng.geometric(1 / rates.further_events, count)
    usual = 1 + np.where(rng.random(count) < repeats, further, 0)
    sexual = (dyads["theme"] == THEMES.index("sexual")).to_numpy()
    single = 1 + (rng.random(count) < MEAN_OTHER_SEXUAL_EVENTS - 1)
    mean = rates.rape_series - 1
    rapes = 1 + rng.negative_binomial(SERIES_SHAPE, SERIES_SHAPE / (SERIES_SHAPE + mean), count)
    return np.select([dyads["series"].to_numpy(dtype=bool), sexual], [rapes, single], usual).astype(np.int64)


def draw_events(
    people: ForcePeople, dyads: pd.DataFrame, *, plan: DyadPlan, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the events of the dyads, one row each, in no order.

    Returns:
        Columns dyad (row), suspect, victim, theme, domestic, relationship, rape, spiking, days_ago,
        female and age (victim's, at the event).
    """
    series = dyads["series"].to_numpy(dtype=bool)
    rapes = dyads["events"].to_numpy()
    others = np.where(series, rng.poisson(plan.others_per_rape * rapes), 0)
    dyad = np.concatenate([np.repeat(np.arange(len(dyads)), rapes), np.repeat(np.arange(len(dyads)), others)])
    rape = np.concatenate([np.repeat(series, rapes), np.zeros(int(others.sum()), dtype=bool)])
    first = np.concatenate([_mark_first(rapes), np.zeros(int(others.sum()), dtype=bool)])
    records = people.records
    victim = dyads["victim"].to_numpy()[dyad]
    anchor = records["anchor"].to_numpy()[victim].astype(np.int64)
    gap = np.where(series[dyad], SERIES_GAP_DAYS, GAP_DAYS) * rng.exponential(1.0, len(dyad))
    days_ago = anchor - np.where(first, 0, np.ceil(gap)).astype(np.int64)
    # An event that would lie ahead falls anywhere since the first one instead.
    since = np.ceil(rng.random(len(dyad)) * anchor).astype(np.int64)
    days_ago = np.where(days_ago < 1, since, days_ago)
    return pd.DataFrame(
        {
            "dyad": dyad,
            "suspect": dyads["suspect"].to_numpy()[dyad],
            "victim": victim,
            "theme": dyads["theme"].to_numpy()[dyad],
            "domestic": dyads["domestic"].to_numpy()[dyad],
            "relationship": dyads["relationship"].to_numpy()[dyad],
            "rape": rape,
            "spiking": dyads["spiking"].to_numpy()[dyad],
            "days_ago": days_ago,
            "female": (records["true_sex"] == "F").to_numpy()[victim],
            "age": get_ages(records, victim, days_ago),
        }
    )


def _mark_first(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    first = np.zeros(int(counts.sum()), dtype=bool)
    first[np.cumsum(counts) - counts] = True
    return first
