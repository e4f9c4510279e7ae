"""Choose the Home Office class of each event: mix by force from recorded crime, shares from S2.

Layer: lab. The mix within a theme is that of crime recorded in 2017/18 in the force's area; coercive
control and strangulation came later and get their own shares.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.parameters import CrimeRates
from lab.synthetic.registry import THEMES
from lab.synthetic.uk_tables import load_uk_tables

STALKING_CLASSES = ("8L", "8Q", "8R", "8M")
DOMESTIC_CLASSES = ("8N", "105A", "3B", "5D", "5E", "36", "58A", "2")
OTHER_VIOLENCE = ("8N", "105A", "3B", "5D", "5E", "36", "8P", "105B")
OTHER_OFFENDING = ("34B", "28E", "92A", "9A")
CCB, STRANGULATION, SPIKING = "008/67", "008/77", "008/02"
NON_CRIME_DA, NON_CRIME_STALKING = "NC-DA", "NC-STK"
RAPES = frozenset({"19C", "19D", "19E", "19F", "19G", "19H"})
# Rape by sex and age under 13, 13-15, 16 and over.
RAPE_CLASSES = {True: ("19E", "19D", "19C"), False: ("19H", "19G", "19F")}
OTHER_SEXUAL = {
    True: (("20B", "21", "88E"), ("22B", "20A", "88A", "71", "88E"), ("20A", "88E", "22A")),
    False: (("17B", "21", "88E"), ("22B", "17A", "88A", "71", "88E"), ("17A", "88E", "22A")),
}
SEXUAL_CLASSES = RAPES | {c for ages in OTHER_SEXUAL.values() for classes in ages for c in classes}
VIOLENCE_CLASSES = frozenset({*DOMESTIC_CLASSES, *OTHER_VIOLENCE, CCB, STRANGULATION, SPIKING})
CSAE_CLASSES = frozenset({"19D", "19E", "19G", "19H", "17B", "20B", "21", "22B", "71", "88A"})
AGE_EDGES = (13, 16)
Fill = Callable[[npt.NDArray[np.bool_], Mapping[str, float]], None]
MEAN_OTHER_SEXUAL_EVENTS = 1.2  # of dyads without rape


@dataclass(frozen=True, slots=True)
class DyadPlan:
    """Shares that follow from the rates: of dyads by theme, and of series among sexual dyads."""

    themes: tuple[float, ...]
    series_of_sexual: float
    others_per_rape: float


def plan_dyads(rates: CrimeRates, stalking_share: float) -> DyadPlan:
    """Solve for the shares of dyads that give the wanted shares of crimes."""
    events = 1 + rates.dyad_repeats * rates.further_events
    rape = rates.sexual * rates.rape_of_sexual
    other = rates.sexual - rape
    series = rape / rates.rape_series
    single = other * (1 - rates.sexual_in_series) / MEAN_OTHER_SEXUAL_EVENTS
    # Sexual offences have more women among their victims; shares are meant of women's crimes.
    women = rates.other_victims_female / rates.sexual_victims_female
    crimes = {
        "stalking_harassment": stalking_share / events,
        "sexual": (series + single) * women,
        "violence": (1 - stalking_share - rates.sexual) / events,
    }
    total = sum(crimes.values()) / (1 - rates.non_crime_dyads)
    themes = [crimes.get(theme, 0.0) / total for theme in THEMES]
    themes[THEMES.index("non_crime")] = rates.non_crime_dyads
    return DyadPlan(
        themes=tuple(themes),
        series_of_sexual=series / (series + single),
        others_per_rape=other * rates.sexual_in_series / rape,
    )


def spread_stalking(
    rates: CrimeRates, sizes: Mapping[str, int], areas: Mapping[str, str]
) -> dict[str, float]:
    """Return each force's share of stalking and harassment: its own of 2017/18, moved to S2's mean.

    The recorded shares are shifted on the logit scale until the mean by size is S2's, and kept inside
    the range that S2 gives.
    """
    offences = load_uk_tables().offences
    themed = offences[offences["ho_class"].isin([*STALKING_CLASSES, *VIOLENCE_CLASSES, *SEXUAL_CLASSES])]
    is_stalking = themed["ho_class"].isin(STALKING_CLASSES)
    total = themed.groupby("pfa")["recorded"].sum()
    stalking = themed[is_stalking].groupby("pfa")["recorded"].sum() / total
    raw = [float(stalking[areas[name]]) for name in sizes]
    logits = np.log(np.array(raw) / (1 - np.array(raw)))
    weights = np.array(list(sizes.values()), dtype=float)
    low, high = -6.0, 6.0
    for _ in range(50):
        middle = (low + high) / 2
        shares = 1 / (1 + np.exp(-(logits + middle)))
        shares = np.clip(shares, rates.stalking_harassment_least, rates.stalking_harassment_most)
        too_low = float(weights @ shares / weights.sum()) < rates.stalking_harassment
        low, high = (middle, high) if too_low else (low, middle)
    return dict(zip(sizes, [float(share) for share in shares], strict=True))


@lru_cache(maxsize=512)
def get_mix(area: str, classes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the classes' shares among themselves in crime recorded in the area."""
    table = load_uk_tables().offences
    here = table[table["pfa"] == area].set_index("ho_class")["recorded"].reindex(list(classes))
    counts = here.fillna(0).to_numpy(dtype=float) + 0.5  # a class never recorded is rare, not impossible
    mix: npt.NDArray[np.float64] = counts / counts.sum()
    return mix


def get_domestic_mix(area: str, rates: CrimeRates) -> dict[str, float]:
    """Return the classes of domestic violence with their shares; control is a share of all domestic crime."""
    rape = rates.sexual * rates.rape_of_sexual
    violent = (1 - rates.stalking_harassment - rates.sexual) * rates.da_of_violence
    domestic = (
        rates.stalking_harassment * rates.da_of_stalking_harassment
        + rape * rates.da_of_rape
        + (rates.sexual - rape) * rates.da_of_other_sexual
        + violent
    )
    own = {
        CCB: rates.ccb_of_da * domestic / violent,
        STRANGULATION: rates.strangulation_of_da * domestic / violent,
    }
    rest = 1 - sum(own.values())
    mix = get_mix(area, DOMESTIC_CLASSES)
    return {**own, **{c: rest * float(share) for c, share in zip(DOMESTIC_CLASSES, mix, strict=True)}}


def draw_classes(
    events: pd.DataFrame, *, area: str, rates: CrimeRates, rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    """Return the class of each event.

    Args:
        events: Columns theme (of THEMES), rape, spiking, domestic, and of the victim female
            and age in years.
        area: Police force area, for the mix.
        rates: Shares.
        rng: Seeded generator.
    """
    theme = events["theme"].to_numpy()
    domestic = events["domestic"].to_numpy(dtype=bool)
    drawn = np.full(len(events), "", dtype=object)

    def fill(where: npt.NDArray[np.bool_], mix: Mapping[str, float]) -> None:
        shares = np.array(list(mix.values()))
        picked = rng.choice(len(shares), int(where.sum()), p=shares / shares.sum())
        drawn[where] = np.array(list(mix), dtype=object)[picked]

    stalking = get_mix(area, STALKING_CLASSES)
    fill(theme == THEMES.index("stalking_harassment"), dict(zip(STALKING_CLASSES, stalking, strict=True)))
    violent = theme == THEMES.index("violence")
    fill(violent & domestic, get_domestic_mix(area, rates))
    fill(violent & ~domestic, dict(zip(OTHER_VIOLENCE, get_mix(area, OTHER_VIOLENCE), strict=True)))
    drawn[events["spiking"].to_numpy(dtype=bool)] = SPIKING
    quiet = theme == THEMES.index("non_crime")
    drawn[quiet] = np.where(domestic[quiet], NON_CRIME_DA, NON_CRIME_STALKING)
    _draw_sexual(drawn, events, area, fill)
    return drawn


def _draw_sexual(drawn: npt.NDArray[np.object_], events: pd.DataFrame, area: str, fill: Fill) -> None:
    sexual = (events["theme"] == THEMES.index("sexual")).to_numpy()
    rape, female = events["rape"].to_numpy(dtype=bool), events["female"].to_numpy(dtype=bool)
    band = np.digitize(events["age"].to_numpy(), AGE_EDGES)
    for is_female in (True, False):
        for age in range(len(AGE_EDGES) + 1):
            here = sexual & (female == is_female) & (band == age)
            drawn[here & rape] = RAPE_CLASSES[is_female][age]
            classes = OTHER_SEXUAL[is_female][age]
            mix = dict(zip(classes, get_mix(area, classes), strict=True))
            fill(here & ~rape, mix)
