"""What a learner has seen of a linear game: visits, and sums of features by what followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..games.arrays import frozen, one_step, reward_ranges, whole_range
from ..summaries import About
from .flows import Flows


class FeatureCounts:
    """How often each joint action was played, and which features led where: memory d S a step, not S A S.

    Parameters
    ----------
    features : array_like, shape (S, A, d) or (H, S, A, d)
        Weights of the factors.
    n_actions : sequence of int
        Number of actions of each player; their product is A.
    horizon : int
        Number of steps H.
    reward_range : (lo, hi), array_like of shape (m, 2) or (m, H, 2)
        Between which values rewards lie.
    initial : int, array_like of shape (S,) or None
        The initial state, or its distribution, where it is known.
    name, state_names, action_names
        For results that are printed.

    Attributes
    ----------
    visits : numpy.ndarray of int64, shape (H, S, A)
        How often each joint action was played.
    sums : numpy.ndarray, shape (H, d, S)
        Sums of the features over the visits after which each state followed; of one-hot features numbers of visits.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 13, :eq:`linear-ridge`: the estimate and its bound are made of these sums alone.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite.linear import FeatureCounts
    >>> counts = FeatureCounts([[[0.25, 0.75]], [[1.0, 0.0]]], n_actions=(1,), horizon=1)
    >>> counts.add([[[[0, 4]], [[0, 0]]]])
    >>> counts.sums.tolist(), counts.gram[0].tolist()
    ([[[0.0, 1.0], [0.0, 3.0]]], [[0.25, 0.75], [0.75, 2.25]])
    """

    def __init__(
        self,
        features: Any,
        n_actions: Sequence[int],
        horizon: int,
        reward_range: Any = (0, 1),
        initial: Any = None,
        name: str = "",
        state_names: Any = None,
        action_names: Any = None,
    ) -> None:
        self.n_actions, steps = checks.action_counts(n_actions), checks.integer("horizon", horizon, 1)
        weights = checks.probability_rows("features", features)
        n_joint = int(np.prod(self.n_actions))
        if weights.ndim not in (3, 4) or weights.shape[-2] != n_joint or weights.shape[:-3] not in ((), (steps,)):
            raise ValueError(
                f"features must have shape (S, A, d) or (H, S, A, d) with A = {n_joint} and H = {steps}, "
                f"got {weights.shape}"
            )
        self.features = frozen(weights, (steps, *weights.shape[-3:]))
        self.step_ranges = reward_ranges(reward_range, np.zeros(0), len(self.n_actions), steps)
        self.initial = None if initial is None else checks.distribution("initial", initial, self.n_states)
        self.visits = np.zeros(self.features.shape[:3], dtype=np.int64)
        self.sums = np.zeros((steps, self.features.shape[3], self.n_states))
        words = {"state_names": state_names, "action_names": action_names}
        self._names = About(name, **{key: each for key, each in words.items() if each is not None})

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.features.shape[1]

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self.features.shape[0]

    @property
    def n_episodes(self) -> int:
        """How many episodes were seen."""
        return int(self.visits[0].sum())

    @property
    def gram(self) -> np.ndarray:
        """Sums over visits of the features' products, shape (H, d, d)."""
        return gram_of(self.features, self.visits)

    @property
    def starts(self) -> np.ndarray | None:
        """Which states can be the first, booleans (S,); None where nobody said."""
        return None if self.initial is None else self.initial > 0

    @property
    def reward_range(self) -> np.ndarray:
        """Between which values each player's rewards lie, shape (m, 2)."""
        return whole_range(self.step_ranges)

    @property
    def about(self) -> About:
        """What results that are made of these counts say of the game."""
        named = (self._names.game, self.n_actions, self._names.state_names, self._names.action_names)
        return About(*named, reward_range=self.reward_range, initial=self.initial)

    def add(self, played: Any, reward: Any = None) -> None:
        """Add the counts of any number of episodes, as ``LinearGame.play`` returns them.

        Parameters
        ----------
        played : array_like of int, shape (H, S, A, S), or Flows
            How often each transition happened.
        reward : object
            Not looked at: rewards are known.

        Raises
        ------
        ValueError, TypeError
            If the counts are not of that form.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite.linear import five_states
        >>> game = five_states()
        >>> counts, even = game.counts(), np.full((game.horizon, game.n_states, 4), 0.25)
        >>> counts.add(game.play(even, 100, np.random.default_rng(0)))
        >>> counts.n_episodes
        100
        """
        if not isinstance(played, Flows):
            played = checks.counts_array("played", played)
            checks.has_shape("played", played, (*self.visits.shape, self.n_states), "(H, S, A, S)")
        self.add_unchecked(played, reward)

    def add_unchecked(self, played: Any, reward: Any = None) -> None:
        """The same as :meth:`add` for counts that are known to be sound."""
        if isinstance(played, Flows):
            self.visits += played.visits
            for h, (features, drawn) in enumerate(zip(played.features, played.drawn, strict=True)):
                self.sums[h] += features.T @ drawn
            return
        self.visits += played.sum(axis=-1)
        self.sums += sums_of(self.features, played)

    def copy(self) -> FeatureCounts:
        """Independent copy."""
        return self._around(self.__dict__ | {"visits": self.visits.copy(), "sums": self.sums.copy()})

    @classmethod
    def _around(cls, known: dict[str, Any]) -> FeatureCounts:
        counts = object.__new__(cls)
        counts.__dict__.update(known)
        return counts

    def parts(self) -> dict[str, np.ndarray]:
        """Arrays that can be stored; :meth:`from_parts` makes the counts of them again."""
        seen = {"features": one_step(self.features, 0), "counted": self.visits, "sums": self.sums}
        return seen | {"step_ranges": self.step_ranges} | self.about.parts()

    @classmethod
    def from_parts(cls, stored: Mapping[str, np.ndarray]) -> FeatureCounts:
        """Counts of what :meth:`parts` gave: what ``History.load(path, counts=FeatureCounts)`` asks for."""
        features, visits = np.asarray(stored["features"]), checks.counts_array("counted", stored["counted"])
        known = About.from_parts(stored, visits.shape)
        told = features[0] if len(features) == 1 else features
        named = (known.game, known.state_names or None, known.action_names or None)
        counts = cls(told, known.n_actions, len(visits), stored["step_ranges"], known.initial, *named)
        sums = checks.finite_array("sums", stored["sums"])
        checks.has_shape("counted", visits, counts.visits.shape, "(H, S, A)")
        checks.has_shape("sums", sums, counts.sums.shape, "(H, d, S)")
        counts.visits, counts.sums = visits.copy(), sums.copy()
        return counts


def sums_of(features: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """Sums (H, d, S) of features (H, S, A, d) over transitions (H, S, A, S)."""
    h, s, a = np.nonzero(transitions.any(axis=-1))
    made = np.zeros((len(features), features.shape[-1], features.shape[1]))
    for step in range(len(features)):
        here = h == step
        made[step] = features[step, s[here], a[here]].T @ transitions[step, s[here], a[here]]
    return made


def gram_of(features: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Sums (H, d, d) of products of features (H, S, A, d) over visits (H, S, A)."""
    made = np.empty((len(features), features.shape[-1], features.shape[-1]))
    for step, (weights, times) in enumerate(zip(features, visits, strict=True)):
        rows = weights[times > 0]
        made[step] = (rows * times[times > 0][:, None]).T @ rows
    return made
