"""The learner of chapter 5 with factors in the place of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..contents import ByContents, short
from ..equilibrium import CONCEPTS, deviation_value_unchecked, require_product
from ..learners import Plan
from ..learners.mornavi import REPLANS, stage_choices
from ..planning import Uncertainty
from ..planning.backup import backward
from ..rounding import power_of_two
from ..summaries import text_of
from ..uncertainty import UncertaintySet, sets_per_player
from .counts import FeatureCounts, gram_of
from .payoffs import LinearPayoffs


@dataclass(frozen=True, eq=False, repr=False)
class LinearMornavi(ByContents):
    """Optimistic robust value iteration that is told features and rewards, and learns the factors.

    Parameters
    ----------
    features : array_like, shape (S, A, d) or (H, S, A, d)
        Weights of the factors at each state and joint action, in the simplex.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player, around the factors; a radius may broadcast to (H, d).
    reward : array_like, shape (m, H, S, A)
        The rewards.
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage.
    delta : float
        Probability with which any bound may ever fail, in (0, 1).
    scale : float
        Multiplies the widths of all bounds, at least 0. The theorem is for 1.
    replan : {"doubling", "spaced", "often", "episode"}
        When a run makes a new plan: once a step's determinant has doubled, which for one-hot features is the product
        of the factors' visits; the same with a fiftieth of all episodes in between; once it has grown by
        an eighth; or after each episode.
    ridge : float
        Weight of the identity in the regression, positive. One-hot features need none.
    explore : float
        Part of each stage in which a joint action is drawn at random in order to learn, in [0, 1].

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 13, :prf:ref:`linear-certificate`.
    Of each factor the counts leave an optimistic and a pessimistic row, as in chapter 4: with one-hot
    features by the bets of :mod:`mornavi_lite.confidence`, else by a ridge regression for each event. With probability
    1 - delta every plan's upper and lower values are bounds as in chapter 5, so ``certificate`` bounds the gap. Unions
    run over all events, or over the values that rounded numbers can make, whichever is less; so neither the number of
    states nor d^2 decides.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, run
    >>> from mornavi_lite.linear import LinearMornavi, grouped_states
    >>> game = grouped_states(32)
    >>> learner = LinearMornavi(game.features, TotalVariation(0.1), game.reward)
    >>> history = run(learner, game, n_episodes=10**4)
    >>> bool((history.gap <= history.certificate).all() and history.best_certificate < 0.1)
    True
    """

    features: Any
    uncertainty: Uncertainty
    reward: Any
    concept: str = "cce"
    delta: float = 0.05
    scale: float = 1.0
    replan: str = "doubling"
    _: KW_ONLY
    ridge: float = 1.0
    explore: float = 0.0

    def __post_init__(self) -> None:
        reward = checks.finite_array("reward", self.reward, 4).copy()
        m, _, n_states, n_joint = reward.shape
        features = checks.probability_rows("features", self.features).copy()
        if features.ndim not in (3, 4) or features.shape[:-1] not in ((n_states, n_joint), reward.shape[1:]):
            raise ValueError(
                f"features must have shape (S, A, d) or (H, S, A, d) with (H, S, A) = {reward.shape[1:]}, "
                f"got {features.shape}"
            )
        for name, array in (("reward", reward), ("features", features)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        sets = sets_per_player(self.uncertainty, m)
        if not isinstance(self.uncertainty, UncertaintySet):
            object.__setattr__(self, "uncertainty", tuple(sets))
        checks.one_of("concept", self.concept, CONCEPTS)
        checks.one_of("replan", self.replan, REPLANS)
        object.__setattr__(self, "delta", checks.probability("delta", self.delta))
        object.__setattr__(self, "scale", checks.number("scale", self.scale, 0.0))
        object.__setattr__(self, "ridge", checks.number("ridge", self.ridge, 1e-9))
        object.__setattr__(self, "explore", checks.number("explore", self.explore, 0.0, 1.0))

    def __repr__(self) -> str:
        told = [each for each in fields(self) if not (each.kw_only and getattr(self, each.name) == each.default)]
        return f"LinearMornavi({', '.join(f'{each.name}={short(getattr(self, each.name))}' for each in told)})"

    @cached_property
    def one_hot(self) -> bool:
        """Whether each cell has one factor, and that alone."""
        return bool(((self.features == 0) | (self.features == 1)).all())

    @property
    def weights(self) -> np.ndarray:
        """The features as an array (H, S, A, d)."""
        return np.broadcast_to(self.features, (*self.reward.shape[1:], self.features.shape[-1]))

    def behaviour(self, plan: Plan) -> np.ndarray:
        """The joint policy (H, S, A) that is played in order to learn: the plan's, at random as ``explore`` says."""
        if not self.explore:
            return plan.policy
        return (1 - self.explore) * plan.policy + self.explore / plan.policy.shape[-1]

    def watched(self, visits: np.ndarray) -> np.ndarray:
        """What must double before a new plan: the determinant of each step that matters, (H - 1,).

        With more than 16 features it is a root of the determinant, which else would be too large a number.
        """
        weights, times, d = self.weights[:-1], visits[:-1], self.weights.shape[-1]
        regular = np.eye(d) + gram_of(weights, times) / self.ridge
        return np.asarray(np.exp(np.linalg.slogdet(regular)[1] / np.ceil(d / 16)))

    def plan(self, counts: Any) -> Plan:
        """The policy to play next, with bounds on its robust value, from counts alone.

        Parameters
        ----------
        counts : FeatureCounts or Counts
            What has been seen.

        Returns
        -------
        Plan
            Policy (H, S, A), upper and lower values (m, H+1, S).

        Raises
        ------
        TypeError, ValueError
            If the counts are of another kind, other sizes or other features.
        RuntimeError
            If a stage's equilibrium cannot be certified.

        Examples
        --------
        Rewards are known, so without a visit the first step is all that is not:

        >>> import numpy as np
        >>> from mornavi_lite import Counts, TotalVariation
        >>> from mornavi_lite.linear import LinearMornavi
        >>> learner = LinearMornavi(np.ones((2, 4, 1)), TotalVariation(0.1), np.ones((2, 3, 2, 4)))
        >>> plan = learner.plan(Counts(n_states=2, n_actions=(2, 2), horizon=3))
        >>> plan.upper[0, :, 0].tolist(), plan.certificate()
        ([3.0, 2.0, 1.0, 0.0], 0.0)
        """

        def optimistic(h: int, high: np.ndarray) -> np.ndarray:
            return stage_choices(high, tuple(counts.n_actions), self.concept, self._scale, h)

        return self._values(counts, optimistic, by_rule=True)

    def certify(self, counts: Any, policy: Any) -> Plan:
        """Bounds on the robust value of any policy, and of every deviation from it, from counts alone.

        Parameters
        ----------
        counts : FeatureCounts or Counts
            What has been seen, by whatever policies.
        policy : array_like, shape (H, S, A)
            Joint policy; for concept "nash" a product of the players' own.

        Returns
        -------
        Plan
            The policy with its upper and lower values (m, H+1, S).

        Raises
        ------
        TypeError, ValueError
            If an argument is not of that form.

        Notes
        -----
        Chapter 13, :prf:ref:`few-values`.
        A policy that is not the learner's rule may be any function of the data, so that every event of the
        states counts: with many states these bounds are wider than those of :meth:`plan`.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import TotalVariation
        >>> from mornavi_lite.linear import LinearMornavi, five_states
        >>> game = five_states()
        >>> learner = LinearMornavi(game.features, TotalVariation(0.1), game.reward)
        >>> learner.certify(game.counts(), np.full((3, 5, 4), 0.25)).certificate(game.initial) > 0.5
        True
        """
        rows = checks.probability_rows("policy", policy)
        checks.has_shape("policy", rows, self.reward.shape[1:], "(H, S, A)")
        if hasattr(counts, "n_actions"):
            require_product(rows, tuple(counts.n_actions), self.concept)
        return self._values(counts, lambda h, high: rows[h], by_rule=False)

    @property
    def _scale(self) -> float:
        ends = np.stack([self.reward.min(axis=(2, 3)), self.reward.max(axis=(2, 3))], axis=-1)
        return power_of_two(ends)

    def _values(self, counts: Any, choose: Callable[[int, np.ndarray], np.ndarray], by_rule: bool) -> Plan:
        """The policy that ``choose`` makes from the stage payoffs of a step, and its bounds, from the last step on."""
        self._check(counts)
        payoffs = LinearPayoffs(self, counts, by_rule)
        m, n_actions = len(self.reward), tuple(counts.n_actions)
        policy = np.empty(self.reward.shape[1:])

        def bounds(h: int, value: np.ndarray) -> np.ndarray:
            high, low = payoffs.at(h, *value)
            policy[h] = choose(h, high)
            followed, lower = ((policy[h][:, None] * each).sum(axis=-1).T for each in (high, low))
            upper = [
                np.maximum(followed[i], deviation_value_unchecked(high[:, i], policy[h], n_actions, i, self.concept))
                for i in range(m)
            ]
            return np.stack([np.stack(upper), lower])

        upper, lower = backward(len(policy), (2, m, policy.shape[1]), bounds)
        named = replace(counts.about, concept=self.concept, uncertainty=text_of(self.uncertainty))
        return Plan(policy, upper, lower, replace(named, given="given: features, rewards"))

    def _check(self, counts: Any) -> None:
        """Raise unless counts are of this game's sizes, features, and of rewards that were told."""
        if not isinstance(counts, (FeatureCounts, Counts)):
            raise TypeError(f"counts must be FeatureCounts or Counts, got {type(counts).__name__}")
        m, *shape = self.reward.shape
        checks.has_shape("visits of counts", counts.visits, tuple(shape), "(H, S, A)")
        if len(counts.n_actions) != m:
            raise ValueError(f"counts must be of {m} players, as reward is, got {len(counts.n_actions)}")
        if isinstance(counts, FeatureCounts):
            if not np.array_equal(counts.features, self.weights):
                raise ValueError("counts must have the features of the learner, got others")
            return
        if counts.start_row is not None:
            raise ValueError("counts must say where episodes begin: an environment without initial is not learned here")
        if counts.legal is not None or counts.rewards != "deterministic":
            raise ValueError("counts must be of a game whose actions are all legal and whose rewards are r(s, a)")
        apart = np.abs(counts.reward - self.reward) * (counts.visits > 0)
        if apart.max() > 1e-9 * self._scale:
            where = checks.first_true(apart > 1e-9 * self._scale)
            seen, told = float(counts.reward[where]), float(self.reward[where])
            raise ValueError(f"reward{checks.place(where)} is contradicted by counts: told {told:g}, seen {seen:g}")
