"""Candidate probability: how likely a linked pair is one person, judged from similarities alone.

Layer: scoring. Pure. A two-component mixture is fitted to each round without labels. Both components
are beta distributions of the similarity rescaled from [floor, 1] to [0, 1]. What makes them tell apart
without labels is a second sample, the *runners-up*: what the solver links once its first links are
taken away. A person is in a dataset once, so runners-up show what strangers look like when they are
the best on offer, and hold the non-match component in place when almost every link is right. They get
a mixing weight of their own, because duplicates put some true matches among them.

Candidate probability is uncalibrated: it ranks pairs and sets the program's own threshold, and no
policy rule may read it (P-05 reads the match probability, after confirmation).

Source: the mixture is that of Winkler (1988) and Belin and Rubin (1995) over one similarity; the
empirical null from a second sample follows Efron (2004), "Large-scale simultaneous hypothesis testing".
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from crypto.errors import InputError

LABEL = "candidate probability, uncalibrated"

Floats = NDArray[np.float64]

GRID_CELLS = 100  # similarities are counted in cells, so that fitting time does not grow with the round
STRANGERS_IN_BLOCKS = (4.0, 15.0)  # beta parameters of strangers who share a salt, over development sets
STRANGER_PAIRS = 100.0  # weight of these against a round's own runners-up
PRIOR_PAIRS = 10.0  # weight of each component's prior, in pairs: what a round of a dozen records leans on
MATCH_PRIOR = (2.8, 1.2)  # beta parameters before any data: matches are spread, mostly high
NON_MATCH_PRIOR = (1.2, 6.8)  # strangers crowd the floor, which is set where they thin out
RUNNER_UP_MATCH_SHARE = (0.2, 10.0)  # prior matches among prior runners-up
MAX_RUNNER_UP_MATCH_SHARE = 0.2  # more than that, and they would no longer describe strangers
MAX_ITERATIONS = 200
TOLERANCE = 1e-4
MIN_DECISION_PROBABILITY = 1 / 3  # a reviewer is never sent more than two strangers for each match

_SHAPE_BOUNDS = ((1.0, 200.0), (0.3, 2_000.0))
"""A first shape of at least 1 keeps densities finite at the floor."""


@dataclass(frozen=True, slots=True)
class BetaShape:
    """Shape parameters of a beta distribution on [0, 1]."""

    a: float
    b: float

    def log_density(self, x: Floats) -> Floats:
        """Return the natural logarithm of the density at points strictly inside (0, 1)."""
        density: Floats = (
            (self.a - 1) * np.log(x) + (self.b - 1) * np.log1p(-x) - special.betaln(self.a, self.b)
        )
        return density


@dataclass(frozen=True, slots=True, eq=False)
class CandidateModel:
    """The fitted mixture of one round.

    Attributes:
        floor: Least similarity that was compared; probabilities under it mean nothing.
        threshold: The program's own threshold: the similarity from which links give the greatest
            expected F1, but never with a probability under :data:`MIN_DECISION_PROBABILITY`. Above 1
            when no link reaches that.
        match_share: Estimated share of links that are matches.
        match, non_match: The two components.
    """

    floor: float
    threshold: float
    match_share: float
    match: BetaShape
    non_match: BetaShape

    def probability(self, similarity: Floats) -> Floats:
        """Return the candidate probability of links, uncalibrated.

        Args:
            similarity: Dice similarities, any shape.

        Returns:
            Values in [0, 1] of the same shape, never falling as similarity rises.
        """
        table = _tabulate(self.match, self.non_match, self.match_share)
        result: Floats = np.interp(
            _rescale(np.asarray(similarity, dtype=np.float64), self.floor), _CELLS, table
        )
        return result


def fit_candidate_model(
    links: Floats, *, runners_up: Floats | None, floor: float, in_blocks: bool = False
) -> CandidateModel:
    """Fit the mixture of one round by expectation and maximisation.

    Args:
        links: Similarities of the links the solver made at the floor, each in [floor, 1].
        runners_up: Similarities of the links it makes among what is left; None where several records
            of a person are expected (duplicates inside one dataset) and they would mislead.
        floor: Least similarity compared, at least 0 and below 1.
        in_blocks: Whether only records that share a nearly unique salt were compared. Then hardly a link is
            wrong, and strangers are described by runners-up and earlier data alone: a component free to
            move would settle on the less similar half of the matches.

    Raises:
        InputError: The floor is out of range.
    """
    if not 0.0 <= floor < 1.0:
        raise InputError(f"expected a similarity floor of at least 0 and below 1, got {floor}")
    samples = _count(links, floor), _count(np.empty(0) if runners_up is None else runners_up, floor)
    strangers = _fit_shape(samples[1], STRANGERS_IN_BLOCKS, STRANGER_PAIRS) if in_blocks else None
    match, non_match, share = _expectation_maximisation(*samples, strangers)
    unset = CandidateModel(floor, floor, share, match, non_match)
    return replace(unset, threshold=_find_threshold(links, unset.probability(links)))


_CELLS: Floats = (np.arange(GRID_CELLS) + 0.5) / GRID_CELLS
_LOG_X, _LOG_1_X = np.log(_CELLS), np.log1p(-_CELLS)


def _rescale(similarity: Floats, floor: float) -> Floats:
    return (similarity - floor) / (1.0 - floor)


def _count(similarity: Floats, floor: float) -> Floats:
    cells = np.clip((_rescale(similarity, floor) * GRID_CELLS).astype(np.int64), 0, GRID_CELLS - 1)
    return np.bincount(cells, minlength=GRID_CELLS).astype(np.float64)


def _expectation_maximisation(
    links: Floats, runners_up: Floats, strangers: BetaShape | None
) -> tuple[BetaShape, BetaShape, float]:
    """Return both components, that of strangers unchanged where it is given, and the share of matches."""
    match = BetaShape(*MATCH_PRIOR)
    non_match = strangers or _fit_shape(runners_up, NON_MATCH_PRIOR)
    share, runner_up_share = 0.5, RUNNER_UP_MATCH_SHARE[0] / RUNNER_UP_MATCH_SHARE[1]
    least = 0.0 if strangers is None else _bound_share(links.sum(), runners_up.sum())
    for _ in range(MAX_ITERATIONS):
        matches = links * _posterior(match, non_match, share)
        matched_runners_up = runners_up * _posterior(match, non_match, runner_up_share)
        new_share = max(least, float((matches.sum() + 1.0) / (links.sum() + 2.0)))
        runner_up_share = _update_runner_up_share(matched_runners_up.sum(), runners_up.sum())
        weights = matches + matched_runners_up
        match = _fit_shape(weights, MATCH_PRIOR)
        non_match = strangers or _fit_shape(links + runners_up - weights, NON_MATCH_PRIOR)
        moved, share = abs(new_share - share), new_share
        if moved < TOLERANCE:
            break
    return match, non_match, share


def _bound_share(links: float, runners_up: float) -> float:
    """Return the least share of matches: as many links are wrong as there are runners-up, at most.

    A stranger who shares a salt with somebody is as likely to stand beside a match as to be linked in its
    place, so what is left when links are taken away bounds how many of them are wrong.
    """
    return float(max(0.0, 1 - (runners_up + 1.0) / (links + 2.0)))


def _update_runner_up_share(matches: float, total: float) -> float:
    share = (matches + RUNNER_UP_MATCH_SHARE[0]) / (total + RUNNER_UP_MATCH_SHARE[1])
    return float(min(share, MAX_RUNNER_UP_MATCH_SHARE))


def _fit_shape(weights: Floats, prior: tuple[float, float], prior_pairs: float = PRIOR_PAIRS) -> BetaShape:
    """Return the beta distribution of greatest weighted likelihood, prior pairs included."""
    a, b = prior
    total = weights.sum() + prior_pairs
    mean_log_x = (weights @ _LOG_X + prior_pairs * (special.digamma(a) - special.digamma(a + b))) / total
    mean_log_1_x = (weights @ _LOG_1_X + prior_pairs * (special.digamma(b) - special.digamma(a + b))) / total

    def cost(shape: Floats) -> tuple[float, Floats]:
        both = special.digamma(shape.sum())
        value = special.betaln(*shape) - (shape[0] - 1) * mean_log_x - (shape[1] - 1) * mean_log_1_x
        slope = np.array(
            [special.digamma(shape[0]) - both - mean_log_x, special.digamma(shape[1]) - both - mean_log_1_x]
        )
        return float(value), slope

    found = optimize.minimize(cost, np.array(prior), jac=True, bounds=_SHAPE_BOUNDS, method="L-BFGS-B")
    return BetaShape(float(found.x[0]), float(found.x[1]))


def _posterior(match: BetaShape, non_match: BetaShape, share: float) -> Floats:
    log_odds = match.log_density(_CELLS) - non_match.log_density(_CELLS) + special.logit(share)
    posterior: Floats = special.expit(log_odds)
    return posterior


def _tabulate(match: BetaShape, non_match: BetaShape, share: float) -> Floats:
    """Return the posterior per cell, lowered where a higher similarity would be less probable.

    Two beta densities can cross twice; evidence must not fall as similarity rises, and the
    cautious of the two readings is kept.
    """
    return np.minimum.accumulate(_posterior(match, non_match, share)[::-1])[::-1]


def _find_threshold(links: Floats, probability: Floats) -> float:
    """Return the similarity down to which links give the greatest expected F1.

    With probabilities p, taking the n most similar links gives F1 2 * sum(p[:n]) / (n + sum(p)) in
    expectation (to first order), so no truth is needed to choose n.
    """
    order = np.argsort(-links, kind="stable")
    chances = probability[order]
    chances = chances[chances >= MIN_DECISION_PROBABILITY]
    if not len(chances):
        return float(np.nextafter(1.0, 2.0))
    expected = 2 * np.cumsum(chances) / (np.arange(1, len(chances) + 1) + probability.sum())
    return float(links[order[int(expected.argmax())]])
