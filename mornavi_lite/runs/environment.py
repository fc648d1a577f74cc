"""Learning where the game is not known: episodes of an environment, one by one. Chapter 5 of the book."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..learners import GenerativeDRNVI
from ..uncertainty import UncertaintySet, sets_per_player
from . import protocol
from .episodes import MOST_EPISODES, Going
from .history import History
from .interruption import whole

_NEEDED = ("n_states", "n_actions", "horizon", "reward_range", "reset", "step")
#: A reward that is drawn may be outside its range by rounding, by no more than this share of it.
_TOLERANCE = 1e-9


def learn(
    learner: Any,
    environment: Any,
    n_episodes: int,
    counts: Counts | None = None,
    seed: int = 0,
    progress: bool = False,
    until: float | None = None,
    resume: History | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Let a learner play an environment of your own, of which it knows the sizes and the range of rewards alone.

    Parameters
    ----------
    learner : Mornavi or another with the same attributes
        Those that are used are listed in :mod:`mornavi_lite.runs`; one that starts anywhere has no use here.
    environment : object
        ``reset(rng)`` begins an episode and returns the index of its first state; ``step(joint_action, rng)`` takes the
        index of a joint action and returns the index of the next state and the rewards (m,). ``n_states`` S,
        ``n_actions`` (a number for each player), ``horizon`` H, ``reward_range`` as :class:`mornavi_lite.Counts` takes
        it. Where it has them: ``initial``, index of the initial state or distribution (S,), if it is known;
        ``rewards``, the kind of its rewards as in ``Counts``, else "deterministic"; ``state_names``, ``action_names``.
    n_episodes : int
        Episodes K, from 1 to 10**15, those of ``resume`` among them.
    counts : Counts or None
        What is known beforehand from other episodes of the same environment, such as a log; it is copied.
    seed : int
        Not negative; what is played depends on it, and so does what ``rng`` draws. A resumed run keeps its own.
    progress : bool
        Whether to show a progress bar of tqdm or, where that is missing, a line on stderr.
    until : float or None
        Stop at the first plan whose certificate is at most this.
    resume : History or None
        A run of the same learner and environment to be taken up. If all that is random in the environment is drawn
        from ``rng``, the result is that of a run without the break.
    checkpoint : str, path or None
        File to which the history up to each plan is written, as :meth:`History.save` does, to take up from there.

    Returns
    -------
    History
        One record per plan. The game is not known, so gaps and values are NaN and ``judged`` is False.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or ``resume`` belongs to another learner or environment; if the environment
        returns what it must not, or what contradicts its kind of rewards: the message has episode, step and value.
    Exception
        Whatever environment and learner raise, and Ctrl-C. ``history`` of the exception has the run up to the last
        whole episode (None before the first plan), and a note says at which episode, from 1, and step, from 0, it was.

    Notes
    -----
    Chapter 5, :eq:`learned-start`: there is a new plan when the learner's ``replan`` asks for one, looked at 1, 2, 4,
    ... episodes after the last. Without ``initial`` the start is one more row of the confidence set, and R + 1 rows
    share delta. With probability 1 - delta the true start lies, with the kernel, in the set M of what was not excluded,
    and then for each player i, at every plan::

        value_i <= max over M of E[upper_i],    value_i >= min over M of E[lower_i],
        gap_i = E[deviation_i - value_i] <= E[upper_i - lower_i] <= max over M of E[upper_i - lower_i]

    where the first two means of the last line are those of the true start. They are ``upper``, ``lower`` and
    ``certificate`` of the history: one start has to be bad for both, so the last is not more than the distance of the
    first two.

    Examples
    --------
    A coin that is flipped for the next player to move; who moves is paid for guessing 1:

    >>> from mornavi_lite import Mornavi, TotalVariation, learn
    >>> class Turns:
    ...     n_states, n_actions, horizon, reward_range = 2, (2, 2), 3, (0, 1)
    ...     def reset(self, rng):
    ...         self.mover = 0
    ...         return self.mover
    ...     def step(self, joint_action, rng):
    ...         guess = divmod(joint_action, 2)[self.mover]
    ...         paid = [guess if player == self.mover else 0 for player in range(2)]
    ...         self.mover = int(rng.random() < 0.5)
    ...         return self.mover, paid
    >>> history = learn(Mornavi(TotalVariation(0.1)), Turns(), n_episodes=10**4, until=0.5)
    >>> bool(history.best_certificate <= 0.5), history.judged
    (True, False)
    """
    protocol.check_learner(learner)
    if isinstance(learner, GenerativeDRNVI) or not hasattr(learner, "behaviour"):
        kind = type(learner).__name__
        raise TypeError(f"learner must play episodes, which {kind} does not: it needs a simulator that starts anywhere")
    total = checks.integer("n_episodes", n_episodes, 1, MOST_EPISODES)
    goal = -1.0 if until is None else checks.number("until", until, 0.0)
    if counts is not None and resume is not None:
        raise ValueError("counts cannot go with resume, whose history holds those of its run")
    played = Played(environment, counts)
    sets = sets_per_player(learner.uncertainty, len(played.n_actions))
    going = Going(learner, played, sets, checks.integer("seed", seed, 0, np.inf))
    if resume is not None:
        going.take_up(resume, total)

    def play(until_then: int, tell: Callable[[int], Any]) -> bool:
        return played.play(going, until_then, tell)

    return going.on(total, goal, progress, checkpoint, play)


class Played:
    """An environment, as a run asks of a game; what it returns is checked."""

    def __init__(self, environment: Any, counts: Counts | None) -> None:
        for name in _NEEDED:
            if not hasattr(environment, name):
                raise TypeError(f"environment must have {name}, which {type(environment).__name__} has not")
        for name, arguments in (("reset", "rng"), ("step", "joint_action, rng")):
            with suppress(ValueError):  # what is compiled may not say what it takes
                try:
                    inspect.signature(getattr(environment, name)).bind(*arguments.split(","))
                except TypeError as error:
                    raise TypeError(f"environment.{name} must take ({arguments}): {error}") from None
        self.environment = environment
        kind, ranges = getattr(environment, "rewards", "deterministic"), environment.reward_range
        if isinstance(ranges, str):
            raise ValueError(f"reward_range of an environment must be numbers, got {checks.shown(ranges)}")
        initial = getattr(environment, "initial", None)
        names = {name: getattr(environment, name, None) for name in ("state_names", "action_names")}
        empty = Counts(environment.n_states, environment.n_actions, environment.horizon, ranges, kind, **names)
        if counts is None:
            counts = empty
        elif not isinstance(counts, Counts):
            raise TypeError(f"counts must be Counts, got {type(counts).__name__}")
        for name in ("n_states", "n_actions", "horizon", "step_ranges"):
            mine, its = (np.asarray(getattr(each, name)).tolist() for each in (counts, empty))
            if mine != its:
                raise ValueError(f"counts must have the {name} of the environment, {its}, got {mine}")
        self.known = counts.with_start(initial)
        self.n_states, self.n_actions, self.horizon = empty.n_states, empty.n_actions, empty.horizon
        self.initial = None if initial is None else checks.distribution("initial", initial, self.n_states)
        self.low, self.high = np.moveaxis(empty.step_ranges, -1, 0)
        slack = _TOLERANCE * (self.high - self.low) * (self.known.rewards == "random")
        self.low, self.high = self.low - slack, self.high + slack
        self.ends = np.stack([self.low, self.high], axis=-1).swapaxes(0, 1).tolist()

    def counts(self) -> Counts:
        """What is known before the first episode."""
        return self.known.copy()

    def gap_and_value(self, policy: np.ndarray, sets: list[UncertaintySet], concept: str) -> tuple[float, np.ndarray]:
        """Nobody knows the truth."""
        return np.nan, np.full((len(self.n_actions), self.horizon + 1, self.n_states), np.nan)

    def digest(self) -> str:
        """What of an environment can be known from outside."""
        start = None if self.initial is None else self.initial.tolist()
        ranges = np.stack([self.low, self.high]).tolist()
        return f"environment {(self.n_states, self.horizon, ranges, self.known.rewards, start)}"

    def play(self, going: Going, total: int, tell: Callable[[int], Any]) -> bool:
        """Play a run's plan up to the next look, or to its last episode; each whole episode is counted at once."""
        policy = protocol.behaviour_of(going.learner, going.plan)
        checks.has_shape("behaviour", policy, self.known.visits.shape, "(H, S, A)")
        shares = np.cumsum(policy, axis=-1)
        shares /= shares[..., -1:]
        for _ in range(min(going.until_next_look(), total - going.episode)):
            episode = self.episode(going, shares)
            try:
                with whole():
                    going.counts.record(*episode)
                    going.went_by(1)
            except ValueError as error:  # a reward that is not what it was; nothing was counted
                found = re.search(r"at (step \d+)", str(error))
                going.place = found[1] if found else going.place
                said = "; an environment has an attribute rewards for it" * ("rewards=" in str(error))
                raise ValueError(f"{going.where()}: {error}{said}") from None
            tell(1)
        return True

    def episode(self, going: Going, shares: np.ndarray) -> tuple[list[int], list[int], np.ndarray]:
        """States, joint actions and rewards (m, H) of an episode, from policies (H, S, A) summed up along A."""
        going.place = "step 0"
        states = [self.state(going, "reset", self.environment.reset(going.rng))]
        if self.known.starts is not None and not self.known.starts[states[0]]:
            allowed = np.flatnonzero(self.known.starts).tolist()
            raise ValueError(f"{_named('state', 'reset', going)} must be an initial one, {allowed}, got {states[0]}")
        joint_actions, rewards = [], np.empty(self.low.shape)
        for h in range(self.horizon):
            going.place = f"step {h}"
            joint_actions.append(int(np.searchsorted(shares[h, states[h]], going.rng.random(), side="right")))
            made = self.environment.step(joint_actions[h], going.rng)
            if not isinstance(made, (tuple, list)) or len(made) != 2:
                name = _named("pair of next state and rewards", "step", going)
                raise TypeError(f"{name} must be a tuple of two, got {checks.shown(made)}")
            states.append(self.state(going, "step", made[0]))
            rewards[:, h] = self.paid(going, h, made[1])
        return states, joint_actions, rewards

    def state(self, going: Going, method: str, state: Any) -> int:
        """The state, if it is one."""
        if type(state) is int and 0 <= state < self.n_states:
            return state
        return checks.integer(_named("state", method, going), state, 0, self.n_states - 1)

    def paid(self, going: Going, h: int, rewards: Any) -> Any:
        """The rewards (m,) of a step, if they can be."""
        told = rewards.tolist() if type(rewards) is np.ndarray else rewards
        if type(told) in (list, tuple) and len(told) == len(self.n_actions):  # in most steps all is well
            if all(
                type(x) in (float, int) and low <= x <= high for x, (low, high) in zip(told, self.ends[h], strict=True)
            ):
                return told
        name = _named("rewards", "step", going)
        gained = checks.finite_array(name, rewards)
        checks.has_shape(name, gained, (len(self.n_actions),), "(m,)")
        outside = (gained < self.low[:, h]) | (gained > self.high[:, h])
        if outside.any():
            (i,) = checks.first_true(outside)
            ends = f"[{self.low[i, h]:g}, {self.high[i, h]:g}]"
            raise ValueError(f"{name} must be in {ends} for player {i}, got {float(gained[i])}")
        return gained


def _named(what: str, method: str, going: Going) -> str:
    return f"the {what} that {method} returned in {going.where()}"
