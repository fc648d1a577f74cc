"""Ways to make a game: from one step's arrays, from sparse rows, from a function, with a discount. Class methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import checks
from .arrays import check_kernel, check_reward, kernel_array, reward_ranges
from .sparse import check_next_state

if TYPE_CHECKING:
    from .markov_game import MarkovGame

#: Most steps that a discounted game may take.
MOST_STEPS = 10**6


def stationary(
    cls: type[MarkovGame],
    /,
    transition: Any,
    reward: Any,
    n_actions: Sequence[int],
    horizon: int,
    initial: Any = None,
    **options: Any,
) -> MarkovGame:
    """Make a game whose kernel and rewards are the same at every step.

    Parameters
    ----------
    transition : array_like, shape (S, A, S)
        Kernel of one step.
    reward : array_like, shape (m, S, A) or (m, S, A, S)
        Rewards of one step, in ``reward_range``; with a last axis where they depend on the next state.
    n_actions : sequence of int
        Number of actions of each player.
    horizon : int
        Number of steps H, at least 1.
    initial, **options
        As in :class:`mornavi_lite.MarkovGame`.

    Returns
    -------
    MarkovGame
        Its arrays are views that repeat the one step, not H copies.

    Raises
    ------
    ValueError, TypeError
        As :class:`mornavi_lite.MarkovGame` does.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame
    >>> game = MarkovGame.stationary(np.ones((1, 4, 1)), np.zeros((2, 1, 4)), (2, 2), horizon=1000)
    >>> game.transition.shape, game.transition.strides[0]
    ((1000, 1, 4, 1), 0)
    """
    steps, counts = checks.integer("horizon", horizon, 1), checks.action_counts(n_actions)
    kernel, rewards = kernel_array("transition", transition, 3, counts), checks.real_array("reward", reward)
    check_kernel(kernel, counts, "(S, A, S)")
    _check_step_reward(rewards, counts, kernel.shape)
    every = np.broadcast_to(kernel, (steps, *kernel.shape))
    paid = _repeated(rewards, steps)
    return cls._made(None, every, paid, counts, kernel.shape[0], initial, by_step=False, **options)


def sparse(
    cls: type[MarkovGame],
    /,
    next_state: Any,
    probability: Any,
    reward: Any,
    n_actions: Sequence[int],
    n_states: int,
    horizon: int | None = None,
    initial: Any = None,
    **options: Any,
) -> MarkovGame:
    """Make a game whose rows list their next states: thousands of states, few of which can follow.

    Parameters
    ----------
    next_state : array_like of int, shape (H, S, A, B), or (S, A, B) with ``horizon``
        The next states of each row, B the most of any row. A shorter row repeats one of its states with probability 0.
    probability : array_like, of the same shape
        Their probabilities; each row sums to 1 within 1e-8. Entries of one row for one next state add up.
    reward : array_like, shape (m, H, S, A) or (m, H, S, A, B); without H where ``horizon`` is given
        Rewards in ``reward_range``; with a last axis where they depend on the next state.
    n_actions : sequence of int
        Number of actions of each player.
    n_states : int
        Number of states S.
    horizon : int or None
        Number of steps H where the arrays are those of one step; None where they have a step axis.
    initial, **options
        As in :class:`mornavi_lite.MarkovGame`.

    Returns
    -------
    MarkovGame
        Every function works on it as on a dense game; ``transition`` makes the dense kernel on demand. The reward of a
        next state that a row does not list is the lowest of the range: total variation can lead there.

    Raises
    ------
    ValueError, TypeError
        As :class:`mornavi_lite.MarkovGame` does, or if a next state is not one.

    Notes
    -----
    Chapter 3. A row's cost is that of the states it lists, whatever S is.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame, TotalVariation, solve
    >>> ring = (np.arange(1000)[:, None, None] + np.array([[0, 1], [0, -1]])) % 1000
    >>> reward = np.zeros((1, 1000, 2))
    >>> reward[0, 500] = 1
    >>> game = MarkovGame.sparse(ring, np.full(ring.shape, 0.5), reward, (2,), n_states=1000, horizon=9, initial=495)
    >>> bool(0 < solve(game, TotalVariation(0.05)).value[0, 0, 495] < 1)
    True
    """
    counts, size = checks.action_counts(n_actions), checks.integer("n_states", n_states, 1)
    steps = None if horizon is None else checks.integer("horizon", horizon, 1)
    states = checks.integer_array("next_state", next_state)
    weights, rewards = (
        kernel_array("probability", probability, 3 if steps else 4, counts),
        checks.real_array("reward", reward),
    )
    axes = "(S, A, B)" if steps else "(H, S, A, B)"
    n_joint = math.prod(counts)
    if weights.shape[-3:-1] != (size, n_joint) or min(weights.shape) < 1:
        raise ValueError(f"probability must have shape {axes} with S, A = {size, n_joint}, got {weights.shape}")
    check_next_state(states, weights, size)
    if steps:
        _check_step_reward(rewards, counts, weights.shape)
        states, weights = (np.broadcast_to(each, (steps, *each.shape)) for each in (states, weights))
        rewards = _repeated(rewards, steps)
    else:
        check_reward(rewards, (len(counts), *weights.shape[:-1]), "(m, H, S, A)")
        if rewards.ndim == 5 and rewards.shape[-1] != weights.shape[-1]:
            raise ValueError(f"reward must have a last axis of B = {weights.shape[-1]}, got {rewards.shape}")
    return cls._made(states, weights, rewards, counts, size, initial, by_step=steps is None, **options)


def discounted(
    cls: type[MarkovGame],
    /,
    transition: Any,
    reward: Any,
    n_actions: Sequence[int],
    discount: float,
    accuracy: float,
    initial: Any = None,
    next_state: Any = None,
    n_states: int | None = None,
    reward_range: Any = None,
    **options: Any,
) -> MarkovGame:
    """Make a game of discounted rewards, cut off where what follows is worth at most ``accuracy``.

    Parameters
    ----------
    transition : array_like, shape (S, A, S)
        Kernel of one step; with ``next_state`` the probabilities (S, A, B) of sparse rows.
    reward : array_like, shape (m, S, A) or (m, S, A, S)
        Rewards of one step, in ``reward_range``.
    n_actions : sequence of int
        Number of actions of each player.
    discount : float
        The factor between one step and the next, in (0, 1).
    accuracy : float
        What the steps that are left out may be worth, in units of reward, above 0.
    initial, reward_range, **options
        As in :class:`mornavi_lite.MarkovGame`.
    next_state, n_states
        For sparse rows, as in :meth:`mornavi_lite.MarkovGame.sparse`.

    Returns
    -------
    MarkovGame
        The reward at step h is ``discount**h`` times the given one, and its range too; one step's arrays are stored.
        ``tail`` (m, 2) holds between which values the steps that are left out lie.

    Raises
    ------
    ValueError, TypeError
        As :class:`mornavi_lite.MarkovGame` does, or if the horizon would be above 10**6.

    Notes
    -----
    Chapter 3, :eq:`discounted-horizon`: the horizon H is the least with ``discount**H (hi - lo) / (1 - discount) <=
    accuracy``. The infinite game's robust value is the finite one's plus something between the two numbers of ``tail``,
    which are ``accuracy`` apart at most; so is a gap, each way.

    Examples
    --------
    A reward of 1 for ever is worth 1 / (1 - discount) = 10:

    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame, Nominal, solve
    >>> game = MarkovGame.discounted(np.ones((1, 1, 1)), np.ones((1, 1, 1)), (1,), discount=0.9, accuracy=1e-6)
    >>> value = solve(game, Nominal()).value[0, 0, 0] + game.tail[0]
    >>> bool(value[0] <= 10 + 1e-12 and 10 <= value[1] + 1e-12), game.horizon
    (True, 153)
    """
    rate = checks.probability("discount", discount)
    wanted = checks.number("accuracy", accuracy, 0.0)
    if wanted == 0:
        raise ValueError("accuracy must be above 0, got 0")
    counts, rewards = checks.action_counts(n_actions), checks.real_array("reward", reward)
    ranges = reward_ranges(reward_range, rewards, len(counts), 1)
    width = float((ranges[..., 1] - ranges[..., 0]).max())
    steps = 1
    if width > 0:
        steps = max(1, math.ceil((math.log(wanted) + math.log1p(-rate) - math.log(width)) / math.log(rate) - 1e-9))
    if steps > MOST_STEPS:
        raise ValueError(f"accuracy {wanted:g} at discount {rate:g} takes {steps} steps, {MOST_STEPS} at most are made")
    options |= {"reward_range": ranges[:, 0], "discount": rate}
    if next_state is not None:
        size = len(np.asarray(transition)) if n_states is None else n_states
        return sparse(cls, next_state, transition, rewards, counts, size, steps, initial, **options)
    return stationary(cls, transition, rewards, counts, steps, initial, **options)


def _check_step_reward(rewards: np.ndarray, n_actions: tuple[int, ...], rows: tuple[int, ...]) -> None:
    """Raise unless rewards have the shape (m, S, A), or with the last axis of the ``rows`` (S, A, K)."""
    check_reward(rewards, (len(n_actions), *rows[:2]), "(m, S, A)")
    if rewards.ndim == 4 and rewards.shape[-1] != rows[-1]:
        raise ValueError(f"reward must have a last axis of {rows[-1]} next states, got {rewards.shape}")


def _repeated(rewards: np.ndarray, steps: int) -> np.ndarray:
    """Rewards (m, ...) of one step as those of each, a view."""
    return np.broadcast_to(rewards[:, None], (rewards.shape[0], steps, *rewards.shape[1:]))
