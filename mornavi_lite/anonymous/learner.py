"""The learner of chapter 5 with a row for each profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..contents import ByContents, short
from ..learners import Mornavi, Plan
from ..learners.stage_payoffs import StagePayoffs
from ..planning import Uncertainty
from ..planning.backup import backward
from ..rounding import power_of_two
from ..summaries import text_of
from .backup import averages, one_set
from .counts import ProfileCounts
from .planning import stage_equilibria


@dataclass(frozen=True, eq=False, repr=False)
class AnonymousMornavi(ByContents):
    """Optimistic robust value iteration for players who are all alike, from counts by profile.

    Parameters
    ----------
    uncertainty : UncertaintySet
        The set of every player.
    delta : float
        Probability with which any bound may ever fail, in (0, 1).
    confidence : {"model", "chernoff", "bernstein", "hoeffding", "events", "row"}
        Which confidence set, as in :class:`mornavi_lite.Mornavi`.
    scale : float
        Multiplies the width of the confidence set. The theorem is for 1.
    replan : {"doubling", "spaced", "often", "episode"}
        When a run makes a new plan.
    min_probability, support, rows, fail_state
        What is stated, as in :class:`mornavi_lite.Mornavi`, with profiles in the place of joint actions.
    reward : array_like, shape (H, S, A, C), or None
        Rewards, where they are known beforehand. None: they are learned, those of a profile when it is first played.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 14, :prf:ref:`anonymous-certificate`. A joint action counts only by its profile, so this is the learner of
    chapter 5 with shared rows, and its theorem. The equilibria are symmetric Nash equilibria of the optimistic stages;
    the policy is one for all players.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, run
    >>> from mornavi_lite.anonymous import AnonymousMornavi, bridge_and_tunnel
    >>> game = bridge_and_tunnel().with_players(10)
    >>> history = run(AnonymousMornavi(TotalVariation(0.1)), game, n_episodes=10**5, until=0.5)
    >>> bool((history.gap <= history.certificate).all() and history.best_certificate <= 0.5)
    True
    """

    uncertainty: Uncertainty
    delta: float = 0.05
    confidence: str = "model"
    scale: float = 1.0
    replan: str = "doubling"
    min_probability: float | None = None
    _: KW_ONLY
    support: Any = None
    rows: Any = None
    fail_state: int | None = None
    reward: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "uncertainty", one_set(self.uncertainty))
        if isinstance(self.confidence, str) and self.confidence == "bonus":
            raise ValueError('confidence must be that of a confidence set, got "bonus", which certifies nothing')
        if self.reward is not None:
            told = checks.finite_array("reward", self.reward, 4).copy()
            told.setflags(write=False)
            object.__setattr__(self, "reward", told)
        checked = Mornavi(self.uncertainty, "nash", **{name: getattr(self, name) for name in _SHARED})
        for name in _SHARED:
            object.__setattr__(self, name, getattr(checked, name))

    def __repr__(self) -> str:
        """Fields that state nothing are left out."""
        told = [each for each in fields(self) if not (each.kw_only and getattr(self, each.name) is None)]
        return f"AnonymousMornavi({', '.join(f'{each.name}={short(getattr(self, each.name))}' for each in told)})"

    @property
    def concept(self) -> str:
        """Always "nash": symmetric equilibria are products."""
        return "nash"

    def behaviour(self, plan: Plan) -> np.ndarray:
        """The policy (H, S, A) that all play in order to learn: that of the plan."""
        return plan.policy

    def watched(self, visits: np.ndarray) -> np.ndarray:
        """What must double before a new plan: visits of rows, and whether each profile was seen."""
        return Mornavi(self.uncertainty, "nash", rows=self.rows).watched(visits)

    def plan(self, counts: ProfileCounts) -> Plan:
        """The policy that all play next, with bounds on its robust value, from counts alone.

        Parameters
        ----------
        counts : ProfileCounts
            What has been seen.

        Returns
        -------
        Plan
            Policy (H, S, A), upper and lower values (1, H+1, S) of one player.

        Raises
        ------
        TypeError, ValueError
            If the counts are of another kind, or contradict what was stated.
        RuntimeError
            If a stage's equilibrium cannot be certified.

        Examples
        --------
        >>> from mornavi_lite import TotalVariation
        >>> from mornavi_lite.anonymous import AnonymousMornavi, ProfileCounts
        >>> nothing = ProfileCounts(n_players=50, n_actions=2, n_states=3, horizon=2)
        >>> plan = AnonymousMornavi(TotalVariation(0.1)).plan(nothing)
        >>> plan.upper[0, :, 0].tolist(), plan.lower[0, :, 0].tolist()
        ([2.0, 1.0, 0.0], [0.0, 0.0, 0.0])
        """

        def optimistic(h: int, high: np.ndarray) -> np.ndarray:
            return stage_equilibria(high - high.min(), counts.n_players, power_of_two(counts.step_ranges), h)

        return self._values(counts, optimistic)

    def certify(self, counts: ProfileCounts, policy: Any) -> Plan:
        """Bounds on the robust value of any policy that all follow, and of every deviation of one of them.

        Parameters
        ----------
        counts : ProfileCounts
            What has been seen, by whatever policies.
        policy : array_like, shape (H, S, A)
            What each player draws from.

        Returns
        -------
        Plan
            The policy with its upper and lower values (1, H+1, S).

        Raises
        ------
        TypeError, ValueError
            If an argument is not of that form.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import TotalVariation
        >>> from mornavi_lite.anonymous import AnonymousMornavi, ProfileCounts
        >>> nothing = ProfileCounts(n_players=50, n_actions=2, n_states=3, horizon=2)
        >>> AnonymousMornavi(TotalVariation(0.1)).certify(nothing, np.full((2, 3, 2), 0.5)).certificate()
        2.0
        """
        given = checks.probability_rows("policy", policy)
        if isinstance(counts, ProfileCounts):
            checks.has_shape("policy", given, (counts.horizon, counts.n_states, *counts.n_actions), "(H, S, A)")
        return self._values(counts, lambda h, high: given[h])

    def _values(self, counts: ProfileCounts, choose: Callable[[int, np.ndarray], np.ndarray]) -> Plan:
        if not isinstance(counts, ProfileCounts):
            raise TypeError(f"counts must be ProfileCounts, got {type(counts).__name__}")
        m, (n_own,) = counts.n_players, counts.n_actions
        bounds_of = self._payoffs(counts)
        policy = np.empty((counts.horizon, counts.n_states, n_own))

        def bounds(h: int, value: np.ndarray) -> np.ndarray:
            # An action in the place of a player: all of them go on with the value of the one who stands for all.
            upper, lower = (np.repeat(each, n_own, axis=0) for each in value)
            high, low = bounds_of.at(h, upper, lower)
            policy[h] = choose(h, high)
            above, below = (averages(each, m, policy[h]) for each in (high, low))
            followed = (policy[h] * above).sum(axis=-1)
            return np.stack([np.maximum(followed, above.max(axis=-1))[None], (policy[h] * below).sum(axis=-1)[None]])

        upper, lower = backward(counts.horizon, (2, 1, counts.n_states), bounds)
        return Plan(policy, upper, lower, replace(counts.about, concept="nash", uncertainty=text_of(self.uncertainty)))

    def _payoffs(self, counts: ProfileCounts) -> StagePayoffs:
        """Bounds on payoffs (S, A, C); the union runs over the rows that matter."""
        shape, inside = counts.visits.shape, counts.inside
        if self.reward is not None:
            wanted = (*shape[:2], *counts.n_actions, shape[2])
            checks.has_shape("reward", self.reward, wanted, "(H, S, A, C)")
            inside = KnownRewards.beside(inside, np.moveaxis(self.reward, 2, 0))
        rows = np.arange(np.prod(shape)).reshape(shape) if self.rows is None else self.rows
        stated = (self.min_probability, self.support, rows, self.fail_state)
        return StagePayoffs(
            inside,
            [one_set(self.uncertainty)] * len(inside.n_actions),
            self.confidence,
            self.delta,
            self.scale,
            *stated,
        )


class KnownRewards(Counts):
    """Counts beside rewards that were known beforehand."""

    known: np.ndarray

    @classmethod
    def beside(cls, counts: Counts, known: np.ndarray) -> KnownRewards:
        """The same counts, which are not copied, beside rewards (m, H, S, A)."""
        told = object.__new__(cls)
        told.__dict__.update(counts.__dict__, known=known)
        return told

    def reward_bounds(self, step: int, delta: float, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """The rewards, as both bounds."""
        return self.known[:, step], self.known[:, step]


#: What is handed to the learner of chapter 5 to be checked.
_SHARED = ("confidence", "delta", "scale", "replan", "min_probability", "support", "rows", "fail_state")
