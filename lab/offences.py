"""Draw crimes, their parties and partner contacts around given nominals.

Layer: lab. Class mix from recorded crime 2017/18 by force, rescaled to the shares of DOMAIN 2.6;
dates within three years; outcomes per DOMAIN 2.6. Most suspects have one or two events. Tables are
those of `../shared/data/canonical_schema.csv`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.people import Drawer

WINDOW_DAYS = 1095
# DOMAIN 2.6: 41.4-58.8% of suspects have more than one offence; here 45%.
EVENTS_PER_SUSPECT = {1: 0.55, 2: 0.28, 3: 0.11, 4: 0.04, 5: 0.02}
# DOMAIN 2.6: stalking and harassment 43% of VAWG; rape 36% of sexual offences; the rest assumed.
GROUP_SHARES = {"stalking_harassment": 0.43, "rape": 0.06, "other_sexual": 0.11, "violence": 0.40}
GROUP_OF_CLASS = {
    "8L": "stalking_harassment", "8Q": "stalking_harassment", "8R": "stalking_harassment",
    "19C": "rape", "19D": "rape",
    "20A": "other_sexual", "22B": "other_sexual", "88A": "other_sexual", "88E": "other_sexual",
    "3B": "violence", "5D": "violence", "8N": "violence", "105A": "violence", "36": "violence",
    "58A": "violence", "35": "violence",
}  # fmt: skip
ADULT_ONLY, CHILD_ONLY = frozenset({"19C"}), frozenset({"19D", "22B", "88A"})
NON_CRIME_SHARE = 0.10  # assumed: domestic abuse incidents without a crime, class NC-DA
SAME_VICTIM_SHARE = 0.70  # assumed; with it about a quarter of victims are repeat victims
OPEN_SHARE_BY_AGE = ((60, 0.8), (180, 0.4), (WINDOW_DAYS + 1, 0.08))  # assumed
# DOMAIN 2.6: of all closed, 6% charged and 38% closed for evidence or an unsupportive victim
# (14, 15, 16). About a third of closed crimes have no suspect (assumed) and cannot appear here, so
# both shares are divided by 0.67; the rest is spread over other outcomes that name a suspect.
OUTCOME_SHARES = {
    1: 0.09, 14: 0.03, 15: 0.24, 16: 0.30, 3: 0.04, 8: 0.08, 10: 0.05, 20: 0.07, 21: 0.05, 22: 0.05,
}  # fmt: skip
NAMED_BY_SHARES = {"VICTIM": 0.72, "WITNESS": 0.12, "POLICE": 0.16}  # assumed
RELATIONSHIP_SHARES = {
    "INTIMATE_CURRENT": 0.16, "INTIMATE_EX": 0.20, "FAMILY": 0.09,
    "ACQUAINTANCE": 0.30, "STRANGER": 0.12, "UNKNOWN": 0.13,
}  # fmt: skip
DOMESTIC = ("INTIMATE_CURRENT", "INTIMATE_EX", "FAMILY")
LOCATION_SHARES = {
    "PRIVATE_DWELLING": 0.55, "PUBLIC": 0.20, "ONLINE": 0.10, "NTE_VENUE": 0.07,
    "WORKPLACE": 0.04, "EDUCATION": 0.02, "OTHER": 0.02,
}  # fmt: skip
NO_GATEWAY_SHARE = 0.1  # assumed, as all three below
SEVERITY_SHARES = {"NONE": 0.40, "MINOR": 0.35, "MODERATE": 0.20, "SERIOUS": 0.05}
CONSENT_SHARES = {"EXPLICIT": 0.6, "NOT_SOUGHT_UNSAFE": 0.4}
RELEASE_SHARES = {"NOT_REQUESTED": 0.70, "APPROVED": 0.25, "REFUSED": 0.05}
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
CONTACT_COLUMNS = (
    "partner_record_id", "subject_nominal_id", "subject_role", "partner_type", "contact_class",
    "contact_date", "severity_bucket", "lawful_gateway", "consent", "guardian_release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cases:
    """The crime and crime_party tables of one force, canonical columns, text as in the CSV."""

    crimes: pd.DataFrame
    parties: pd.DataFrame


def pick(rng: np.random.Generator, shares: dict[str, float], count: int) -> npt.NDArray[np.str_]:
    """Return `count` keys drawn with the given shares, which must sum to 1."""
    return np.asarray(rng.choice(np.array(list(shares)), count, p=list(shares.values())))


def write_flags(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    """Return booleans as the canonical CSV text, true or false."""
    return np.where(flags, "true", "false")


def find_age_band(born: npt.NDArray[np.datetime64], on: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    """Return the canonical age band of each person on each date."""
    ages = (on - born).astype("timedelta64[D]").astype(int) / 365.25
    return np.array(AGE_BANDS)[np.digitize(ages, AGE_BAND_EDGES)]


def draw_ids(rng: np.random.Generator, prefix: str, count: int) -> list[str]:
    """Return distinct opaque identifiers: a prefix and eight random digits."""
    return [f"{prefix}{number + 10_000_000}" for number in rng.choice(90_000_000, count, replace=False)]


def draw_cases(
    drawer: Drawer, *, area: str, suspect_ids: npt.NDArray[np.str_], victims: pd.DataFrame
) -> Cases:
    """Return crimes in which every suspect and every victim takes part at least once if they can.

    Args:
        drawer: Tables, generator and date.
        area: Police force area, for the class mix.
        suspect_ids: Nominal identifiers of the suspects.
        victims: Columns nominal_id and born (true date of birth); about as many as suspects.
    """
    rng = drawer.rng
    events = rng.choice(list(EVENTS_PER_SUSPECT), len(suspect_ids), p=list(EVENTS_PER_SUSPECT.values()))
    suspect = np.repeat(np.arange(len(suspect_ids)), events)
    ages = rng.integers(1, WINDOW_DAYS, len(suspect))
    committed = np.datetime64(drawer.today, "D") - ages.astype("timedelta64[D]")
    victim = _assign_victims(rng, suspect, victims=len(victims))
    band = find_age_band(victims["born"].to_numpy().astype("datetime64[D]")[victim], committed)
    ids = np.array(draw_ids(rng, "C", len(suspect)))
    main_relationship = pick(rng, RELATIONSHIP_SHARES, len(suspect_ids))
    relationship = np.where(
        victim == suspect % len(victims),
        main_relationship[suspect],
        pick(rng, RELATIONSHIP_SHARES, len(suspect)),
    )
    crimes = _describe_crimes(drawer, area=area, ages=ages, relationship=relationship, bands=band)
    crimes["crime_id"] = ids
    suspect_rows = pd.DataFrame(
        {
            "crime_id": ids,
            "nominal_id": suspect_ids[suspect],
            "role": "SUSPECT",
            "named_by": pick(rng, NAMED_BY_SHARES, len(ids)),
            "relationship": relationship,
            "victim_age_band": "",
        }
    )
    victim_rows = suspect_rows.assign(
        nominal_id=victims["nominal_id"].to_numpy()[victim],
        role="VICTIM",
        named_by="",
        relationship="",
        victim_age_band=band,
    )
    parties = pd.concat([suspect_rows, victim_rows])
    return Cases(crimes[list(CRIME_COLUMNS)], parties[list(PARTY_COLUMNS)])


def _assign_victims(
    rng: np.random.Generator, suspect: npt.NDArray[np.int_], *, victims: int
) -> npt.NDArray[np.int_]:
    """Give each suspect a main victim; other events go first to victims nobody has yet."""
    main = suspect % victims
    first = np.r_[True, suspect[1:] != suspect[:-1]]
    other = ~first & (rng.random(len(suspect)) > SAME_VICTIM_SHARE)
    unused = rng.permutation(np.setdiff1d(np.arange(victims), main))
    spare = rng.permutation(np.flatnonzero(~first & ~other))
    other[spare[: max(0, len(unused) - int(other.sum()))]] = True
    filler = rng.integers(0, victims, max(0, int(other.sum()) - len(unused)))
    main[other] = np.concatenate([unused, filler])[: int(other.sum())]
    return main


def get_class_shares(offences: pd.DataFrame, *, area: str, of_child: bool) -> dict[str, float]:
    """Return the share of each Home Office class, for adult victims or for victims under 16."""
    excluded = ADULT_ONLY if of_child else CHILD_ONLY
    here = offences[(offences["pfa"] == area) & ~offences["ho_class"].isin(excluded)]
    counts = here.set_index("ho_class")["recorded"].astype(float)
    groups = counts.index.map(GROUP_OF_CLASS)
    within = counts / counts.groupby(groups).transform("sum")
    shares = within * np.array([GROUP_SHARES[group] for group in groups])
    return dict(shares / shares.sum())


def _draw_classes(drawer: Drawer, area: str, are_children: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    drawn = [
        pick(
            drawer.rng,
            get_class_shares(drawer.tables.offences, area=area, of_child=of_child),
            len(are_children),
        )
        for of_child in (False, True)
    ]
    return np.where(are_children, drawn[1], drawn[0])


def _describe_crimes(
    drawer: Drawer,
    *,
    area: str,
    ages: npt.NDArray[np.int_],
    relationship: npt.NDArray[np.str_],
    bands: npt.NDArray[np.str_],
) -> pd.DataFrame:
    rng, count = drawer.rng, len(ages)
    domestic = np.isin(relationship, DOMESTIC)
    classes = _draw_classes(drawer, area, np.isin(bands, ["0-9", "10-15"]))
    non_crime = domestic & (rng.random(count) < NON_CRIME_SHARE / 0.45)
    classes = np.where(non_crime, "NC-DA", classes)
    thresholds = np.select(
        [ages < limit for limit, _ in OPEN_SHARE_BY_AGE], [s for _, s in OPEN_SHARE_BY_AGE]
    )
    is_open = (rng.random(count) < thresholds) & ~non_crime
    outcome = rng.choice(list(OUTCOME_SHARES), count, p=list(OUTCOME_SHARES.values())).astype(str)
    hours = rng.integers(0, 24, count)
    committed = np.datetime64(drawer.today, "D") - ages.astype("timedelta64[D]")
    recorded = np.minimum(committed + rng.geometric(0.3, count) - 1, np.datetime64(drawer.today, "D") - 1)
    violent = np.isin(classes, ["8N", "5D", "105A", "3B"])
    return pd.DataFrame(
        {
            "ho_class": classes,
            "ho_detail_code": "",
            "committed_from": _write_times(committed, hours),
            "recorded_at": _write_times(recorded, np.full(count, 23)),
            "status": np.where(is_open, "OPEN", "FINALISED"),
            "outcome_code": np.where(is_open | non_crime, "", outcome),
            "flag_da": write_flags(domestic),
            "flag_stalking": write_flags(classes == "8Q"),
            "flag_online": write_flags(np.isin(classes, ["8R", "88A"])),
            "marker_strangulation": write_flags(violent & domestic & (rng.random(count) < 0.05)),
            "marker_weapon": write_flags(violent & (rng.random(count) < 0.06)),
            "marker_child_present": write_flags(domestic & (rng.random(count) < 0.15)),
            "marker_order_breach": write_flags(domestic & (rng.random(count) < 0.03)),
            "investigating_team": rng.choice(TEAMS, count),
            "location_type": np.where(classes == "8R", "ONLINE", pick(rng, LOCATION_SHARES, count)),
        }
    )


def _write_times(days: npt.NDArray[np.datetime64], hours: npt.NDArray[np.int_]) -> list[str]:
    return [f"{day}T{hour:02d}:00:00Z" for day, hour in zip(days.astype("datetime64[D]"), hours, strict=True)]


def draw_contacts(drawer: Drawer, subjects: pd.DataFrame) -> pd.DataFrame:
    """Return one partner contact for each subject, with its gateway and the Guardian's decision.

    A row without a lawful gateway may not be matched (canonical schema), so a tenth of those nobody
    else holds have none. Release is decided case by case: most have not been asked for.

    Args:
        drawer: Tables, generator and date.
        subjects: Columns nominal_id, role, is_shared.
    """
    rng, count = drawer.rng, len(subjects)
    adult = rng.random(count) < 0.4
    adult_class = pick(rng, {"DA_DISCLOSURE": 0.6, "S42_ENQUIRY": 0.4}, count)
    child_class = pick(rng, {"S47_ENQUIRY": 0.6, "CP_PLAN": 0.2, "DA_DISCLOSURE": 0.2}, count)
    barred = (rng.random(count) < NO_GATEWAY_SHARE) & ~subjects["is_shared"].to_numpy()
    gateway = np.where(adult, "CARE14_S42_S45", "CA89_S47")
    ages = rng.integers(1, WINDOW_DAYS, count).astype("timedelta64[D]")
    is_victim = (subjects["role"] == "VICTIM").to_numpy()
    contacts = pd.DataFrame(
        {
            "partner_record_id": draw_ids(rng, "R", count),
            "subject_nominal_id": subjects["nominal_id"].to_numpy(),
            "subject_role": subjects["role"].to_numpy(),
            "partner_type": np.where(adult, "SOCIAL_CARE_ADULT", "SOCIAL_CARE_CHILD"),
            "contact_class": np.where(adult, adult_class, child_class),
            "contact_date": (np.datetime64(drawer.today, "D") - ages).astype(str),
            "severity_bucket": pick(rng, SEVERITY_SHARES, count),
            "lawful_gateway": np.where(barred, "", gateway),
            "consent": np.where(is_victim, pick(rng, CONSENT_SHARES, count), "N_A"),
            "guardian_release": pick(rng, RELEASE_SHARES, count),
        }
    )
    return contacts[list(CONTACT_COLUMNS)]
