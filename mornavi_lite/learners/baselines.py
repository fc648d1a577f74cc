"""Learners to compare with, in the shape of :class:`mornavi_lite.Mornavi`.

Each differs from it in how data are gathered, in which policy is made of them, or in both. The bounds of a plan are
always those of its own policy, so every learner has a certificate.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..equilibrium.deviations import by_own_action
from ..games import MarkovGame
from ..games.flows import split
from ..planning import solve
from .mornavi import Mornavi
from .plan import Plan


@dataclass(frozen=True, eq=False, repr=False)
class EpsilonGreedy(Mornavi):
    """Robust planning on the observed frequencies, without optimism; explores by chance alone.

    Parameters
    ----------
    uncertainty, concept, confidence, delta, scale, replan, min_probability, support, rows, fail_state
        As in :class:`mornavi_lite.Mornavi`; the confidence set serves the bounds alone.
    epsilon : float
        Probability with which each player, by itself, plays an action drawn uniformly, in [0, 1].

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 7. A reward that was not seen counts as the least, and a row that was not visited as uniform.

    Examples
    --------
    >>> from mornavi_lite import EpsilonGreedy, TotalVariation, run, zoo
    >>> history = run(EpsilonGreedy(TotalVariation(0.1)), zoo.paper_cooperative(), n_episodes=10**5)
    >>> bool(history.gap[-1] < 0.01)
    True
    """

    epsilon: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "epsilon", checks.number("epsilon", self.epsilon, 0.0, 1.0))

    def plan(self, counts: Counts) -> Plan:
        """A robust equilibrium of the observed frequencies, with bounds; arguments as in ``Mornavi.plan``."""
        return self.certify(counts, _empirical_equilibrium(self, counts))

    def collect(self, game: MarkovGame, plan: Plan, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """Episodes of the plan in which players explore; arguments as in ``Mornavi.collect``."""
        return game.play_unchecked(self.played(plan.policy, game.n_actions), n_episodes, rng)

    def behaviour(self, plan: Plan) -> np.ndarray:
        """The plan's policy with exploration; arguments as in ``Mornavi.behaviour``."""
        return self.played(plan.policy, plan.n_actions)

    def played(self, policy: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
        """The joint policy (..., A) that is played while ``policy`` is learned: each player explores by itself."""
        for player in range(len(n_actions)):
            own = by_own_action(policy, n_actions, player)
            mixed = (1 - self.epsilon) * own + self.epsilon * own.mean(axis=-2, keepdims=True)
            policy = mixed.reshape(policy.shape)
        return policy


@dataclass(frozen=True, eq=False, repr=False)
class GenerativeDRNVI(Mornavi):
    """Robust planning on equally many samples of each row: needs a simulator that starts anywhere.

    Parameters
    ----------
    uncertainty, concept, confidence, delta, scale, replan, min_probability, support, rows, fail_state
        As in :class:`mornavi_lite.Mornavi`; the confidence set serves the bounds alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 7. DR-NVI of Shi, Mazumdar, Chi and Wierman (2024). An episode's worth of samples is H transitions; they are
    spread over all (h, s, a) as evenly as whole numbers allow.

    Examples
    --------
    >>> from mornavi_lite import GenerativeDRNVI, TotalVariation, run, zoo
    >>> history = run(GenerativeDRNVI(TotalVariation(0.2)), zoo.support_shift(theta=1), n_episodes=10**5)
    >>> bool(history.gap[-1] < 1e-9)  # the state that no episode reaches is sampled like any other
    True
    """

    def plan(self, counts: Counts) -> Plan:
        """A robust equilibrium of the observed frequencies, with bounds; arguments as in ``Mornavi.plan``."""
        return self.certify(counts, _empirical_equilibrium(self, counts))

    def behaviour(self, plan: Plan) -> np.ndarray:
        """There is none: a TypeError that says so."""
        raise TypeError("GenerativeDRNVI plays no policy: it needs a simulator that starts at any state, as run has")

    def collect(self, game: MarkovGame, plan: Plan, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """Samples of every row, as many as that many episodes have steps; arguments as in ``Mornavi.collect``."""
        shape = game.probability.shape
        n_rows = shape[0] * shape[1] * shape[2]
        each, left = divmod(n_episodes * game.horizon, n_rows)
        samples = np.full(n_rows, each)
        samples[rng.permutation(n_rows)[:left]] += 1
        played = np.empty(shape, dtype=np.int64)
        for h, of_step in enumerate(samples.reshape(shape[0], -1)):
            played[h] = split(of_step, game.probability[h].reshape(-1, shape[3]), rng).reshape(shape[1:])
        return played


@dataclass(frozen=True, eq=False, repr=False)
class OfflinePessimistic(Mornavi):
    """An equilibrium of the pessimistic values, from episodes of a fixed behaviour policy.

    Parameters
    ----------
    uncertainty, concept, confidence, delta, scale, replan, min_probability, support, rows, fail_state
        As in :class:`mornavi_lite.Mornavi`.
    behaviour : array_like of shape (H, S, A) or None
        The policy that wrote the log. None: uniform over joint actions.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 7. Pessimistic about the kernel and about the data: the double pessimism of Blanchet, Lu, Zhang and Zhong
    (2023), with the confidence sets of this book.

    Examples
    --------
    >>> from mornavi_lite import OfflinePessimistic, TotalVariation, run, zoo
    >>> history = run(OfflinePessimistic(TotalVariation(0.1)), zoo.paper_cooperative(), n_episodes=10**5)
    >>> bool(history.gap[-1] < 0.01)
    True
    """

    behaviour: Any = field(default=None, repr=False, compare=False)  # its digest stands for it
    digest: str = field(default="uniform", init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.behaviour is not None:
            rows = checks.probability_rows("behaviour", self.behaviour, 3).copy()
            rows.setflags(write=False)
            object.__setattr__(self, "behaviour", rows)
            digest = hashlib.sha256(repr(rows.shape).encode() + rows.tobytes())
            object.__setattr__(self, "digest", digest.hexdigest()[:16])

    def plan(self, counts: Counts) -> Plan:
        """An equilibrium of the lowest payoffs that counts allow, with bounds; arguments as in ``Mornavi.plan``."""
        return self._values(counts, lambda h, high, low: self._equilibrium(counts, h, low))

    def collect(self, game: MarkovGame, plan: Plan, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """Episodes of the behaviour policy, whatever the plan; arguments as in ``Mornavi.collect``."""
        shape = game.probability.shape[:3]
        policy = _uniform(shape) if self.behaviour is None else self.behaviour
        checks.has_shape("behaviour", policy, shape, "(H, S, A)")
        return game.play_unchecked(policy, n_episodes, rng)


@dataclass(frozen=True, eq=False, repr=False)
class RandomPlay(Mornavi):
    """Plays and deploys the uniform policy: what no learning is worth.

    Parameters
    ----------
    uncertainty, concept, confidence, delta, scale, replan, min_probability, support, rows, fail_state
        As in :class:`mornavi_lite.Mornavi`; the confidence set serves the bounds alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 7.

    Examples
    --------
    >>> from mornavi_lite import Nominal, RandomPlay, run, zoo
    >>> history = run(RandomPlay(Nominal()), zoo.paper_cooperative(), n_episodes=100)
    >>> bool((history.gap == history.gap[0]).all())
    True
    """

    def plan(self, counts: Counts) -> Plan:
        """The uniform policy, with bounds; arguments as in ``Mornavi.plan``."""
        return self.certify(counts, _uniform(_counts(counts).visits.shape))


def _empirical_equilibrium(learner: Mornavi, counts: Counts) -> np.ndarray:
    """Robust equilibrium (H, S, A) of the game whose kernel is what was observed."""
    model = _counts(counts).empirical_model()
    game = MarkovGame(model, counts.reward, counts.n_actions, reward_range=counts.step_ranges, legal=counts.legal)
    return solve(game, learner.uncertainty, learner.concept).policy


def _counts(counts: Any) -> Counts:
    if not isinstance(counts, Counts):
        raise TypeError(f"counts must be Counts, got {type(counts).__name__}")
    return counts


def _uniform(shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, 1 / shape[-1])
