"""How many episodes every learner needs that certifies what it says."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import checks
from ..confidence import support_mask
from ..games import MarkovGame
from ..planning import Uncertainty
from ..planning.backup import backups, backward
from ..uncertainty import Nominal, TotalVariation, UncertaintySet, sets_per_player
from .cutting import MARGIN, Cutting, Found
from .known import known

#: Alternatives with a smaller share of the largest multiplier are left out.
_USELESS = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Alternative:
    """A game that a learner has to rule out.

    Attributes
    ----------
    game : MarkovGame
        The game itself. Its rewards are those of the given one, but where no policy ever gets there.
    value : numpy.ndarray, shape (m, H+1, S)
        Its best robust values.
    change : float
        By how much its best robust value at the start is above that of the game (negative: below).
    information : numpy.ndarray, shape (H, S, A)
        Kullback-Leibler divergence of the game's row from its own, in nats; 0 where no policy gets.
    weight : float
        Its multiplier in the bound.
    """

    game: MarkovGame
    value: np.ndarray
    change: float
    information: np.ndarray
    weight: float

    @property
    def transition(self) -> np.ndarray:
        """Its kernel (H, S, A, S)."""
        return self.game.transition

    @property
    def reward(self) -> np.ndarray:
        """Its rewards (m, H, S, A)."""
        return self.game.reward

    def __repr__(self) -> str:
        return f"Alternative(change={self.change:.6g}, weight={self.weight:.6g})"


@dataclass(frozen=True, eq=False, repr=False)
class EpisodesFloor:
    """What :func:`episodes_floor` returns.

    Attributes
    ----------
    episodes : float
        No learner that certifies has fewer on average; infinite where none ever can.
    per_nat : float
        The same per nat of log(1 / delta), as delta goes to 0.
    alternatives : tuple of Alternative
        The games that prove it.
    visits : numpy.ndarray, shape (H, S, A)
        Where the episodes go if they are spent as well as these alternatives allow.
    """

    episodes: float
    per_nat: float
    alternatives: tuple[Alternative, ...]
    visits: np.ndarray

    def __repr__(self) -> str:
        return (
            f"EpisodesFloor(episodes={self.episodes:.6g}, per_nat={self.per_nat:.6g}, "
            f"alternatives={len(self.alternatives)})"
        )


def episodes_floor(
    game: MarkovGame,
    epsilon: float,
    delta: float = 0.05,
    uncertainty: Uncertainty = Nominal(),  # noqa: B008
    *,
    support: Any = None,
    sharper: bool = False,
    rounds: int = 24,
) -> EpisodesFloor:
    """How many episodes every learner needs on average that certifies a policy of a game of common interest.

    The learner stops when it likes and says (policy, lower, upper) with ``upper - lower <= epsilon``. In *every* game
    of these sizes and ranges it is right with probability 1 - ``delta``: the best robust value at the start is at most
    ``upper``, and the policy's own at least ``lower``. The floor is about the episodes that it needs in *this* game.

    Parameters
    ----------
    game : MarkovGame
        The game; all players have the same rewards, which do not depend on the next state.
    epsilon : float
        Distance of the bounds, above 0, in the units of the rewards.
    delta : float
        Probability of an error, in (0, 1). From 1/2 on the floor is 0.
    uncertainty : UncertaintySet or sequence of them
        The same set for all players: ``Nominal``, or ``TotalVariation`` with support shift.
    support : array_like, MarkovGame or None
        What can follow what, if the learner is told, in any of the forms of :class:`mornavi_lite.Mornavi`: alternatives
        keep to it.
    sharper : bool
        Whether alternatives may also be nearer than epsilon, in which only some of the outputs that are right here are
        wrong, and whether more is asked of those in which nothing is likelier that happens. Takes longer.
    rounds : int
        How often alternatives are looked for at most, at least 1; the search ends earlier where an eighth of the rounds
        brings nothing. Each result is a floor, and more rounds mostly bring a higher one.

    Returns
    -------
    EpisodesFloor
        The floor, the games that prove it, and the visits (H, S, A) that would be best against them.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; if players' rewards or sets differ. Where interests differ, an alternative
        has to be chosen after the policy, and one linear program does not do.
    RuntimeError
        If the linear program cannot be solved.
    ModuleNotFoundError
        Without SciPy: ``pip install mornavi-lite[science]``.

    Notes
    -----
    Chapter 12, :eq:`visits-tell` and :eq:`floor-of-episodes`, :prf:ref:`floor-theorem`. With N(h, s, a) the visits
    until the learner stops, every alternative has

        sum over (h, s, a) of E[N(h, s, a)] KL(row | alternative's row) >= kl(1 - delta, delta),

    and E[N] is a flow through the game. Minimising E[episodes] under finitely many of these is a linear program; each
    alternative that is left out can only lower the result. The result is not the solver's: its multipliers are put
    into a bound that holds for any multipliers, computed by backward induction and rounded down. Kaufmann, Cappé and
    Garivier (2016); Al-Marjani, Tirinzoni and Kaufmann (2023). A floor says nothing of a learner that is told more.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.lower_bounds import episodes_floor
    >>> floor = episodes_floor(zoo.safe_or_risky(), epsilon=0.2, rounds=4)
    >>> bool(10 < floor.episodes < 2000) and len(floor.alternatives) > 0
    True
    """
    arena, ball = _common_interest(game, uncertainty)
    gap = checks.number("epsilon", epsilon, 0.0)
    if gap == 0:
        raise ValueError("epsilon must be above 0, got 0")
    checks.number("epsilon", gap, 1e-100)  # what is divided by it stays a float
    error = checks.probability("delta", delta)
    n_rounds = checks.integer("rounds", rounds, 1)
    if not isinstance(sharper, (bool, np.bool_)):
        raise TypeError(f"sharper must be True or False, got {checks.shown(sharper)}")
    facts = known(arena, _radii(ball, arena), _within(support, arena))
    if importlib.util.find_spec("scipy") is None:
        raise ModuleNotFoundError("episodes_floor needs SciPy: pip install mornavi-lite[science]")
    cutting = Cutting(facts, gap, error, MARGIN * float(np.ptp(facts.ranges, axis=1).sum()), bool(sharper))
    if error < 0.5:
        with warnings.catch_warnings():  # SciPy before 1.16 says of each step that it keeps to the bounds
            warnings.filterwarnings("ignore", "Values in x were outside bounds", RuntimeWarning)
            cutting.run(n_rounds)
    return _assembled(cutting, arena, ball)


def _common_interest(game: Any, uncertainty: Any) -> tuple[MarkovGame, UncertaintySet]:
    """The dense game and the one set of all its players."""
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    sets = sets_per_player(uncertainty, game.n_players)
    for i, ball in enumerate(sets):
        if not (isinstance(ball, Nominal) or (isinstance(ball, TotalVariation) and ball.shift_support)):
            raise ValueError(
                f"uncertainty must be Nominal() or TotalVariation(radius) with support shift, got {checks.brief(ball)}"
            )
        if ball != sets[0]:
            raise ValueError(f"uncertainty[{i}] must be that of player 0, or values differ: a game of common interest")
    arena = game.dense()
    if arena.reward.ndim == 5:
        raise ValueError("game must have rewards that do not depend on the next state")
    for what, array in (("rewards", arena.reward), ("reward ranges", arena.step_ranges)):
        differs = (array != array[:1]).reshape(len(array), -1).any(axis=1)
        if differs.any():
            raise ValueError(
                f"game must be one of common interest: {what} of player {int(differs.argmax())} differ from those of "
                "player 0, and then an alternative depends on the policy, and one linear program is not enough"
            )
    return arena, sets[0]


def _radii(ball: UncertaintySet, game: MarkovGame) -> np.ndarray:
    shape = game.reward.shape[1:]
    return np.stack([np.broadcast_to(ball.at_step(h, shape).radius, shape[1:]) for h in range(shape[0])]).astype(float)


def _within(support: Any, game: MarkovGame) -> np.ndarray | None:
    mask = support_mask(support)
    if mask is None:
        return None
    if mask.shape[-3:] != game.transition.shape[1:] or mask.shape not in (mask.shape[-3:], game.transition.shape):
        raise ValueError(f"support must have shape (S, A, S) or (H, S, A, S) of the game, got shape {mask.shape}")
    outside = (game.transition > 0) & ~mask
    if outside.any():
        raise ValueError(f"support{checks.place(checks.first_true(outside))} must allow what the game does")
    return mask


def _assembled(cutting: Cutting, game: MarkovGame, ball: UncertaintySet) -> EpisodesFloor:
    """The floor by the alternatives that matter, each of which is valued again by the package's own planning."""
    found, never = cutting.found, cutting.blocked(cutting.found)
    if never:
        found = [each for each in found if not each.cut.information.any()]
    elif found:
        weights = cutting.solve(found).weights
        found = [each for each, weight in zip(found, weights, strict=True) if weight > _USELESS * weights.max()]
    worth, proofs, kept = _best(game, ball)[1], [], []
    for each in found:
        other = _as_game(each, game, cutting.game.kernel)
        value, change = _best(other, ball)
        change -= worth
        if (change if each.upwards else -change) >= each.change - cutting.margin / 2:
            kept.append(each)
            proofs.append(Alternative(other, value, change, each.cut.information, 0.0))
    nowhere = np.zeros(cutting.game.shape)
    if not kept or (never and not cutting.blocked(kept)):
        return EpisodesFloor(0.0, 0.0, (), nowhere)
    if never:
        return EpisodesFloor(np.inf, np.inf, tuple(proofs), nowhere)
    allocation = cutting.solve(kept)
    proofs = [replace(each, weight=float(own)) for each, own in zip(proofs, allocation.weights, strict=True)]
    return EpisodesFloor(allocation.episodes, cutting.per_nat(kept), tuple(proofs), allocation.visits)


def _as_game(found: Found, game: MarkovGame, kernel: np.ndarray) -> MarkovGame:
    """The alternative; rows that it leaves as they are are the game's own, to the last bit."""
    same = (found.kernel == kernel).all(axis=-1, keepdims=True)
    rows, rewards = np.where(same, game.transition, found.kernel), np.broadcast_to(found.reward, game.reward.shape)
    return MarkovGame(rows, rewards, game.n_actions, game.initial, reward_range=game.step_ranges, legal=game.legal)


def _best(game: MarkovGame, ball: UncertaintySet) -> tuple[np.ndarray, float]:
    """Best robust values (m, H+1, S), and the value at the start, by the package's own planning."""
    sets = [ball] * game.n_players
    shape = game.n_players, game.n_states
    value = backward(game.horizon, shape, lambda h, after: backups(game, sets, h, after).max(axis=-1).T)
    return value, float(value[0, 0] @ game.initial)
