"""MORNAVI: learns a robust equilibrium from counts, optimistic about the unknown, worst case about what may shift.

A learner turns counts into a plan, by one pass from the last step to the first. At each step it takes, for each player,

1. the highest stage payoffs that the counts allow, robust by the worst case over the player's uncertainty set,
2. an equilibrium of those stage games: the policy to play next,
3. the lowest robust payoffs that the counts allow, for the same policy.

The distance of the two values bounds the policy's true gap, without knowledge of the game: the certificate.
Definitions and proofs: chapters 4 and 5 of the book. The algorithm is that of Farhat, Ghosh, Atia and Wang (2026).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from . import _checks
from ._counts import Counts, frequencies
from .confidence import TAILS, ConfidenceSet, bonus, log_term_at
from .equilibrium import CONCEPTS, deviation_value_unchecked, solve_stage_unchecked
from .planning import Uncertainty
from .uncertainty import Nominal, UncertaintySet, sets_per_player

__all__ = ["Mornavi", "NashVI", "Plan"]

CONFIDENCES = (*TAILS, "bonus")
REPLANS = ("doubling", "episode")


class Plan(NamedTuple):
    """What a learner would play now, and between which values its robust value lies.

    Attributes
    ----------
    policy : numpy.ndarray, shape (H, S, A)
        Joint policy: an equilibrium of the optimistic stage games.
    upper : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at least the robust value of every deviation of the concept, and of the policy.
    lower : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at most the robust value of the policy.
    """

    policy: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    def certificate(self, initial: int | np.ndarray = 0) -> float:
        """Bound on the gap of the policy, from the counts alone.

        Parameters
        ----------
        initial : int or numpy.ndarray of shape (S,)
            Initial state, or its distribution.

        Returns
        -------
        float
            The largest distance of upper and lower value of any player, in units of reward.

        Raises
        ------
        ValueError, TypeError
            If ``initial`` is not of that form.

        Notes
        -----
        Chapter 5, :eq:`certificate`. Proven for the confidence sets at ``scale=1``; a heuristic for bonuses.

        Examples
        --------
        Before the first episode it says nothing:

        >>> from mornavi_lite import Counts, Mornavi, Nominal
        >>> Mornavi(Nominal()).plan(Counts(n_states=2, n_actions=(2, 2), horizon=3)).certificate()
        3.0
        """
        start = _checks.distribution("initial", initial, self.upper.shape[-1])
        return float(((self.upper[:, 0] - self.lower[:, 0]) @ start).max())


@dataclass(frozen=True)
class Mornavi:
    """Multiplayer optimistic robust Nash value iteration: an online learner for robust Markov games.

    Parameters
    ----------
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage.
    confidence : {"model", "chernoff", "bernstein", "hoeffding", "bonus"}
        How counts become bounds: the best and worst kernel of a confidence set, of which "model" is the tightest, or a
        bonus of the paper's shape.
    delta : float
        Probability with which any bound may ever fail, in (0, 1).
    scale : float
        Multiplies the width of the confidence set, or the bonus; at least 0. The theorems are for 1.
    replan : {"doubling", "episode"}
        When a run makes a new plan: once some visits have doubled, or after each episode.
    min_probability : float or None
        An assumption, if given: every positive probability of the kernel is at least this.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 5, :eq:`mornavi-upper` and :eq:`mornavi-lower`. The published algorithm is Farhat, Ghosh, Atia and Wang
    (2026), with bonuses whose constants are not available to us; ours are named in :mod:`mornavi_lite.confidence`.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, run, zoo
    >>> game = zoo.safe_or_risky(rewards="opposed")
    >>> history = run(Mornavi(TotalVariation(0.1)), game, n_episodes=10**5, seed=1, until=0.2)
    >>> bool(history.best_certificate <= 0.2 and history.gap[-1] <= history.best_certificate)
    True
    """

    uncertainty: Uncertainty
    concept: str = "cce"
    confidence: str = "model"
    delta: float = 0.05
    scale: float = 1.0
    replan: str = "doubling"
    min_probability: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, UncertaintySet):
            n_sets = len(self.uncertainty) if hasattr(self.uncertainty, "__len__") else 1
            object.__setattr__(self, "uncertainty", tuple(sets_per_player(self.uncertainty, n_sets)))
        _checks.one_of("concept", self.concept, CONCEPTS)
        _checks.one_of("confidence", self.confidence, CONFIDENCES)
        _checks.one_of("replan", self.replan, REPLANS)
        object.__setattr__(self, "delta", _checks.probability("delta", self.delta))
        object.__setattr__(self, "scale", _checks.number("scale", self.scale, 0.0))
        object.__setattr__(self, "min_probability", _checks.min_probability(self.min_probability))

    def plan(self, counts: Counts) -> Plan:
        """The policy to play next, with bounds on its robust value, from counts alone.

        Parameters
        ----------
        counts : Counts
            What has been seen.

        Returns
        -------
        Plan
            Policy (H, S, A), upper and lower values (m, H+1, S).

        Raises
        ------
        TypeError, ValueError
            If ``counts`` is not a :class:`mornavi_lite.Counts`, there is not one uncertainty set per player, or the
            counts contradict ``min_probability``.
        RuntimeError
            If a stage game's equilibrium cannot be certified.

        Notes
        -----
        Chapter 5, :eq:`mornavi-upper`, :eq:`mornavi-lower`. The policy at a state is an equilibrium of the upper stage
        payoffs Q, and V = E[Q] under it; the upper value also covers what the stage's best deviation could add.

        Examples
        --------
        Nothing is known, so everything may be the best:

        >>> from mornavi_lite import Counts, Mornavi, TotalVariation
        >>> plan = Mornavi(TotalVariation(0.1)).plan(Counts(n_states=2, n_actions=(2, 2), horizon=3))
        >>> plan.upper[0, :, 0].tolist(), plan.lower[0, :, 0].tolist()
        ([3.0, 2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0])
        """
        if not isinstance(counts, Counts):
            raise TypeError(f"counts must be Counts, got {type(counts).__name__}")
        sets = sets_per_player(self.uncertainty, len(counts.n_actions))
        model = self._confidence_set(counts)
        policy = np.empty(counts.visits.shape)
        upper = np.zeros((len(sets), counts.horizon + 1, counts.n_states))
        lower = np.zeros_like(upper)
        for h in reversed(range(counts.horizon)):
            high, low = self._payoffs(counts, model, sets, h, upper[:, h + 1], lower[:, h + 1])
            try:
                policy[h] = solve_stage_unchecked(high, counts.n_actions, self.concept)
            except RuntimeError as error:
                raise RuntimeError(f"step {h}, stage games by state: {error}") from error
            for i in range(len(sets)):
                followed = (policy[h] * high[:, i]).sum(axis=-1)
                deviated = deviation_value_unchecked(high[:, i], policy[h], counts.n_actions, i, self.concept)
                upper[i, h] = np.maximum(followed, deviated)
                lower[i, h] = (policy[h] * low[:, i]).sum(axis=-1)
        return Plan(policy, upper, lower)

    def _confidence_set(self, counts: Counts) -> ConfidenceSet | None:
        """The set for all rows of the game together; None for bonuses."""
        if self.confidence == "bonus":
            return None
        n_rows = counts.visits.size
        return ConfidenceSet(self.confidence, counts.n_states, n_rows, self.delta, self.scale, self.min_probability)

    def _payoffs(
        self,
        counts: Counts,
        model: ConfidenceSet | None,
        sets: list[UncertaintySet],
        step: int,
        upper: np.ndarray,
        lower: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest robust stage payoffs (S, m, A) that counts allow, from values (m, S) at the next step."""
        seen, visits = counts.transitions[step], counts.visits[step]
        high, low = np.empty((2, counts.n_states, len(sets), visits.shape[-1]))
        for i, ball in enumerate(sets):
            if model is None:
                width = self.scale * self._bonus(counts, ball, step, upper[i], lower[i])
                best = worst = frequencies(seen, visits)
            else:
                width = np.zeros(visits.shape)
                best, worst = model.optimistic(seen, upper[i]), model.pessimistic(seen, lower[i])
            reward = counts.reward[i, step]
            highest = np.where(visits > 0, reward, 1.0)  # what nobody saw may be 1, or 0
            high[:, i] = highest + ball.worst_case_unchecked(best, upper[i]) + width
            low[:, i] = reward + ball.worst_case_unchecked(worst, lower[i]) - width
        return np.minimum(high, counts.horizon - step), np.maximum(low, 0.0)

    def _bonus(
        self, counts: Counts, ball: UncertaintySet, step: int, upper: np.ndarray, lower: np.ndarray
    ) -> np.ndarray:
        """Bonus (S, A) of one step for one player."""
        visits = counts.visits[step]
        rows, log_term = (
            frequencies(counts.transitions[step], visits),
            log_term_at(visits, counts.visits.size, self.delta),
        )
        return bonus(
            ball, rows, visits, upper, lower, log_term, counts.horizon, counts.n_episodes, self.min_probability
        )


@dataclass(frozen=True)
class NashVI(Mornavi):
    """The learner without robustness: optimistic Nash value iteration on nominal kernels.

    Parameters
    ----------
    concept, confidence, delta, scale, replan, min_probability
        As in :class:`Mornavi`; the uncertainty is :class:`mornavi_lite.Nominal`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 5. Liu, Yu, Bai and Jin (2021) with bonuses; any set of radius 0 gives the same plans.

    Examples
    --------
    >>> from mornavi_lite import Counts, Mornavi, NashVI, TotalVariation
    >>> counts = Counts(n_states=2, n_actions=(2, 2), horizon=3)
    >>> counts.record([0, 1, 1, 0], [0, 3, 1], [[0, 1, 0], [1, 0, 1]])
    >>> plans = NashVI().plan(counts), Mornavi(TotalVariation(0)).plan(counts)
    >>> plans[0].upper.tobytes() == plans[1].upper.tobytes()
    True
    """

    uncertainty: Uncertainty = field(default=Nominal(), init=False)
