"""More states than one wants to solve: states in groups, and the exact gap of what they give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..equilibrium import check_selection, solve_stage_unchecked
from ..games import MarkovGame
from .backup import Uncertainty, backups, backward, gap_and_value
from .induction import about, refuse_others, sets_of
from .solution import Solution


def solve_aggregated(
    game: MarkovGame,
    groups: Any,
    uncertainty: Uncertainty,
    concept: str = "cce",
    select: str = "pure",
    members: int | None = None,
) -> Solution:
    """A policy that treats states of one group alike, with its exact value and gap in the whole game.

    Parameters
    ----------
    game : MarkovGame
        The game, with S states, A joint actions and horizon H.
    groups : array_like of int, shape (S,) or (H, S)
        Number of each state's group, not negative; states with the same number (at a step) are one state of the
        aggregated game. Their legal actions must be the same.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage of the aggregated game.
    select : {"pure", "welfare"}
        Which of many, as in :func:`solve`.
    members : int or None
        A group's stage payoffs are the mean of those of so many of its members, evenly spaced in the order of the
        states: 1 is the one in the middle. None: all members, the most exact and the dearest.

    Returns
    -------
    Solution
        Policy (H, S, A), the same throughout a group, its value (m, H+1, S) and its gap in ``game``: not those of the
        aggregated game.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or two states of a group have different legal actions.
    RuntimeError
        If a stage game's equilibrium cannot be certified. A gap above 0 is no error: it is the answer.

    Notes
    -----
    Chapter 11, :eq:`aggregated-payoffs` for the game that is solved, and :prf:ref:`aggregation-bound`: if no member's
    stage payoffs at step h, with the values of the groups after it, are further than e_h from those of its group, the
    gap is at most 2 (e_0 + ... + e_{H-1}). Value and gap are those of :func:`evaluate` and :func:`equilibrium_gap`,
    one backward pass each, a step at a time, :prf:ref:`any-policy`.

    Examples
    --------
    A ring of 1,000 places that repeats itself after 100 is a ring of 100; of neighbours in tens it is not:

    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame, TotalVariation
    >>> from mornavi_lite.planning import solve_aggregated
    >>> place = np.arange(1000)
    >>> ring = (place[:, None, None] + np.array([[0, 1], [0, -1]])) % 1000
    >>> reward = np.repeat((place % 100 == 30.0)[None, :, None], 2, axis=2)
    >>> game = MarkovGame.sparse(ring, np.full(ring.shape, 0.5), reward, (2,), n_states=1000, horizon=9, initial=28)
    >>> solve_aggregated(game, place % 100, TotalVariation(0.05)).gap
    0.0
    >>> bool(solve_aggregated(game, place // 10, TotalVariation(0.05)).gap > 0.1)
    True
    """
    sets, numbers = sets_of(game, uncertainty), _checked_groups(game, groups)
    check_selection(concept, select)
    most = None if members is None else checks.integer("members", members, 1)
    same = numbers.ndim == 1
    parts = [partition(numbers, most)] * game.horizon if same else [partition(each, most) for each in numbers]
    policy = np.empty((game.horizon, game.n_states, game.n_joint_actions))

    def equilibrium(h: int, value: np.ndarray) -> np.ndarray:
        part = parts[h]
        payoffs = part.mean(backups(game, sets, h, value, part.chosen))
        try:
            mixed = solve_stage_unchecked(payoffs, game.n_actions, concept, select)
        except RuntimeError as error:
            raise RuntimeError(f"step {h}, stage games by group: {error}") from error
        policy[h] = game.fold(mixed[part.group])
        return (mixed[:, None] * payoffs).sum(axis=-1).T[:, part.group]

    backward(game.horizon, (game.n_players, game.n_states), equilibrium)
    gap, value = gap_and_value(game, policy, sets, concept)
    return Solution(policy, value, gap, about(game, policy, uncertainty, concept))


def reachable(game: MarkovGame) -> np.ndarray:
    """Which states can be reached at each step, whatever is played, under the nominal kernel.

    Parameters
    ----------
    game : MarkovGame
        The game.

    Returns
    -------
    numpy.ndarray of bool, shape (H, S)
        At step 0 the states where play can start.

    Raises
    ------
    TypeError
        If ``game`` is not a game of this kind.

    Notes
    -----
    Chapter 11. All other states can be one group of :func:`solve_aggregated`. Where the worst case stays in the support
    of the nominal row (KL, chi-square, total variation without ``shift_support``), that costs no gap.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import KullbackLeibler, zoo
    >>> from mornavi_lite.planning import reachable, solve_aggregated
    >>> game = zoo.soccer(horizon=4)
    >>> reached = reachable(game)
    >>> reached.sum(axis=1).tolist()
    [2, 50, 234, 488]
    >>> solve_aggregated(game, np.where(reached, np.arange(762), 762), KullbackLeibler(0.1), "nash").gap < 1e-9
    True
    """
    refuse_others(game)
    reached = np.zeros((game.horizon, game.n_states), dtype=bool)
    reached[0] = game.initial > 0
    for h in range(game.horizon - 1):
        listed, rows = game.rows(h)
        follows = rows[reached[h]] > 0
        if listed is None:
            reached[h + 1] = follows.any(axis=(0, 1))
        else:
            reached[h + 1, listed[reached[h]][follows]] = True
    return reached


class Partition(NamedTuple):
    """States in groups at one step: the group of each state (S,), and of G groups the members that are looked at."""

    group: np.ndarray
    chosen: np.ndarray  # states (n,), those of one group together
    first: np.ndarray  # where each group's begin (G,)

    def mean(self, payoffs: np.ndarray) -> np.ndarray:
        """Payoffs (G, m, A) of the groups, from those (n, m, A) of the chosen members."""
        size = np.diff(np.append(self.first, len(payoffs)))
        if (size == 1).all():
            return payoffs
        return np.add.reduceat(payoffs, self.first, axis=0) / size[:, None, None]


def partition(numbers: np.ndarray, members: int | None) -> Partition:
    """States (S,) by the number of their group; of each group at most so many ``members``, evenly spaced."""
    _, group, size = np.unique(numbers, return_inverse=True, return_counts=True)
    order, start = np.argsort(group, kind="stable"), np.cumsum(size) - size
    taken = size if members is None else np.minimum(size, members)
    first = np.cumsum(taken) - taken
    each = np.repeat(np.arange(len(size)), taken)
    place = np.arange(len(each)) - first[each]  # the k-th of n taken stands in the middle of the k-th of n equal parts
    at = ((2 * place + 1) * size[each] - 1) // (2 * taken[each])
    return Partition(group, order[start[each] + at], first)


def _checked_groups(game: MarkovGame, groups: Any) -> np.ndarray:
    """Numbers of groups (S,) or (H, S), of which no two members have different legal actions."""
    numbers, whole = checks.counts_array("groups", groups), (game.horizon, game.n_states)
    if numbers.shape not in (whole[1:], whole):
        raise ValueError(f"groups must have shape (S,) = {whole[1:]} or (H, S) = {whole}, got {numbers.shape}")
    if game.legal is not None:
        masks = np.concatenate(game.legal, axis=1)
        for h, each in enumerate(numbers.reshape(-1, game.n_states)):
            _, first, group = np.unique(each, return_index=True, return_inverse=True)
            model = first[group]
            differs = (masks != masks[model]).any(axis=1)
            if differs.any():
                s = int(differs.argmax())
                at = checks.place([h, s] if numbers.ndim == 2 else [s])
                raise ValueError(
                    f"groups{at} puts state {game.state_names[s]!r} with state {game.state_names[model[s]]!r}, "
                    "which has other legal actions"
                )
    return numbers
