"""Decide who is held where: home forces, movers between forces, several nominals, the partner.

Layer: lab. One true person may be behind records of several members. How many people are shared is a
parameter, not a finding about real forces; who moves where follows a gravity model, so neighbours share
most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.parameters import Parameters, SharingRates
from lab.synthetic.registry import ROLES, THEMES, Area
from lab.synthetic.uk_tables import UkTables

LEAST_DISTANCE_KM = 20.0  # neighbours' middles closer than this count as this far
KM_PER_DEGREE = 111.2
FITTING_STEPS = 60
SUSPECT_ROLES = ("SUSPECT", "PERPETRATOR")


@dataclass(frozen=True, slots=True)
class Quota:
    """One member's records of one role: home people, movers from elsewhere, repeated nominals."""

    people: int
    visitors: int
    repeated: int


def make_quota(records: int, sharing: SharingRates) -> Quota:
    """Split a number of records so that the wanted share of people is held by another member too."""
    repeated = round(records * sharing.several_nominals)
    held = records - repeated
    # A moved person counts for both forces, a third holding only for its own.
    visitors = round(held * sharing.overlap / (2 - sharing.third_member))
    return Quota(held - visitors, visitors, repeated)


def list_areas(
    parameters: Parameters, police_areas: Mapping[str, str], theme_shares: Mapping[str, Sequence[float]]
) -> list[Area]:
    """Return how many people to draw for each member's area, the partner's own last."""
    areas = []
    for member, records in parameters.sizes.items():
        suspects = round(records * parameters.population.suspect_share)
        counts = {
            role: make_quota(n, parameters.sharing).people
            for role, n in (("SUSPECT", suspects), ("VICTIM", records - suspects))
        }
        areas.append(Area(member, police_areas[member], counts, theme_shares[member]))
    if parameters.partner:
        counts = {
            role: n - round(n * parameters.sharing.partner_overlap) if role != "CHILD" else n
            for role, n in count_partner(parameters).items()
        }
        name = parameters.partner
        areas.append(Area(name, police_areas[name], counts, theme_shares[name]))
    return areas


def count_partner(parameters: Parameters) -> dict[str, int]:
    """Return the partner's records by the role that the people have in the registry."""
    sharing = parameters.sharing
    total = round(sharing.partner_size * sum(parameters.sizes.values()) / len(parameters.sizes))
    perpetrators, children = (
        round(total * sharing.partner_perpetrators),
        round(total * sharing.partner_children),
    )
    return {"SUSPECT": perpetrators, "VICTIM": total - perpetrators - children, "CHILD": children}


def share_people(
    parameters: Parameters,
    people: pd.DataFrame,
    *,
    tables: UkTables,
    police_areas: Mapping[str, str],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return one row for each record to be made.

    Args:
        parameters: Sizes and sharing rates.
        people: The registry, homes numbered as the members.
        tables: For the places of forces.
        police_areas: Area of each member.
        rng: Seeded generator.

    Returns:
        Columns member (index), person (row of the registry), role (of ROLES), visitor and repeated
        (flags), shared (another member holds the person too), by member.
    """
    flows = fit_flows(parameters.sizes, police_areas, tables)
    home, role = people["home"].to_numpy(), people["role"].to_numpy()
    frames = []
    for code in (ROLES.index("SUSPECT"), ROLES.index("VICTIM")):
        residents = [np.flatnonzero((home == m) & (role == code)) for m in range(len(parameters.sizes))]
        frames += _share_role(parameters, residents, flows, rng)
    if parameters.partner:
        frames.append(_hold_partner(parameters, people, police_areas, rng))
    held = pd.concat([frame.assign(role=role[frame["person"]]) for frame in frames])
    held = held.drop_duplicates(["member", "person"], ignore_index=True)
    held = pd.concat([held, _repeat(held, parameters, rng)]).sort_values("member", kind="stable")
    members = held[["member", "person"]].drop_duplicates()
    holders = np.bincount(members["person"], minlength=len(people))
    return held.assign(shared=holders[held["person"]] > 1).reset_index(drop=True)


def fit_flows(
    sizes: Mapping[str, int], police_areas: Mapping[str, str], tables: UkTables
) -> npt.NDArray[np.float64]:
    """Return where each force's movers come from: rows sum to 1, nobody moves from home to home.

    Flows go as the product of sizes over distance and are balanced to be symmetric, so that every
    force has about as many people elsewhere as it has from elsewhere.
    """
    places = tables.places.set_index("pfa").loc[[police_areas[name] for name in sizes]]
    latitude, longitude = places["latitude"].to_numpy(), places["longitude"].to_numpy()
    east = (longitude[:, None] - longitude[None, :]) * np.cos(np.radians(53.0)) * KM_PER_DEGREE
    north = (latitude[:, None] - latitude[None, :]) * KM_PER_DEGREE
    weights = 1.0 / np.maximum(np.hypot(east, north), LEAST_DISTANCE_KM)
    np.fill_diagonal(weights, 0.0)
    wanted = np.array(list(sizes.values()), dtype=float)
    scale = np.sqrt(wanted)
    for _ in range(FITTING_STEPS):
        scale = np.sqrt(scale * wanted / (weights @ scale))
    flows = scale[:, None] * weights * scale[None, :]
    fitted: npt.NDArray[np.float64] = flows / flows.sum(axis=1, keepdims=True)
    return fitted


def _share_role(
    parameters: Parameters,
    residents: Sequence[npt.NDArray[np.int64]],
    flows: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    """Return the residents of every force and its movers, first those who moved once.

    Residents are in random order already, so movers can be taken from the front.
    """
    third = parameters.sharing.third_member
    taken = [0] * len(residents)
    visits: list[tuple[int, npt.NDArray[np.int64]]] = []
    later: list[tuple[int, int, int]] = []
    for member, own in enumerate(residents):
        share = parameters.sharing.overlap / (2 - third)
        sources = rng.multinomial(round(len(own) * share / (1 - share)), flows[member])
        for source, count in enumerate(sources):
            again = int(rng.binomial(count, third)) if len(residents) > 2 else 0
            movers = residents[source][taken[source] : taken[source] + count - again]
            taken[source] += len(movers)
            visits.append((member, movers))
            later.append((member, source, again))
    for member, source, again in later:
        known = [movers for visited, movers in visits if visited == member]
        if not again:
            continue
        moved = np.setdiff1d(residents[source][: taken[source]], np.concatenate(known))
        if len(moved):
            visits.append((member, rng.permutation(moved)[:again]))
    homes = [_hold(m, own, visitor=False) for m, own in enumerate(residents)]
    return homes + [_hold(m, movers, visitor=True) for m, movers in visits]


def _hold(member: int, person: npt.NDArray[np.int64], *, visitor: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "member": np.full(len(person), member, dtype=np.int16),
            "person": person.astype(np.int32),
            "visitor": visitor,
            "repeated": False,
        }
    )


def _hold_partner(
    parameters: Parameters,
    people: pd.DataFrame,
    police_areas: Mapping[str, str],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the partner's own people and those whom the force of its area holds too."""
    partner = len(parameters.sizes)
    home, role, theme = (people[c].to_numpy() for c in ("home", "role", "theme"))
    area = police_areas[str(parameters.partner)]
    forces = [m for m, name in enumerate(parameters.sizes) if police_areas[name] == area]
    known = []
    for name, total in count_partner(parameters).items():
        wanted = round(total * parameters.sharing.partner_overlap)
        if name == "CHILD":
            continue
        fits = np.isin(home, forces) & (role == ROLES.index(name))
        # Social care's adults are those of families; a stalked stranger is not among them.
        fits &= (name != "VICTIM") | (theme != THEMES.index("stalking_harassment"))
        known.append(rng.permutation(np.flatnonzero(fits))[:wanted])
    own = np.flatnonzero(home == partner)
    return pd.concat(
        [
            _hold(partner, own, visitor=False),
            _hold(partner, np.concatenate([*known, np.array([], dtype=np.int64)]), visitor=True),
        ]
    )


def _repeat(held: pd.DataFrame, parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """Return further nominals of people whom a force holds already; suspects more than victims."""
    share = parameters.sharing.several_nominals
    police = (held["member"] < len(parameters.sizes)).to_numpy()
    wanted = round(share / (1 - share) * int(police.sum())) if share < 1 else 0
    weights = np.where((held["role"] == ROLES.index("SUSPECT")).to_numpy(), 2.0, 1.0) * police
    keys = rng.random(len(held)) ** (1.0 / np.maximum(weights, 1e-9))
    return held.iloc[np.argsort(-keys)[:wanted]].assign(repeated=True)
