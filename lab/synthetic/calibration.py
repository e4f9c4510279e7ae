"""Measure a generated federation against the published targets of DOMAIN 2.6.

Layer: lab. Everything is read back from the members' tables as a force would count it, so that what is
checked is what was written, not what was meant.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.synthetic.classes import (
    CCB,
    CSAE_CLASSES,
    RAPES,
    SEXUAL_CLASSES,
    SPIKING,
    STALKING_CLASSES,
    VIOLENCE_CLASSES,
)
from lab.synthetic.federation import MemberData
from scoring.risk.gravity import load_default_gravity_table

TOP_DYADS = 0.02
REPEAT_DAYS = 365
VAWG_CLASSES = frozenset({*STALKING_CLASSES, *SEXUAL_CLASSES, *VIOLENCE_CLASSES})


@dataclass(frozen=True, slots=True)
class Target:
    """A published share and how near a large federation must come to it."""

    name: str
    least: float
    most: float


def _around(name: str, value: float, tolerance: float) -> Target:
    return Target(name, round(value - tolerance, 4), round(value + tolerance, 4))


TARGETS = (
    _around("vawg_of_recorded", 0.158, 0.005),
    _around("da_of_recorded", 0.17, 0.005),
    _around("stalking_harassment_of_vawg", 0.43, 0.02),
    Target("least_force_stalking_harassment", 0.24, 0.43),
    Target("most_force_stalking_harassment", 0.43, 0.58),
    _around("da_of_stalking_harassment", 0.324, 0.02),
    _around("ccb_of_da", 0.05, 0.01),
    _around("da_victims_female", 0.75, 0.02),
    _around("rape_of_sexual", 0.36, 0.04),
    _around("da_of_rape", 0.33, 0.05),
    _around("stranger_of_rape", 0.05, 0.025),
    _around("sexual_victims_10_14", 0.241, 0.02),
    _around("sexual_victims_15_19", 0.25, 0.02),
    _around("online", 0.10, 0.01),
    _around("education", 0.02, 0.005),
    _around("group_of_csae", 0.045, 0.015),
    _around("repeat_victims", 0.25, 0.02),
    Target("suspects_with_several_offences", 0.414, 0.588),
    _around("charged_of_closed", 0.06, 0.006),
    _around("evidential_of_closed", 0.38, 0.01),
    _around("spiking_offender_unknown", 0.875, 0.08),
    Target("harm_of_top_dyads", 0.75, 0.85),
)
"""DOMAIN 2.6, F24; tolerances are for about a hundred thousand records and ten forces."""


def measure_targets(
    members: Iterable[MemberData], *, recorded: pd.DataFrame, outlier: str | None = None
) -> dict[str, float]:
    """Return the measured value of each target.

    Args:
        members: A federation's members.
        recorded: Recorded crime by member (`count_recorded_crime`).
        outlier: The force that is left out of the share of repeat victims, as S2 names it apart.
    """
    forces = [member for member in members if member.role == "FORCE"]
    cases = pd.concat([_join_cases(force) for force in forces], ignore_index=True)
    vawg = cases[_is_vawg(cases)]
    measured = {
        "vawg_of_recorded": recorded["vawg"].sum() / recorded["all"].sum(),
        "da_of_recorded": recorded["domestic_abuse"].sum() / recorded["all"].sum(),
        "repeat_victims": _share_repeat_victims(cases[cases["member"] != outlier]),
        "suspects_with_several_offences": _share_several(cases, vawg),
        "harm_of_top_dyads": _share_harm(cases),
    }
    stalking = vawg["ho_class"].isin(STALKING_CLASSES).groupby(vawg["member"]).mean()
    measured |= {
        "least_force_stalking_harassment": float(stalking.min()),
        "most_force_stalking_harassment": float(stalking.max()),
    }
    measured |= {name: float(rule(vawg)) for name, rule in VAWG_RULES.items()}
    measured |= {name: float(rule(cases)) for name, rule in CASE_RULES.items()}
    return {name: float(value) for name, value in measured.items()}


def find_misses(measured: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Return the targets missed: least, most and what was measured."""
    return {
        target.name: (target.least, target.most, measured[target.name])
        for target in TARGETS
        if not target.least <= measured[target.name] <= target.most
    }


def _join_cases(member: MemberData) -> pd.DataFrame:
    """Return a force's crimes, each with its suspect and its victim and who the victim truly is."""
    parties = member.tables["crime_party"]
    suspects = parties[parties["role"] == "SUSPECT"].set_index("crime_id")
    victims = parties[parties["role"] == "VICTIM"].set_index("crime_id")
    people = member.people.set_index("nominal_id")
    cases = member.tables["crime"].merge(member.tables["crime_flags"], on="crime_id", how="left")
    ids = cases["crime_id"]
    victim = ids.map(victims["nominal_id"])
    committed = pd.to_datetime(cases["committed_from"].str[:10])
    born = pd.to_datetime(victim.map(people["true_dob"]))
    return cases.assign(
        member=member.name,
        suspect=ids.map(suspects["nominal_id"]),
        relationship=ids.map(suspects["relationship"]),
        victim=victim,
        victim_sex=victim.map(people["sex"]),
        committed=committed,
        victim_age=(committed - born).dt.days / 365.25,
    )


def _is_vawg(cases: pd.DataFrame) -> pd.Series:
    """VAWG counts crimes of its classes against women and girls of ten or older (DOMAIN 4.6)."""
    return cases["ho_class"].isin(VAWG_CLASSES) & (cases["victim_sex"] == "F") & (cases["victim_age"] >= 10)


def _is_crime(cases: pd.DataFrame) -> pd.Series:
    return ~cases["ho_class"].str.startswith("NC-")


def _share(part: pd.Series, of: pd.Series) -> float:
    return float(part[of].mean())


def _share_victims_aged(cases: pd.DataFrame, least: float, under: float) -> float:
    sexual = cases[cases["ho_class"].isin(SEXUAL_CLASSES)].sort_values("committed").drop_duplicates("victim")
    return float(sexual["victim_age"].between(least, under, inclusive="left").mean())


def _share_repeat_victims(cases: pd.DataFrame) -> float:
    """Victims with two incidents within a year, of all victims (DOMAIN F22), as each force knows them."""
    incidents = cases.dropna(subset=["victim"]).sort_values(["victim", "committed"])
    gap = incidents.groupby("victim")["committed"].diff().dt.days
    repeat = set(incidents.loc[gap <= REPEAT_DAYS, "victim"])
    return len(repeat) / incidents["victim"].nunique()


def _share_several(cases: pd.DataFrame, vawg: pd.DataFrame) -> float:
    """VAWG suspects with more than one offence of any type (DOMAIN F23)."""
    offences = cases[_is_crime(cases)].groupby("suspect").size()
    return float((offences.reindex(vawg["suspect"].dropna().unique()) > 1).mean())


def _share_harm(cases: pd.DataFrame) -> float:
    """Share of all harm that the most harmful dyads hold (DOMAIN F24); weights without floors."""
    table = load_default_gravity_table()
    weights = {code: table.get_row(code).weight for code in cases["ho_class"].unique()}
    known = cases.dropna(subset=["suspect", "victim"])
    harm = known["ho_class"].map(weights).groupby([known["suspect"], known["victim"]]).sum()
    ordered = np.sort(harm.to_numpy())[::-1]
    return float(ordered[: round(TOP_DYADS * len(ordered))].sum() / ordered.sum())


VAWG_RULES: Mapping[str, Callable[[pd.DataFrame], float]] = {
    "stalking_harassment_of_vawg": lambda v: v["ho_class"].isin(STALKING_CLASSES).mean(),
    "da_of_stalking_harassment": lambda v: _share(
        v["flag_da"] == "true", v["ho_class"].isin(STALKING_CLASSES)
    ),
    "online": lambda v: (v["flag_online"] == "true").mean(),
    "education": lambda v: (v["location_type"] == "EDUCATION").mean(),
}
CASE_RULES: Mapping[str, Callable[[pd.DataFrame], float]] = {
    "ccb_of_da": lambda c: _share(c["ho_class"] == CCB, (c["flag_da"] == "true") & _is_crime(c)),
    "da_victims_female": lambda c: _share(c["victim_sex"] == "F", (c["flag_da"] == "true") & _is_crime(c)),
    "rape_of_sexual": lambda c: _share(c["ho_class"].isin(RAPES), c["ho_class"].isin(SEXUAL_CLASSES)),
    "da_of_rape": lambda c: _share(c["flag_da"] == "true", c["ho_class"].isin(RAPES)),
    "stranger_of_rape": lambda c: _share(c["relationship"] == "STRANGER", c["ho_class"].isin(RAPES)),
    "sexual_victims_10_14": lambda c: _share_victims_aged(c, 10, 15),
    "sexual_victims_15_19": lambda c: _share_victims_aged(c, 15, 20),
    "group_of_csae": lambda c: _share(
        c["flag_group_based"] == "true", c["ho_class"].isin(CSAE_CLASSES) & (c["victim_age"] < 18)
    ),
    "charged_of_closed": lambda c: _share(
        c["outcome_code"] == "1", (c["outcome_code"] != "") & c["victim"].notna()
    ),
    "evidential_of_closed": lambda c: _share(
        c["outcome_code"].isin(["15", "16"]), (c["outcome_code"] != "") & c["victim"].notna()
    ),
    "spiking_offender_unknown": lambda c: _share(c["suspect"].isna(), c["ho_class"] == SPIKING),
}
