"""Draw every member's records: who is held where, and how each member wrote them down.

Layer: lab. One true person may be behind records of several members; each record is drawn with its
own errors. How many people are shared is a parameter, not a finding about real forces.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.errors_in_records import ErrorRates, corrupt_records
from lab.people import Drawer, draw_people, draw_postcodes

SUSPECT_SHARE = 0.47  # share of a force's nominals; the others are victims (assumed)
PARTNER_SIZE = 0.5  # records of the partner agency per record of a force (assumed)
PARTNER_ROLES = {"PERPETRATOR": 0.4, "VICTIM": 0.35, "CHILD": 0.25}  # assumed
OVERLAP_SHARE = 0.05  # share of a force's suspects whom another member holds too (assumed)
THIRD_MEMBER_SHARE = 0.10  # share of shared people whom a third member holds (assumed)
POLICE_EMPLOYEE_SHARE = 0.002  # assumed; never among shared people
SENSITIVE_SHARES = {"RESTRICTED": 0.004, "COVERT": 0.001, "PROTECTED_PERSON": 0.001}  # assumed, as above
PNCID_RECORDED_SHARE = 0.4  # assumed: most nominals were never through custody
SUSPECT_ROLES = ("SUSPECT", "PERPETRATOR")


def draw_slots(areas: Mapping[str, str], *, partner: str, records_per_force: int) -> pd.DataFrame:
    """Return member, area and role of every record to be drawn, suspects first within a member."""
    frames = []
    for name, area in areas.items():
        shares = PARTNER_ROLES if name == partner else {"SUSPECT": SUSPECT_SHARE, "VICTIM": 1 - SUSPECT_SHARE}
        total = round(records_per_force * (PARTNER_SIZE if name == partner else 1))
        ends = np.round(np.cumsum(list(shares.values())) * total).astype(int)
        roles = np.repeat(list(shares), np.diff(ends, prepend=0))
        frames.append(pd.DataFrame({"member": name, "area": area, "role": roles}))
    return pd.concat(frames, ignore_index=True)


def _share_people(rng: np.random.Generator, slots: pd.DataFrame) -> npt.NDArray[np.int_]:
    """Return the person behind each slot: its own number, or an earlier slot's in another member.

    Every pair of members shares equally many people, so that each has the wanted share of its
    suspects elsewhere; a few of those are given to a third member as well.
    """
    person = np.arange(len(slots))
    members = list(dict.fromkeys(slots["member"]))
    free: dict[str, list[int]] = {}
    for name in members:
        suspects = np.flatnonzero((slots["member"] == name) & slots["role"].isin(SUSPECT_ROLES))
        free[name] = list(rng.permutation(suspects))
    # A third holding counts for its member too, which the divisor allows for.
    smallest = min(len(slot_numbers) for name, slot_numbers in free.items() if name != members[-1])
    wanted = OVERLAP_SHARE * smallest / (1 + THIRD_MEMBER_SHARE / 2)
    for first, second in combinations(members, 2):
        for _ in range(max(1, round(wanted / (len(members) - 1)))):
            holders = [first, second]
            if len(members) > 2 and rng.random() < THIRD_MEMBER_SHARE:
                holders.append(str(rng.choice([name for name in members if name not in holders])))
            numbers = [free[name].pop() for name in holders]
            person[numbers] = numbers[0]
    return person


def draw_records(drawer: Drawer, slots: pd.DataFrame) -> pd.DataFrame:
    """Return the slots with the identity each member recorded, its errors included."""
    rng = drawer.rng
    person = _share_people(rng, slots)
    kinds = np.where(slots["role"].isin(SUSPECT_ROLES), "SUSPECT", slots["role"])
    people = draw_people(drawer, areas=slots["area"].to_numpy(), kinds=kinds)
    identity = people.iloc[person].reset_index(drop=True)
    records = pd.concat([slots, identity.assign(born=identity["dob"])], axis=1)
    records = corrupt_records(
        records,
        rng=rng,
        rates=ErrorRates(),
        nicknames=drawer.tables.nicknames,
        new_postcode=lambda moved: draw_postcodes(drawer, moved["area"].to_numpy()),
    )
    is_shared = np.bincount(person, minlength=len(slots))[person] > 1
    is_known = (records["role"] == "SUSPECT") & (rng.random(len(slots)) < PNCID_RECORDED_SHARE)
    sensitivity = rng.choice(
        ["NORMAL", *SENSITIVE_SHARES],
        len(slots),
        p=[1 - sum(SENSITIVE_SHARES.values()), *SENSITIVE_SHARES.values()],
    )
    return records.assign(
        person=person,
        is_shared=is_shared,
        pncid=np.where(is_known, records["pncid"], ""),
        is_police_employee=~is_shared & (rng.random(len(slots)) < POLICE_EMPLOYEE_SHARE),
        sensitivity=np.where(is_shared, "NORMAL", sensitivity),
    )
