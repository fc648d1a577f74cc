"""MORNAVI itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field, fields
from functools import lru_cache
from typing import Any

import numpy as np

from .. import checks
from ..confidence import FORMS, Counts, pooled_visits, row_numbers, support_mask
from ..contents import ByContents, short
from ..equilibrium import CONCEPTS, deviation_value_unchecked, require_product, solve_stage_unchecked
from ..games import MarkovGame
from ..planning import Uncertainty
from ..planning.backup import backward
from ..rounding import power_of_two, rounded
from ..uncertainty import Contamination, Nominal, TotalVariation, UncertaintySet, sets_per_player
from .identity import identity_of
from .plan import Plan, about
from .stage_payoffs import StagePayoffs

CONFIDENCES = (*FORMS, "bonus")
REPLANS = ("doubling", "spaced", "often", "episode")


@dataclass(frozen=True, eq=False, repr=False)
class Mornavi(ByContents):
    """Multiplayer optimistic robust Nash value iteration: an online learner for robust Markov games.

    Parameters
    ----------
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage.
    confidence : {"model", "chernoff", "bernstein", "hoeffding", "events", "row", "bonus"}
        How counts become bounds: the best and worst kernel of a confidence set, or a bonus of the paper's shape.
        "row" has a bet on each whole row, "events" one on each event. "model" is "row", but where total variation or
        contamination may leave the support, and no ``fail_state`` is stated, it certifies what "events" chose.
    delta : float
        Probability with which any bound may ever fail, in (0, 1).
    scale : float
        Multiplies the width of the confidence set, or the bonus; at least 0. The theorems are for 1.
    replan : {"doubling", "spaced", "often", "episode"}
        When a run makes a new plan: once some visits have doubled; the same, but with a fiftieth of all episodes in
        between unless some visits grew eightfold; once some have grown by an eighth; or after each episode. With
        more plans a certificate is reached in fewer episodes and more time: chapter 12.
    min_probability : float or None
        An assumption, if given: every positive probability of the kernel is at least this.
    support : array_like, MarkovGame or None
        An assumption, if given: what can follow what. Booleans (S, A, S) or (H, S, A, S); or integers (S, A, B) or
        (H, S, A, B), the next states of each row; or a game, of which only that is read.
    rows : "stationary", array_like of int with shape (H, S, A), or None
        An assumption, if given: cells with the same number share one kernel; "stationary": the same at all steps.
    fail_state : int or None
        An assumption, if given: this state absorbs, and it and the way into it pay every player the least.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or ``support`` is stated with ``confidence="bonus"``, which has no use
        for it.

    Notes
    -----
    What is stated only shrinks the confidence set and keeps the truth in it, so the theorem of chapter 5 holds as it
    is, if the statements do; :meth:`plan` raises where counts contradict them, and ``given`` says what they are. With
    ``support`` unions run over what can follow, the rest has probability 0, and a row with one successor is known.
    With ``rows`` counts are pooled, of kernels and not of rewards, see
    :class:`mornavi_lite.confidence.KnownRows`. With ``fail_state`` upper and lower value are both the least from there
    on: what a total variation ball moves lands on a value that is known, whatever was never seen elsewhere.

    Chapter 5, :prf:ref:`mornavi`, with :eq:`mornavi-upper` and :eq:`mornavi-lower`. The published algorithm is Farhat,
    Ghosh, Atia and Wang (2026), with bonuses whose constants are not available to us; ours are named in
    :mod:`mornavi_lite.confidence`.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, run, zoo
    >>> game = zoo.safe_or_risky(rewards="opposed")
    >>> history = run(Mornavi(TotalVariation(0.1)), game, n_episodes=10**5, seed=1, until=0.2)
    >>> bool(history.best_certificate <= 0.2 and history.gap[-1] <= history.best_certificate)
    True
    """

    uncertainty: Uncertainty
    concept: str = "cce"
    confidence: str = "model"
    delta: float = 0.05
    scale: float = 1.0
    replan: str = "doubling"
    min_probability: float | None = None
    _: KW_ONLY
    support: Any = None
    rows: Any = None
    fail_state: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, UncertaintySet):
            n_sets = len(self.uncertainty) if checks.is_sequence(self.uncertainty) else 1
            object.__setattr__(self, "uncertainty", tuple(sets_per_player(self.uncertainty, n_sets)))
        checks.one_of("concept", self.concept, CONCEPTS)
        checks.one_of("confidence", self.confidence, CONFIDENCES)
        checks.one_of("replan", self.replan, REPLANS)
        object.__setattr__(self, "delta", checks.probability("delta", self.delta))
        object.__setattr__(self, "scale", checks.number("scale", self.scale, 0.0))
        object.__setattr__(self, "min_probability", checks.min_probability(self.min_probability))
        object.__setattr__(self, "support", support_mask(self.support))
        object.__setattr__(self, "rows", row_numbers(self.rows))
        if self.fail_state is not None:
            object.__setattr__(self, "fail_state", checks.integer("fail_state", self.fail_state, 0))
        if self.confidence == "bonus" and self.support is not None:
            raise ValueError(
                'support has no meaning with confidence="bonus": a bonus is added whatever can follow; '
                "the confidence sets use it"
            )

    def __repr__(self) -> str:
        """Fields that state nothing are left out."""
        shown = (
            f"{each.name}={short(getattr(self, each.name))}"
            for each in fields(self)
            if each.repr and not (each.kw_only and getattr(self, each.name) is None)
        )
        return f"{type(self).__qualname__}({', '.join(shown)})"

    @property
    def given(self) -> str:
        """What was stated about the game and is not learned from counts: "" if nothing was."""
        stated = {name: getattr(self, name) for name in ("min_probability", "support", "rows", "fail_state")}
        words = [
            name if isinstance(each, np.ndarray) else f"{name}={each!r}"
            for name, each in stated.items()
            if each is not None
        ]
        return f"given: {', '.join(words)}" if words else ""

    def watched(self, visits: np.ndarray) -> np.ndarray:
        """What must double, or be there for the first time, before a new plan: visits of rows, and of cells.

        Parameters
        ----------
        visits : numpy.ndarray of int, shape (H, S, A)
            Visits of the cells.

        Returns
        -------
        numpy.ndarray of int, shape (n,)
            The visits of each cell; where ``rows`` is stated those of each row, and whether each cell was visited.

        Notes
        -----
        Chapter 5, :prf:ref:`low-switching`; chapter 4, :prf:ref:`pooled-plans`. A count that may double up to HK gives
        floor(log2(HK)) + 1 plans, a flag one: with ``rows`` at most rows (floor(log2(HK)) + 1) + HSA + 1 plans.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import Mornavi, Nominal
        >>> Mornavi(Nominal(), rows="stationary").watched(np.array([[[3]], [[4]], [[0]]])).tolist()
        [7, 1, 1, 0]
        """
        return pooled_visits(self.rows, visits)

    def plan(self, counts: Counts) -> Plan:
        """The policy to play next, with bounds on its robust value, from counts alone.

        Parameters
        ----------
        counts : Counts
            What has been seen.

        Returns
        -------
        Plan
            Policy (H, S, A), upper and lower values (m, H+1, S).

        Raises
        ------
        TypeError, ValueError
            If ``counts`` is not a :class:`mornavi_lite.Counts`, there is not one uncertainty set per player, or the
            counts contradict what was stated: the message names the cell.
        RuntimeError
            If a stage game's equilibrium cannot be certified.

        Notes
        -----
        Chapter 5, :eq:`mornavi-upper`, :eq:`mornavi-lower`. The policy at a state is an equilibrium of the upper stage
        payoffs Q, and V = E[Q] under it; the upper value also covers what the stage's best deviation could add.

        Examples
        --------
        Nothing is known, so everything may be the best:

        >>> from mornavi_lite import Counts, Mornavi, TotalVariation
        >>> plan = Mornavi(TotalVariation(0.1)).plan(Counts(n_states=2, n_actions=(2, 2), horizon=3))
        >>> plan.upper[0, :, 0].tolist(), plan.lower[0, :, 0].tolist()
        ([3.0, 2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0])
        """

        def choose(h: int, high: np.ndarray, low: np.ndarray) -> np.ndarray:
            return self._equilibrium(counts, h, high)

        if self._may_leave_support(counts):
            explorer = copy.copy(self)
            object.__setattr__(explorer, "confidence", "events")
            policy = explorer._values(counts, choose, both=False).policy
            return self._values(counts, lambda h, high, low: policy[h])
        return self._values(counts, choose)

    def _may_leave_support(self, counts: Any) -> bool:
        """Whether an adversary may move mass to where the plan never goes, and bets are on whole rows.

        What was not explored there stays in the certificate for ever, and the smaller set of whole rows gives up
        exploring earlier. So the policy is chosen by the larger set, and certified by the smaller one: the theorem
        holds for any policy.
        """
        if self.confidence != "model" or not isinstance(counts, Counts) or self.fail_state is not None:
            return False
        sets = sets_per_player(self.uncertainty, len(counts.n_actions))
        leaving = (each for each in sets if isinstance(each, (TotalVariation, Contamination)) and each.shift_support)
        return any(np.any(ball.radius) for ball in leaving)

    @property
    def identity(self) -> str:
        """Text by which a saved run is known: what was set, and the version of the algorithm."""
        return identity_of(self)

    def certify(self, counts: Counts, policy: Any) -> Plan:
        """Bounds on the robust value of any policy, and of every deviation from it, from counts alone.

        Parameters
        ----------
        counts : Counts
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
        Chapter 5, :eq:`certificate`: the theorem holds for every policy, not only for the learner's own.

        Examples
        --------
        The learner's own policy gets the learner's own bounds:

        >>> from mornavi_lite import Counts, Mornavi, TotalVariation
        >>> counts, learner = Counts(n_states=2, n_actions=(2, 2), horizon=3), Mornavi(TotalVariation(0.1))
        >>> plan = learner.plan(counts)
        >>> bool((learner.certify(counts, plan.policy).lower == plan.lower).all())
        True
        """
        rows = checks.probability_rows("policy", policy)
        if isinstance(counts, Counts):
            checks.has_shape("policy", rows, counts.visits.shape, "(H, S, A)")
            require_product(rows, counts.n_actions, self.concept)
        return self._values(counts, lambda h, high, low: rows[h])

    def collect(self, game: MarkovGame, plan: Plan, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """How this learner gathers data, as ``game.play`` returns them: it plays its plan for so many episodes."""
        return game.play_unchecked(self.behaviour(plan), n_episodes, rng)

    def behaviour(self, plan: Plan) -> np.ndarray:
        """The policy (H, S, A) that this learner plays in order to learn: that of its plan."""
        return plan.policy

    def _values(
        self, counts: Counts, choose: Callable[[int, np.ndarray, np.ndarray], np.ndarray], both: bool = True
    ) -> Plan:
        """The policy that ``choose`` makes from the stage payoffs of a step, and its bounds, from the last step on.

        Without ``both`` the highest payoffs and values stand for the lowest, too.
        """
        if not isinstance(counts, Counts):
            raise TypeError(f"counts must be Counts, got {type(counts).__name__}")
        sets = sets_per_player(self.uncertainty, len(counts.n_actions))
        payoffs = StagePayoffs(
            counts,
            sets,
            self.confidence,
            self.delta,
            self.scale,
            self.min_probability,
            self.support,
            self.rows,
            self.fail_state,
        )
        policy = np.empty(counts.visits.shape)

        def bounds(h: int, value: np.ndarray) -> np.ndarray:
            high, low = payoffs.at(h, value[0], value[1] if both else None)
            policy[h] = counts.fold(choose(h, high, low))
            followed, lower = ((policy[h][:, None] * each).sum(axis=-1).T for each in (high, low))
            upper = [
                np.maximum(
                    followed[i], deviation_value_unchecked(high[:, i], policy[h], counts.n_actions, i, self.concept)
                )
                for i in range(len(sets))
            ]
            return np.stack([np.stack(upper), lower])

        values = backward(counts.horizon, (2, len(sets), counts.n_states), bounds)
        said = about(counts, policy, self.concept, self.uncertainty, self.given)
        start = None if counts.start_row is None else payoffs.start(*values[:, :, 0])
        return Plan(policy, values[0], values[1], said, start)

    def _equilibrium(self, counts: Counts, step: int, payoffs: np.ndarray) -> np.ndarray:
        return stage_choices(payoffs, counts.n_actions, self.concept, power_of_two(counts.step_ranges), step)


def stage_choices(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str, scale: float, step: int) -> np.ndarray:
    """Equilibria (S, A) of a step's stage games (S, m, A), the same on every processor."""
    # Differences below 1e-10 are rounding, and rounding must not choose: a stage where all is unknown is a tie.
    apart = rounded(payoffs - payoffs.min(axis=-1, keepdims=True), scale)
    try:
        return stage_policies(apart.tobytes(), apart.shape, n_actions, concept)
    except RuntimeError as error:
        raise RuntimeError(f"step {step}, stage games by state: {error}") from error


@lru_cache(maxsize=16)
def stage_policies(payoffs: bytes, shape: tuple[int, ...], n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """Equilibria (S, A) of stage games, kept for the next plan: the last step's stay once all rewards were seen."""
    policies = solve_stage_unchecked(np.frombuffer(payoffs).reshape(shape), n_actions, concept)
    policies.setflags(write=False)
    return policies


@dataclass(frozen=True, eq=False, repr=False)
class NashVI(Mornavi):
    """The learner without robustness: optimistic Nash value iteration on nominal kernels.

    Parameters
    ----------
    concept, confidence, delta, scale, replan, min_probability, support, rows, fail_state
        As in :class:`Mornavi`; the uncertainty is :class:`mornavi_lite.Nominal`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 5. Liu, Yu, Bai and Jin (2021) with bonuses; any set of radius 0 gives the same plans.

    Examples
    --------
    >>> from mornavi_lite import Counts, Mornavi, NashVI, TotalVariation
    >>> counts = Counts(n_states=2, n_actions=(2, 2), horizon=3)
    >>> counts.record([0, 1, 1, 0], [0, 3, 1], [[0, 1, 0], [1, 0, 1]])
    >>> plans = NashVI().plan(counts), Mornavi(TotalVariation(0)).plan(counts)
    >>> plans[0].upper.tobytes() == plans[1].upper.tobytes()
    True
    """

    uncertainty: Uncertainty = field(default=Nominal(), init=False)
