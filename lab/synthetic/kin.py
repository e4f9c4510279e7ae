"""Make relatives of some people: couples, brothers and sisters, twins, parents of the same name.

Layer: lab. Kin share a surname and a home on purpose: they are the look-alikes that a matcher must keep
apart. Shares are assumed and named.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.names import NOBODY, ORIGINS, Bearers, load_name_book
from lab.synthetic.parameters import Parameters
from lab.synthetic.registry import ROLES, THEMES

Rows = npt.NDArray[np.int64]


def add_kin(parameters: Parameters, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Turn some people into relatives of others: same home, and what the relation shares.

    A victim's partner is a suspect of the same area; siblings, twins and parents of one name are mostly
    known to one force, but a named share crosses areas, which is the harder case for linkage.

    Args:
        parameters: Rates.
        people: The registry.
        rng: Seeded generator.

    Returns:
        The registry with kin (row of a relative or NOBODY) and couple (whether that is the partner).
    """
    rates, count = parameters.population, len(people)
    out = people.assign(kin=np.full(count, NOBODY, dtype=np.int32), couple=False)
    order = rng.permutation(count)
    couples = _pair_couples(people, rng, rates.couple)
    free = order[~np.isin(order, couples.ravel())]
    sizes = [round(share * count) for share in (rates.sibling, rates.twin, rates.same_name_parent)]
    kin, hosts = free[: sum(sizes)], free[sum(sizes) : 2 * sum(sizes)]
    kin = kin[: len(hosts)]
    home = people["home"].to_numpy()
    within = round(len(kin) * (1 - rates.kin_across))
    kin[:within], hosts[:within] = _sort_by(home, kin[:within]), _sort_by(home, hosts[:within])
    mixed = rng.permutation(len(kin))  # or the kinds below would each fall into one area
    kin, hosts = kin[mixed], hosts[mixed]
    kind = np.repeat(np.array(["sibling", "twin", "parent"]), sizes)[: len(kin)]
    role = people["role"].to_numpy()
    # Only between people of a kind, or a suspect could become the twin of a small child.
    twins = (role[kin] == role[hosts]) & (kind == "twin")
    parents = (role[kin] != ROLES.index("CHILD")) & (role[hosts] != ROLES.index("CHILD")) & (kind == "parent")
    married = rng.random(len(couples)) < rates.married
    for column in ("place", "house"):
        _copy(out, column, kin, hosts)
        _copy(out, column, couples[:, 0], couples[:, 1])
    for column in ("surname", "origin", "group", "system"):
        _copy(out, column, kin, hosts)
    for column in ("born", "anchor", "theme"):
        _copy(out, column, kin[twins], hosts[twins])
    for column in ("forename", "female"):
        _copy(out, column, kin[parents], hosts[parents])
    _marry(out, couples[married])
    born = out["born"].to_numpy().copy()
    born[kin[parents]] = born[hosts[parents]] - rng.integers(22, 36, int(parents.sum())) * 365
    kinship = out["kin"].to_numpy().copy()
    kinship[kin], kinship[couples[:, 0]] = hosts, couples[:, 1]
    is_partner = np.zeros(count, dtype=bool)
    is_partner[couples[:, 0]] = True
    _rename_relatives(out, kin[~parents], rng)
    return out.assign(born=born, kin=kinship, couple=is_partner)


def _rename_relatives(people: pd.DataFrame, kin: Rows, rng: np.random.Generator) -> None:
    """Give relatives forenames of the origin that they now share; they are brothers, not namesakes."""
    origin, female, born = (people[column].to_numpy()[kin] for column in ("origin", "female", "born"))
    bearers = Bearers.born(origin, female, born)
    book = load_name_book()
    for column in ("forename", "middle"):
        drawn = people[column].to_numpy().copy()
        has_one = drawn[kin] != NOBODY
        drawn[kin] = np.where(has_one, book.draw_forenames(rng, bearers), NOBODY)
        people[column] = drawn


def _pair_couples(people: pd.DataFrame, rng: np.random.Generator, share: float) -> Rows:
    """Return rows (victim, suspect) of people of one area who live together."""
    role, theme = people["role"].to_numpy(), people["theme"].to_numpy()
    adult = np.isin(theme, [THEMES.index("violence"), THEMES.index("non_crime")])
    victims = np.flatnonzero((role == ROLES.index("VICTIM")) & adult)
    wanted = round(share * int((role == ROLES.index("VICTIM")).sum()))
    victims = rng.permutation(victims)[:wanted]
    home = people["home"].to_numpy()
    pairs = []
    for area in np.unique(home):
        own = victims[home[victims] == area]
        suspects = rng.permutation(np.flatnonzero((home == area) & (role == ROLES.index("SUSPECT"))))
        pairs.append(np.column_stack([own[: len(suspects)], suspects[: len(own)]]))
    return np.concatenate(pairs)


def _marry(people: pd.DataFrame, couples: Rows) -> None:
    """Give the woman of a mixed couple the man's surname and keep hers as the other one."""
    female = people["female"].to_numpy()
    couples = couples[female[couples[:, 0]] != female[couples[:, 1]]]
    wives = np.where(female[couples[:, 0]], couples[:, 0], couples[:, 1])
    husbands = np.where(female[couples[:, 0]], couples[:, 1], couples[:, 0])
    # A character cannot be a British surname; whoever marries across takes no name.
    chinese = people["origin"].to_numpy() == ORIGINS.index("chinese")
    same = chinese[wives] == chinese[husbands]
    surname, other = people["surname"].to_numpy().copy(), people["other_surname"].to_numpy().copy()
    other[wives[same]] = surname[wives[same]]
    surname[wives[same]] = surname[husbands[same]]
    people["surname"], people["other_surname"] = surname, other


def _copy(people: pd.DataFrame, column: str, to: Rows, source: Rows) -> None:
    values = people[column].to_numpy().copy()
    values[to] = values[source]
    people[column] = values


def _sort_by(home: npt.NDArray[np.int16], numbers: Rows) -> Rows:
    return numbers[np.argsort(home[numbers], kind="stable")]
