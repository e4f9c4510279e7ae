"""What a row of a view shows by itself, and what partners' rows have in common.

Layer: lab. Pure numpy. Bits tell nothing across views that have keys of their own, but how many there are,
how full the row's block is, how alike its rows are and how many equal it might. How such traits of one
person's rows go together the attacker learns from its own list, of which it makes all views under its own
keys: canonical variates, and for each the likelihood ratio of partners against strangers by quantile.

Source: Hotelling (1936), Relations between two sets of variates.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from lab.attacks.duplicates import count_duplicates
from lab.attacks.observation import NOBODY, Ints, View, get_bits, get_blocks
from lab.attacks.token_table import count_bits

Matrix = NDArray[np.float64]

VARIATES = 3
BINS = 12
RIDGE = 1e-3
PRIOR_PAIRS = 2.0  # added to each cell of a table, spread as if partners were strangers
FEWEST_PARTNERS = 200  # under which nothing is learnt


@dataclass(frozen=True, slots=True, eq=False)
class PartnerModel:
    """How traits of partners' rows in two views go together.

    Attributes:
        directions: Of each side's canonical variates, shape (traits, variates).
        edges: Of each side's bins for each variate, shape (variates, bins - 1).
        ratios: Log likelihood ratio of partners, shape (variates, bins, bins).
    """

    directions: tuple[Matrix, Matrix]
    edges: tuple[Matrix, Matrix]
    ratios: Matrix

    def sort_into_bins(self, traits: Matrix, side: int) -> Ints:
        """Return the bin of each row for each variate, shape (rows, variates)."""
        variates = traits @ self.directions[side]
        columns = zip(self.edges[side], variates.T, strict=True)
        return np.stack([np.searchsorted(edges, values) for edges, values in columns], axis=1)

    def score(self, first: Ints, second: Ints) -> Matrix:
        """Return log likelihood ratios of binned rows of both sides, shape (first, second)."""
        return sum(
            (table[first[:, [index]], second[:, index]] for index, table in enumerate(self.ratios)),
            start=np.zeros((len(first), len(second))),
        )


def find_row_traits(view: View) -> Matrix:
    """Return standardised traits of each row: bit count, block, likeness and equals, and squares of all."""
    weights = count_bits(view)
    numbers, sizes = _number_blocks(view)
    columns = [weights, np.log(sizes[numbers]), _find_likeness(view, numbers, sizes)]
    columns.append(np.log(count_duplicates(view)) if view.encodings is not None else np.zeros(view.rows))
    plain = _standardise(np.column_stack(columns))
    return np.hstack([plain, _standardise(plain**2)])


def learn_partners(first: Matrix, second: Matrix) -> PartnerModel | None:
    """Return how the traits of partners go together; None with too few partners.

    Args:
        first: Traits of rows in one view, shape (partners, traits).
        second: Traits of the same people's rows in the other.
    """
    if len(first) < FEWEST_PARTNERS:
        return None
    whiten, other = _whiten(first), _whiten(second)
    left, _, right = np.linalg.svd((first @ whiten).T @ (second @ other) / len(first))
    directions = whiten @ left[:, :VARIATES], other @ right[:VARIATES].T
    variates = first @ directions[0], second @ directions[1]
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.quantile(variates[0], shares, axis=0).T, np.quantile(variates[1], shares, axis=0).T
    blank = PartnerModel(directions, edges, np.zeros((VARIATES, BINS, BINS)))
    bins = blank.sort_into_bins(first, 0), blank.sort_into_bins(second, 1)
    ratios = [_find_ratios(one, two) for one, two in zip(bins[0].T, bins[1].T, strict=True)]
    return PartnerModel(directions, edges, np.array(ratios))


def pair_partners(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Return rows of two views that are of one record each, given the record of every row.

    Of several rows of a record in a view the last counts; rows of no record have no partner.
    """
    rows = np.full(max(first.max(initial=0), second.max(initial=0)) + 1, NOBODY, dtype=np.int64)
    rows[second[second != NOBODY]] = np.flatnonzero(second != NOBODY)
    mine = np.flatnonzero(first != NOBODY)
    partner = rows[first[mine]]
    return mine[partner != NOBODY], partner[partner != NOBODY]


def _find_ratios(first: Ints, second: Ints) -> Matrix:
    together = np.zeros((BINS, BINS))
    np.add.at(together, (first, second), 1)
    apart = np.outer(together.sum(axis=1), together.sum(axis=0)) / together.sum()
    ratios: Matrix = np.log((together + PRIOR_PAIRS) / (apart + PRIOR_PAIRS))
    return ratios


def _whiten(traits: Matrix) -> Matrix:
    covariance = traits.T @ traits / len(traits)
    values, vectors = np.linalg.eigh(covariance + RIDGE * np.eye(len(covariance)))
    # A constant trait has no variance and must not become noise blown up.
    whitened: Matrix = vectors * np.where(values > 2 * RIDGE, values, np.inf) ** -0.5
    return whitened


def _number_blocks(view: View) -> tuple[Ints, Ints]:
    blocks = get_blocks(view) if view.blocks is not None else np.zeros(view.rows, dtype=np.int64)
    _, numbers, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
    return numbers.astype(np.int64), sizes.astype(np.int64)


def _find_likeness(view: View, numbers: Ints, sizes: Ints) -> Matrix:
    """Return each row's mean agreement with the others of its block, in bits per own bit; 0 when alone."""
    bits = get_bits(view)
    ones = np.ones(view.rows, dtype=np.float32)
    blocks = csr_array((ones, (np.arange(view.rows), numbers)), shape=(view.rows, len(sizes)))
    shared = (bits * (blocks @ (blocks.T @ bits))).sum(axis=1) - bits.sum(axis=1)
    others = np.maximum(sizes[numbers] - 1, 1)
    likeness: Matrix = (shared / others / np.maximum(bits.sum(axis=1), 1)).astype(np.float64)
    return likeness


def _standardise(values: Matrix) -> Matrix:
    if not len(values):
        return values
    deviation = values.std(axis=0)
    standardised: Matrix = (values - values.mean(axis=0)) / np.where(deviation > 1e-9, deviation, 1)
    return standardised
