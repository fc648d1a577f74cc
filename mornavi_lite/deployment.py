"""Deployment: shift the kernel of a game, to ask what a policy earns in a world that it was not made for.

A policy is computed, or learned, for one kernel and played under another. The functions here make the other kernel:
the worst of a ball for one player, a mixture on the way to it, a random one at the edge of a ball. What a policy earns
there is :func:`mornavi_lite.evaluate` with :class:`mornavi_lite.Nominal`, or ``play``. Chapter 8 of the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import checks
from .games import MarkovGame
from .games.sparse import merged
from .planning import Uncertainty, evaluate
from .planning.backup import worst_rows
from .uncertainty import TotalVariation, UncertaintySet, sets_per_player

__all__ = ["kernel_distance", "mixed_game", "random_game", "worst_game"]

#: A row counts as at the edge of a ball if its divergence is less than the radius by no more than this share of it.
_NEAR = 1e-12
_MOST_CHORDS = 60


def worst_game(game: MarkovGame, policy: Any, uncertainty: Uncertainty, player: int) -> MarkovGame:
    """The game with the kernel that is worst for one player's value of a policy.

    Parameters
    ----------
    game : MarkovGame
        The game, with S states, A joint actions and horizon H.
    policy : array_like, shape (H, S, A)
        Joint policy.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    player : int
        Whose worst kernel, from 0 to m - 1.

    Returns
    -------
    MarkovGame
        The same game with a kernel of the player's set, a row for each step, state and joint action.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or there is no such player.

    Notes
    -----
    Chapter 1, :prf:ref:`rectangular`: the nominal value of the policy in this game is the player's robust value in
    the old one, at every step and state. Where several kernels are worst, this is one of them; a row stays as it is
    where the values that may follow are all equal.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Nominal, TotalVariation, evaluate, solve, zoo
    >>> from mornavi_lite.deployment import worst_game
    >>> game, ball = zoo.patrol(), TotalVariation(0.1)
    >>> policy = solve(game, ball).policy
    >>> worst = worst_game(game, policy, ball, player=1)
    >>> bool(np.allclose(evaluate(worst, policy, Nominal())[1], evaluate(game, policy, ball)[1], atol=1e-12))
    True
    """
    value = evaluate(game, policy, uncertainty)
    i = checks.integer("player", player, 0, game.n_players - 1)
    ball = sets_per_player(uncertainty, game.n_players)[i]
    return game.with_rows(*worst_rows(game, ball, i, value[i]))


def mixed_game(game: MarkovGame, other: MarkovGame, weight: float) -> MarkovGame:
    """The game whose kernel is a mixture of those of two games.

    Parameters
    ----------
    game : MarkovGame
        Where the way begins; rewards, initial distribution and names are those of this game.
    other : MarkovGame
        Where it ends: a game of the same horizon, states and actions.
    weight : float
        Share of the other kernel, in [0, 1].

    Returns
    -------
    MarkovGame
        The game with kernel ``(1 - weight) P + weight Q``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or the shapes differ.

    Notes
    -----
    Chapter 8, :eq:`mixed-kernel`. Its distance from the first game in total variation is ``weight`` times that of the
    other, row by row; any convex divergence is at most that share.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.deployment import kernel_distance, mixed_game
    >>> calm, stormy = zoo.fishing(storm=0.02), zoo.fishing(storm=0.12)
    >>> round(kernel_distance(calm, mixed_game(calm, stormy, 0.5)), 12)
    0.05
    """
    _require_same_shape(game, other)
    share = checks.number("weight", weight, 0.0, 1.0)
    if game.next_state is None and other.next_state is None:
        return game.with_rows(None, (1.0 - share) * game.transition + share * other.transition)
    states, rows, others = _beside_each_other(game, other)
    return game.with_rows(states, (1.0 - share) * rows + share * others)


def random_game(game: MarkovGame, ball: UncertaintySet, rng: np.random.Generator) -> MarkovGame:
    """The game with a random kernel at the edge of a ball: each row moves as far as the ball allows.

    Each row of each step moves by itself, along the ray from the nominal row through a point drawn uniformly from all
    distributions over the states that the ball allows, until its divergence is the radius. If the ray leaves the
    simplex before that, the row moves towards the certainty of one state instead, drawn uniformly among those far
    enough. If none is far enough, the row ends in the farthest: the certainty of its least likely state. In total
    variation that takes a radius above ``1 - p.min()``, which is at least one half; inside the support, a row with one
    successor cannot move at all.

    Parameters
    ----------
    game : MarkovGame
        The game.
    ball : UncertaintySet
        Its radius is how far each row moves: with ``TotalVariation(0.1)``, a tenth of the probability.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    MarkovGame
        The same game with another kernel, no row of which is outside the ball.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 8. What "random" means is a choice: here no state is favoured, and rows know nothing of each other.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import KullbackLeibler, zoo
    >>> from mornavi_lite.deployment import kernel_distance, random_game
    >>> game, ball = zoo.patrol(), KullbackLeibler(0.1)
    >>> shifted = random_game(game, ball, np.random.default_rng(0))
    >>> round(kernel_distance(game, shifted, ball), 9)
    0.1
    """
    _require_game("game", game)
    _require_set(ball)
    checks.generator(rng)
    kernel = game.transition
    ball.at_step(0, kernel.shape[:3])
    if not np.any(ball.radius):
        return game
    rows = kernel.reshape(-1, game.n_states)
    radius = np.broadcast_to(ball.radius, kernel.shape[:3]).ravel()
    rows = _moved(rows, _random_ends(rows, ball, radius, rng), ball, radius)
    return game.with_rows(None, rows.reshape(kernel.shape))


def kernel_distance(game: MarkovGame, other: MarkovGame, ball: UncertaintySet | None = None) -> float:
    """How far the kernel of one game is from that of another: the largest divergence of a row.

    Parameters
    ----------
    game : MarkovGame
        The game whose kernel is the nominal one.
    other : MarkovGame
        A game of the same horizon, states and actions.
    ball : UncertaintySet or None
        Whose divergence; its radius plays no part. None: total variation, a probability.

    Returns
    -------
    float
        The largest divergence over all steps, states and joint actions, reached or not; possibly infinite.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or the shapes differ.

    Notes
    -----
    Chapter 8, :eq:`kernel-distance`. The other kernel is in a ball around the first exactly if this is at most the
    radius.

    Examples
    --------
    >>> from mornavi_lite import KullbackLeibler, zoo
    >>> from mornavi_lite.deployment import kernel_distance
    >>> calm, stormy = zoo.fishing(storm=0.02), zoo.fishing(storm=0.07)
    >>> round(kernel_distance(calm, stormy), 12), round(kernel_distance(calm, stormy, KullbackLeibler(1)), 4)
    (0.05, 0.039)
    """
    _require_same_shape(game, other)
    measure = TotalVariation(1.0) if ball is None else ball
    _require_set(measure)
    if game.next_state is None and other.next_state is None:
        return float(measure.divergence(other.transition, game.transition).max())
    _, rows, others = _beside_each_other(game, other)
    return float(measure.divergence(others, rows).max())


def _random_ends(rows: np.ndarray, ball: UncertaintySet, radius: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each row (R, S) a random point, at the edge of the simplex and outside the ball where there is one."""
    certain = np.eye(rows.shape[1])
    depth = ball._divergence(certain, rows[:, None])  # of each corner of the simplex
    allowed = np.isfinite(depth)
    weights = rng.standard_exponential(rows.shape) * allowed
    direction = weights / weights.sum(axis=1, keepdims=True) - rows
    falling = direction < 0
    lengths = np.divide(rows, -direction, out=np.full(rows.shape, np.inf), where=falling)
    ends = rows + np.where(falling.any(axis=1), lengths.min(axis=1), 0.0)[:, None] * direction
    ends = np.maximum(ends, 0.0)
    ends /= ends.sum(axis=1, keepdims=True)
    far = allowed & (depth >= radius[:, None])
    drawn = np.where(far, rng.random(rows.shape), -1.0).argmax(axis=1)
    corner = np.where(far.any(axis=1), drawn, np.where(allowed, depth, -1.0).argmax(axis=1))
    near = ball._divergence(ends, rows) < radius
    return np.where(near[:, None], certain[corner], ends)


def _moved(rows: np.ndarray, ends: np.ndarray, ball: UncertaintySet, radius: np.ndarray) -> np.ndarray:
    """Rows moved towards their ends until the divergence, which rises along the way, is the radius; never past it.

    The share of the way is enclosed and found by chords, in the form called Illinois: where one end of the enclosure
    stays for a second time, its excess counts half. Total variation is linear along the way: one chord is enough.
    """
    inside, outside = np.zeros(len(rows)), np.ones(len(rows))
    left, excess = radius.copy(), ball._divergence(ends, rows) - radius
    whole = (excess <= 0) & (radius > 0)  # even the end is in the ball
    still = radius == 0
    inside[whole], left[whole], excess[whole] = 1.0, 0.0, 1.0
    left[still], excess[still], outside[still] = 0.0, 1.0, 0.0
    missing, last = left.copy(), np.zeros(len(rows))
    for _ in range(_MOST_CHORDS):
        if (missing <= _NEAR * radius).all():
            break
        share = (inside * excess + outside * left) / (excess + left)
        over = ball._divergence(rows + share[:, None] * (ends - rows), rows) - radius
        far = over > 0
        inside, outside = np.where(far, inside, share), np.where(far, share, outside)
        left = np.where(far, np.where(last == 1, left / 2, left), -over)
        excess = np.where(far, over, np.where(last == -1, excess / 2, excess))
        missing, last = np.where(far, missing, np.minimum(missing, -over)), np.where(far, 1, -1)
    return rows + inside[:, None] * (ends - rows)


def _beside_each_other(game: MarkovGame, other: MarkovGame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States (H, S, A, B) that the rows of either game list, and the probabilities of the one and of the other."""
    states, rows = zip(*(_listed(each) for each in (game, other)), strict=True)
    both, none = np.concatenate(states, axis=-1), [np.zeros_like(each) for each in rows]
    flat = both.reshape(-1, both.shape[-1])
    sides = [np.concatenate(each, axis=-1).reshape(flat.shape) for each in ((rows[0], none[1]), (none[0], rows[1]))]
    kept, first, _ = merged(flat, sides[0], None)
    _, second, _ = merged(flat, sides[1], None)
    kept, first, second = (each.reshape(*both.shape[:3], -1) for each in (kept, first, second))
    return kept, first, second


def _listed(game: MarkovGame) -> tuple[np.ndarray, np.ndarray]:
    """Next states and probabilities of a game's rows; of a dense game all states."""
    if game.next_state is not None:
        return game.next_state, game.probability
    return np.broadcast_to(np.arange(game.n_states), game.probability.shape), game.probability


def _require_same_shape(game: MarkovGame, other: MarkovGame) -> None:
    _require_game("game", game)
    _require_game("other", other)
    if other.n_actions != game.n_actions:
        raise ValueError(f"other must have n_actions {game.n_actions}, as game has, got {other.n_actions}")
    sizes = [(each.horizon, each.n_states) for each in (game, other)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"other must have H, S = {sizes[0]}, as game has, got {sizes[1]}")


def _require_game(name: str, game: MarkovGame) -> None:
    if not isinstance(game, MarkovGame):
        raise TypeError(f"{name} must be a MarkovGame, got {type(game).__name__}")


def _require_set(ball: UncertaintySet) -> None:
    if not isinstance(ball, UncertaintySet):
        raise TypeError(f"ball must be an uncertainty set, got {checks.brief(ball)}")
