"""Which method finds an equilibrium of a stage game, and the certificate that every answer must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..rounding import rounded
from . import deviations
from .dual_simplex import correlated
from .gains import CONCEPTS, checked_payoffs
from .lemke_howson import lemke_howson
from .many_players import many_players
from .scaling import scaled_payoffs, total_payoff
from .tableau import exactly, is_exact
from .wide_ranges import HIDDEN, hidden, in_play, mild, relative_gain

#: Largest deviation gain of a returned policy, in units of the player's payoff range.
TOLERANCE = 1e-9

#: Rules by which one of many equilibria is selected.
SELECTIONS = ("pure", "welfare")

_ATTEMPTS = 3
#: What a penalty may be replaced by, in ranges of the payoffs above it: in exact arithmetic, and with rounding errors.
_PENALTIES = 2.0**64, 16.0


def solve_stage(payoffs: Any, n_actions: Sequence[int], concept: str = "cce", select: str = "pure") -> np.ndarray:
    """An equilibrium of each stage game.

    Parameters
    ----------
    payoffs : array_like, shape (..., m, A)
        Of each player, in any unit. The leading axes are games; there may be none of them.
    n_actions : sequence of int
        Number of actions of each player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium.
    select : {"pure", "welfare"}
        Which of many: a pure Nash profile where there is one, or the highest total payoff in any case.

    Returns
    -------
    numpy.ndarray, shape (..., A)
        Joint policies: probabilities, none negative, with sum 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    RuntimeError
        If no policy found passes the certificate; with the game's index and the gain reached.

    Notes
    -----
    The rule (chapter 3, :prf:ref:`def-selection`): the pure Nash profile of highest total payoff where there is one,
    ties to the lowest joint action. Else, for ``"ce"`` and ``"cce"``, the equilibrium of highest total payoff, by the
    linear programs of Aumann (1974) and of Moulin and Vial (1978); for ``"nash"`` the one that Lemke and Howson's path
    (1964) leads to with two players, and with more the first one found when the sets of actions that are played are
    gone through from small to large (Porter, Nudelman and Shoham 2008).
    With ``select="welfare"`` the linear programs decide in any case. For ``"nash"`` there is no such choice: the Nash
    equilibrium of highest total payoff is NP-hard to find (Gilboa and Zemel 1989).

    The choice is made on payoffs rounded to about 1e-10 of each player's range, so that the last bits of the payoffs
    cannot tip it: payoffs as close as that are ties. Every answer is then certified on the payoffs
    as given: no player's :func:`deviation_gain` exceeds 1e-9 of the player's range. A policy that fails is
    searched for again, at last, where the game is small enough, in exact arithmetic. The result for a game does not
    depend on the games beside it.

    An action may be forbidden by a payoff of any size, -1e300 say: where payoffs in play differ by less than 1e-6 of
    the range, actions that nobody plays are taken out, and choice and certificate go by the range of what is left. If a
    penalty remains that somebody may have to fear, the game is solved on the payoffs as given, up to gains of
    1e-9 of what the deviation changes, losses included. What is below 2**-44 both in itself and relative to the range
    is taken for a rounding error. Beside a payoff far above those in play, differences below 1e-10 of the range stay
    ties.

    The work is bounded by the size of the game: pivots by a multiple of the tableau's rows and columns, exact
    arithmetic by the entries it may compute, the search for many players' equilibria by its starts. What
    is not found within that is an error.

    Examples
    --------
    Matching pennies has no pure equilibrium:

    >>> import numpy as np
    >>> from mornavi_lite.equilibrium import deviation_gain, solve_stage
    >>> pennies = np.array([[1, -1, -1, 1], [-1, 1, 1, -1]])
    >>> policy = solve_stage(pennies, (2, 2), "nash")
    >>> policy.round(3).tolist()
    [0.25, 0.25, 0.25, 0.25]
    >>> bool(deviation_gain(pennies, policy, (2, 2), "nash") <= 1e-9)
    True
    """
    n_actions = checks.action_counts(n_actions)
    check_selection(concept, select)
    return solve_stage_unchecked(checked_payoffs(payoffs, n_actions), n_actions, concept, select)


def check_selection(concept: Any, select: Any) -> None:
    """Raise if there is no such rule of selection."""
    checks.one_of("concept", concept, CONCEPTS)
    checks.one_of("select", select, SELECTIONS)
    if concept == "nash" and select == "welfare":
        raise ValueError(
            "select must be 'pure' for concept 'nash', got 'welfare': the Nash equilibrium of highest total payoff is "
            "NP-hard to find; concepts 'ce' and 'cce' are linear programs"
        )


def solve_stage_unchecked(
    payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str, select: str = "pure"
) -> np.ndarray:
    """:func:`solve_stage` without checks of the arguments."""
    policy, gap = _solve(payoffs.reshape(-1, *payoffs.shape[-2:]), n_actions, concept, select)
    # NaN, from a method that found nothing, fails too.
    failed = np.flatnonzero(~(gap <= TOLERANCE))
    if not len(failed):
        return policy.reshape(*payoffs.shape[:-2], payoffs.shape[-1])
    first = failed[0]
    where = checks.place(np.unravel_index(first, payoffs.shape[:-2])) if payoffs.ndim > 2 else ""
    reached = f"leaves a deviation gain of {gap[first]:.1e} of a player's range, {TOLERANCE:.0e} is allowed"
    if np.isnan(gap[first]):
        reached = "is none: the work allowed for a game of this size did not suffice"
    advice = "; concepts 'ce' and 'cce' are linear programs, which need no such search" if concept == "nash" else ""
    raise RuntimeError(
        f"payoffs{where}: no {concept!r} equilibrium could be certified; the best policy found {reached} "
        f"({len(failed)} of {len(policy)} games failed){advice}"
    )


def _solve(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str, select: str) -> tuple[np.ndarray, np.ndarray]:
    """Policies (B, A) of games (B, m, A), and their gaps (B,) relative to the player's range of what is in play."""
    scaled, width, exponent = scaled_payoffs(payoffs)
    choice, welfare = rounded(scaled), total_payoff(scaled, width, exponent)
    if _pure_first(n_actions, select):
        rivals = deviations.pure_equilibria(choice, n_actions)
        policy, pure = deviations.best_pure(rivals, welfare)
    else:
        rivals = np.ones(welfare.shape, dtype=bool)
        policy, pure = np.empty(welfare.shape), np.zeros(len(welfare), dtype=bool)
    left, gap = np.arange(len(policy)), np.full(len(policy), np.nan)
    for attempt in range(_ATTEMPTS):
        mixed = left[~pure[left]]
        if len(mixed):
            policy[mixed] = _best_mixed(choice[mixed], welfare[mixed], n_actions, concept, attempt)
        reached = deviations.gains(scaled[left], policy[left], n_actions, concept)
        reached = np.divide(reached, width[left], out=reached, where=width[left] > 0).max(axis=1)
        gap[left] = np.fmin(gap[left], reached)
        left = left[~(reached <= TOLERANCE)]
        if not len(left):
            break
    # Half of what is near in units of the range.
    limit = np.ldexp(HIDDEN * width, exponent - 1)
    again = hidden(payoffs, policy, rivals, welfare, limit, n_actions)
    again[left] = True
    if again.any():
        policy[again], gap[again] = _solve_again(payoffs[again], policy[again], gap[again], n_actions, concept, select)
    return policy, gap


def _solve_again(
    payoffs: np.ndarray, policy: np.ndarray, gap: np.ndarray, n_actions: tuple[int, ...], concept: str, select: str
) -> tuple[np.ndarray, np.ndarray]:
    """The same without what hides the payoffs that decide; as before where nothing does."""
    left, apart = in_play(payoffs, n_actions, concept)
    for mask in np.unique(left[apart], axis=0):
        same = np.flatnonzero(apart & (left == mask).all(axis=1))
        kept = mask.reshape(n_actions)
        smaller = [
            int(kept.any(axis=tuple(j for j in range(len(n_actions)) if j != player)).sum())
            for player in range(len(n_actions))
        ]
        policy[same] = 0.0
        policy[same[:, None], mask], gap[same] = _solve(payoffs[same][:, :, mask], tuple(smaller), concept, select)
    for game in np.flatnonzero(~apart):
        milder = [mild(payoffs[game], penalty) for penalty in _PENALTIES]
        if (milder[-1] != payoffs[game]).any():
            policy[game], gap[game] = _as_given(payoffs[game], *milder, policy[game], n_actions, concept, select)
    return policy, gap


def _as_given(
    payoffs: np.ndarray, mild: np.ndarray, milder: np.ndarray, policy: np.ndarray, *rule: Any
) -> tuple[np.ndarray, float]:
    """A policy (A,) of one game (m, A) whose gains are small beside what they change or what is in play, and how small.

    The first such one: in exact arithmetic, as given or with penalties of fewer digits; with mild penalties; as before.
    """
    ways: list[Callable[[], np.ndarray]] = [
        lambda: _exact(payoffs, *rule),
        lambda: _exact(mild, *rule),
        lambda: _solve(milder[None], *rule)[0][0],
        lambda: policy,
    ]
    width = 0.5 * milder.max(axis=1) - 0.5 * milder.min(axis=1)
    best, least = policy, np.nan
    for way in ways:
        tried = way()
        gap = relative_gain(payoffs, tried, rule[0], rule[1], width)
        if np.isnan(least) or gap < least:
            best, least = tried, gap
        if gap <= TOLERANCE:
            break
    return best, least


def _exact(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str, select: str) -> np.ndarray:
    """The rule applied to the payoffs (m, A) of one game as fractions; NaN where the game is too large for that.

    Equilibria of many players are looked for in real numbers, on the payoffs of each support alone.
    """
    exact = exactly(payoffs)[None]
    total = exact.sum(axis=1)
    if _pure_first(n_actions, select):
        policy, pure = deviations.best_pure(deviations.pure_equilibria(payoffs[None], n_actions), total - total.min())
        if pure[0]:
            return policy[0]
    # The smallest difference of two totals becomes 1: the noise that breaks ties is nothing beside it.
    step = np.diff(np.unique(total))
    # No constant is taken off: real numbers made of these fractions keep their digits.
    largest = 2 * np.abs(exact).max(axis=2, keepdims=True)
    exact = exact / np.where(largest > 0, largest, 1)
    return _best_mixed(exact, total / (step.min() if len(step) else 1), n_actions, concept)[0]


def _pure_first(n_actions: tuple[int, ...], select: str) -> bool:
    """Whether a pure equilibrium is taken where there is one. If only one player chooses, none is better."""
    return select == "pure" or sum(n > 1 for n in n_actions) < 2


def _best_mixed(
    payoffs: np.ndarray, welfare: np.ndarray, n_actions: tuple[int, ...], concept: str, attempt: int = 0
) -> np.ndarray:
    """Candidates (B, A) for equilibria of games without a pure one."""
    # Players with one action have no deviation; without them three players may be two.
    choosing = [player for player, n in enumerate(n_actions) if n > 1]
    payoffs, n_actions = payoffs[:, choosing], tuple(n_actions[player] for player in choosing)
    if concept != "nash":
        return correlated(payoffs, welfare, n_actions, concept, attempt)
    if len(n_actions) == 2:
        return lemke_howson(payoffs, n_actions, attempt)
    return many_players(payoffs.astype(float), n_actions, attempt, as_given=is_exact(payoffs))
