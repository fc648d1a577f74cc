"""A policy that nobody changes any more, certified player by player."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..confidence import Counts
from ..games.flows import flow
from ..learners import Mornavi
from ..planning import Uncertainty
from ..uncertainty import sets_per_player
from .game import AnonymousGame
from .learner import KnownRewards
from .profiles import joined, profile_probabilities

#: Bounds are looked at again when there are so many more episodes: one in four.
LOOKS = 4
_OF_ENVIRONMENTS = ("n_states", "n_actions", "horizon", "reward_range", "initial", "reset", "step")
#: Plays so many episodes of a behaviour (H, S, A_i): transitions (H, S, A_i, S), and sums of rewards (1, H, S, A_i).
Play = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class EachCertificate:
    """What each player's own episodes say of a frozen policy; an entry for each player that was certified.

    Attributes
    ----------
    upper : numpy.ndarray, shape (n,)
        At least what the player could reach by any deviation, at the start, with probability 1 - delta for all.
    lower : numpy.ndarray, shape (n,)
        At most what the policy is worth to the player.
    episodes : numpy.ndarray of int, shape (n,)
        Episodes that were played for the player.
    """

    upper: np.ndarray
    lower: np.ndarray
    episodes: np.ndarray

    @property
    def certificate(self) -> float:
        """Bound on the gap: the largest distance of upper and lower value."""
        return float((self.upper - self.lower).max())


def certify_each(
    environment: Any,
    policy: Any,
    uncertainty: Uncertainty,
    until: float,
    delta: float = 0.05,
    seed: int = 0,
    *,
    reward: Any = None,
    n_episodes: int = 10**6,
    confidence: str = "model",
    scale: float = 1.0,
) -> EachCertificate:
    """Certify a frozen product policy player by player: H S A_i rows each, however many players there are.

    Parameters
    ----------
    environment : AnonymousGame or an environment
        What is played. Of an anonymous game one player is certified, who stands for all. An environment has
        ``n_states``, ``n_actions``, ``horizon``, ``reward_range``, ``initial``, ``reset(rng)``, which returns a state,
        and ``step(joint_action, rng)``, which returns the next state and the rewards (m,).
    policy : array_like, shape (H, S, A), or a sequence of m arrays (H, S, A_i)
        What each player draws from, on its own; one array is for all players.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player, around the kernel that the others' policy leaves to the player. A
        radius broadcasts to (H, S, A_i).
    until : float
        Play until the certificate is at most this.
    delta : float
        Probability with which any bound of any player may ever fail, in (0, 1).
    seed : int
        Not negative. The same seed gives the same bytes.
    reward : array_like (H, S, A), sequence of m such arrays, or None
        Each player's mean reward by its own action, against the others' policy, where it is known. None: the mean is
        learned from draws, with half of delta.
    n_episodes : int
        Most episodes of each player.
    confidence, scale
        As in :class:`mornavi_lite.Mornavi`.

    Returns
    -------
    EachCertificate
        Upper and lower values and episodes of each player.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    RuntimeError
        If the certificate is still above ``until`` after ``n_episodes``; the message has what was reached.

    Notes
    -----
    Chapter 14, :eq:`others-integrated` and :prf:ref:`each-certificate`. While all others follow the policy, one player
    faces a decision process with the rows P_i(. | s, a_i), averages over the others' actions, and draws of them are
    independent whatever it does. So the theorem of chapter 5 for one player holds at delta / m. Half of the episodes
    follow the policy, half the most optimistic deviation. It speaks of sets around these averages, not around the rows
    of joint actions: Shi et al. (2025).

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.anonymous import bridge_and_tunnel, certify_each, solve
    >>> game = bridge_and_tunnel().with_players(600)
    >>> found = certify_each(game, solve(game, TotalVariation(0.1)).policy, TotalVariation(0.1), until=0.5)
    >>> found.certificate <= 0.5, len(found.episodes)
    (True, 1)
    """
    goal, most = checks.number("until", until, 0.0), checks.integer("n_episodes", n_episodes, 1, 10**15)
    risk = checks.probability("delta", delta)
    rng = np.random.default_rng(checks.integer("seed", seed, 0, np.inf))
    anonymous = isinstance(environment, AnonymousGame)
    own = _checked_sizes(environment)
    policies = _each("policy", policy, environment, own, checks.probability_rows)
    known = None if reward is None else _each("reward", reward, environment, own, checks.finite_array)
    ranges = _ranges(environment.reward_range, len(own))
    found = []
    for i, ball in enumerate(sets_per_player(uncertainty, len(own))):
        learner = Mornavi(ball, "nash", confidence, risk / len(own), scale)
        play = _in_flows(environment, policies[0]) if anonymous else _one_by_one(environment, policies, i)
        told = None if known is None else known[i][None]
        kind = "random" if told is None else "deterministic"
        counts = Counts(
            environment.n_states, own[i : i + 1], environment.horizon, ranges[i], kind, initial=environment.initial
        )
        start = checks.distribution("initial", environment.initial, environment.n_states)
        bounds = _Bounds(learner, counts, policies[i], told, start)
        found.append(_played_until(goal, bounds, play, most, rng, f"player {i}"))
    upper, lower, episodes = zip(*found, strict=True)
    return EachCertificate(np.array(upper), np.array(lower), np.array(episodes))


class _Bounds(NamedTuple):
    """What the episodes of one player say of its policy."""

    learner: Mornavi
    counts: Counts
    policy: np.ndarray
    known: np.ndarray | None
    start: np.ndarray

    @property
    def seen(self) -> Counts:
        """The counts, beside the rewards where they are known."""
        return self.counts if self.known is None else KnownRewards.beside(self.counts, self.known)

    def at_start(self) -> tuple[float, float]:
        """Upper and lower value."""
        plan = self.learner.certify(self.seen, self.policy)
        return float(plan.upper[0, 0] @ self.start), float(plan.lower[0, 0] @ self.start)

    def add(self, played: np.ndarray, sums: np.ndarray) -> None:
        """Count episodes; rewards that are known need no sums."""
        self.counts.add_unchecked(played, sums if self.known is None else self.known)


def _played_until(
    goal: float, bounds: _Bounds, play: Play, most: int, rng: np.random.Generator, who: str
) -> tuple[float, float, int]:
    """Upper and lower value, and how many episodes: bounds are looked at when there is a quarter more."""
    played = 0
    while True:
        upper, lower = bounds.at_start()
        if upper - lower <= goal:
            return upper, lower, played
        batch = min(2 * max(1, played // (2 * LOOKS)), most - played)
        if batch <= 0:
            raise RuntimeError(f"{who}: the certificate is {upper - lower:.3g} after {played} episodes, not {goal:g}")
        deviation = bounds.learner.plan(bounds.seen).policy
        for behaviour, n in ((bounds.policy, batch - batch // 2), (deviation, batch // 2)):
            bounds.add(*play(behaviour, n, rng))
        played += batch


def _in_flows(game: AnonymousGame, policy: np.ndarray) -> Play:
    """Episodes of one player of an anonymous game among others who follow the policy, drawn together."""
    places = joined(game.n_players, game.n_actions[0])
    others = profile_probabilities(game.n_players - 1, policy)
    rows = game.transition[:, :, places.ravel()]
    pays = np.stack([game.reward[:, :, a, each] for a, each in enumerate(places)], axis=2)

    def play(behaviour: np.ndarray, n_episodes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        both = behaviour[..., :, None] * others[..., None, :]
        drawn = flow(rows, game.initial, both.reshape(*both.shape[:2], -1), n_episodes, rng)
        drawn = drawn.reshape(*both.shape, game.n_states)
        return drawn.sum(axis=3), (drawn.sum(axis=-1) * pays).sum(axis=-1)[None]

    return play


def _one_by_one(environment: Any, policies: list[np.ndarray], player: int) -> Play:
    """Episodes of one player of an environment among others who follow their policies, step by step."""
    horizon, n_states, n_own = policies[player].shape
    below = [np.cumsum(each, axis=-1)[..., :-1] for each in policies]

    def play(behaviour: np.ndarray, n_episodes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        played = np.zeros((horizon, n_states, n_own, n_states), dtype=np.int64)
        sums = np.zeros((1, horizon, n_states, n_own))
        limits = [*below[:player], np.cumsum(behaviour, axis=-1)[..., :-1], *below[player + 1 :]]
        for _ in range(n_episodes):
            state = int(environment.reset(rng))
            for h in range(horizon):
                draws = rng.random(len(policies))
                taken = [int((each[h, state] <= draw).sum()) for each, draw in zip(limits, draws, strict=True)]
                joint = 0
                for action, each in zip(taken, policies, strict=True):
                    joint = joint * each.shape[-1] + action
                then, rewards = environment.step(joint, rng)
                played[h, state, taken[player], int(then)] += 1
                sums[0, h, state, taken[player]] += float(np.asarray(rewards)[player])
                state = int(then)
        return played, sums

    return play


def _checked_sizes(environment: Any) -> tuple[int, ...]:
    """Number of actions of each player who is certified; raises unless the environment can be played."""
    if isinstance(environment, AnonymousGame):
        return environment.n_actions
    for name in _OF_ENVIRONMENTS:
        if not hasattr(environment, name):
            raise TypeError(
                f"environment must be an AnonymousGame or have {name}, got {type(environment).__name__} without it"
            )
    return checks.action_counts(environment.n_actions)


def _each(name: str, given: Any, environment: Any, own: Sequence[int], check: Callable[..., np.ndarray]) -> list:
    """An array (H, S, A_i) for each player, from a sequence of them or from one that is for all."""
    sizes = (environment.horizon, environment.n_states)
    if isinstance(given, np.ndarray) or len(own) == 1 or not isinstance(given, Sequence):
        if len(set(own)) > 1:
            raise ValueError(f"{name} must be a sequence with an array for each player, who have {tuple(own)} actions")
        one = check(name, given)
        checks.has_shape(name, one, (*sizes, own[0]), "(H, S, A)")
        return [one] * len(own)
    if len(given) != len(own):
        raise ValueError(f"{name} must have one array for each player, {len(own)}, got {len(given)}")
    arrays = [check(f"{name}[{i}]", each) for i, each in enumerate(given)]
    for i, (each, n) in enumerate(zip(arrays, own, strict=True)):
        checks.has_shape(f"{name}[{i}]", each, (*sizes, n), "(H, S, A_i)")
    return arrays


def _ranges(reward_range: Any, n: int) -> np.ndarray:
    """Least and greatest reward of each player, (n, 2)."""
    pairs = checks.finite_array("reward_range", reward_range)
    if pairs.shape not in ((2,), (n, 2)):
        raise ValueError(f"reward_range must be (lo, hi), or one of them per player, got shape {pairs.shape}")
    return np.broadcast_to(pairs, (n, 2))
