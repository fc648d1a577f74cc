"""Cutting planes: which alternative is ruled out least by the best allocation so far, until none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .allocation import Allocation, Cut, Program, information_of, requirement
from .alternatives import Search
from .known import Known

#: Where kinds of outputs are told apart, if they are: upper value less best value of the game, in shares of epsilon.
EDGES = np.array([0.0, 0.5, 0.9, 1.0])
#: Values of alternatives differ by this much more than is needed, in units of the range: more than rounding comes to.
MARGIN = 1e-9
#: Starts of a search: the cheapest of those of one turn, and the cheapest of the last alternatives.
_STARTS, _TURNS, _USED, _LAST = 3, 5, 2, 12
#: The search ends after this share of all rounds, or so many of them, without a thousandth more episodes.
_PATIENCE, _LEAST, _GAIN = 1 / 8, 3, 1e-3
#: Outputs of a kind with less probability are not looked at; every search gives the cells so much of an even share.
_SELDOM, _SPREAD = 1e-2, 1e-4


@dataclass(frozen=True)
class Found:
    """An alternative, and how it came about."""

    kernel: np.ndarray
    reward: np.ndarray
    cut: Cut
    upwards: bool
    change: float  #: by how much its worth differs from the game's, at least
    shift: np.ndarray  #: of the free cells' values from the game's own, per epsilon of the start's


@dataclass
class Side:
    """Alternatives that are worth more than the game, or those that are worth less."""

    game: Known
    upwards: bool
    epsilon: float
    margin: float
    edges: np.ndarray
    starts: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.value = self.game.values(self.game.kernel, self.game.reward)
        self.worth = float(self.value[0] @ self.game.initial)
        whole = self.search(1.0)
        self.own = self.value[:-1][whole.free]
        if len(self.own):
            self.starts = [(first - self.own) / self.epsilon for first in whole.first_values()]

    def search(self, share: float) -> Search:
        """The search for alternatives whose worth differs by this share of epsilon."""
        apart = self.epsilon * share + 2 * self.margin
        return Search(self.game, self.worth + (apart if self.upwards else -apart), self.upwards)

    def refuting(self, kind: int) -> tuple[float, np.ndarray]:
        """By which share of epsilon an alternative differs in which outputs of this kind are wrong; all that are.

        Upwards the upper values of this kind, and all lower ones, are too low; downwards the lower values are too high
        that go with upper ones of this kind or more.
        """
        kinds = np.arange(len(self.edges) - 1)
        if self.upwards:
            return float(self.edges[kind + 1]), kinds <= kind
        return float(1 - self.edges[kind]), kinds >= kind


class Cutting:
    """The whole search."""

    def __init__(self, game: Known, epsilon: float, delta: float, margin: float, sharper: bool) -> None:
        self.game, self.delta, self.margin, self.sharper = game, delta, margin, sharper
        self.edges = _edges(game, epsilon) if sharper else EDGES[[0, -1]]
        self.sides = [Side(game, upwards, epsilon, margin, self.edges) for upwards in (True, False)]
        self.program = Program(game.kernel, game.initial, game.legal, len(self.edges) - 1)
        self.found: list[Found] = []
        self.spread = self._spread()

    def run(self, rounds: int) -> None:
        """Collect alternatives in ``found``: first those in which every output is wrong, then those for some kinds."""
        last = len(self.edges) - 2
        self._improve([[last], [0]], rounds)
        if self.sharper:
            self._improve([range(last + 1)] * 2, rounds)

    def _improve(self, kinds: Sequence[Sequence[int]], rounds: int) -> None:
        best, waited, middle, allocation = 0.0, 0, self.spread, None
        for number in range(rounds + 1):
            share = middle if allocation is None or number % 2 else self._average(allocation)
            for side, own in zip(self.sides, kinds, strict=True):
                for kind in own:
                    if allocation is None or len(own) == 1 or allocation.outputs[kind] > _SELDOM:
                        self._look(side, kind, share + _SPREAD * self.spread, number, allocation)
            if not self.found or self.blocked(self.found):
                return
            allocation = self.solve(self.found)
            middle = self._average(allocation) if number == 0 else 0.5 * (middle + self._average(allocation))
            waited = 0 if allocation.episodes > best * (1 + _GAIN) else waited + 1
            best = max(best, allocation.episodes)
            if waited == max(_LEAST, round(_PATIENCE * rounds)):
                return

    def solve(self, found: list[Found]) -> Allocation:
        """The program with these alternatives."""
        cuts = [each.cut for each in found]
        return self.program.solve(cuts, [requirement(self.delta, cut.never_likelier) for cut in cuts], 1 - self.delta)

    def per_nat(self, found: list[Found]) -> float:
        """The same in the limit of small delta: a nat for every unit of probability."""
        line = np.ones(1), np.zeros(1)
        return self.program.solve([each.cut for each in found], [line] * len(found), 1.0).episodes

    def blocked(self, found: list[Found]) -> bool:
        """Whether every output is wrong in an alternative that no episode tells from the game."""
        free = [each for each in found if not each.cut.information.any()]
        sides = {each.upwards for each in free}
        wrong = np.any([each.cut.refutes for each in free], axis=0)
        return bool(np.all(wrong)) and len(sides) * self.delta < 1 - self.delta

    def _spread(self) -> np.ndarray:
        """Visits of the policy that plays all joint actions alike."""
        game, visits = self.game, np.zeros(self.game.shape)
        arriving = game.initial
        for h in range(game.shape[0]):
            visits[h] = arriving[:, None] * game.legal / game.legal.sum(axis=1, keepdims=True)
            arriving = np.einsum("sa,sat->t", visits[h], game.kernel[h])
        return visits

    def _average(self, allocation: Allocation) -> np.ndarray:
        episodes = allocation.visits[0].sum()
        return allocation.visits / episodes if episodes > 0 else self.spread

    def _look(self, side: Side, kind: int, weights: np.ndarray, number: int, allocation: Allocation | None) -> None:
        """Search from several starts; keep what the allocation does not rule out yet."""
        if len(side.own) == 0:
            return
        share, refutes = side.refuting(kind)
        search, prices = side.search(share), [np.inf]
        if not search.possible:
            return
        for start in self._starts(side, search, weights, number):
            chosen = search.descend(start, weights)
            found = self._alternative(side, share, refutes, search, chosen, weights)
            if found is None or (allocation is not None and not self._is_new(found, allocation)):
                continue
            price = float((found.cut.information * weights).sum())
            if all(abs(price - other) > 1e-6 * price for other in prices):  # else another start led there
                prices.append(price)
                self.found.append(found)

    def _starts(self, side: Side, search: Search, weights: np.ndarray, number: int) -> list[np.ndarray]:
        """The cheapest of some starts, all in the first round, and of the last alternatives."""
        apart = abs(search.wanted - side.worth)
        firsts = side.starts if number == 0 else side.starts[number % _TURNS :: _TURNS]
        used = [each.shift for each in self.found if each.upwards == side.upwards][-_LAST:]
        chosen: list[np.ndarray] = []
        for shifts, most in ((firsts, _STARTS), (used, _USED)):
            values = [side.own + apart * shift for shift in shifts]
            price = np.array([search.price(np.clip(each, *search.bounds), weights)[0] for each in values])
            chosen += [values[k] for k in np.argsort(price)[:most] if np.isfinite(price[k])]
        return chosen

    def _alternative(
        self,
        side: Side,
        share: float,
        refutes: np.ndarray,
        search: Search,
        chosen: np.ndarray,
        weights: np.ndarray,
    ) -> Found | None:
        """The alternative with these values, if there is one."""
        built = search.build(chosen, weights)
        if built is None:
            return None
        kernel, reward = built
        worth = float(self.game.values(kernel, reward)[0] @ self.game.initial)
        change = side.epsilon * share + side.margin
        if (worth - side.worth if side.upwards else side.worth - worth) < change:
            return None
        told = np.where(self.game.reached[..., None], information_of(self.game.kernel, kernel), 0.0)
        seen = (self.game.kernel > 0) & self.game.reached[..., None, None]
        cut = Cut(told, refutes, self.sharper and bool((kernel[seen] <= self.game.kernel[seen]).all()))
        return Found(kernel, reward, cut, side.upwards, change, (chosen - side.own) / abs(search.wanted - side.worth))

    def _is_new(self, found: Found, allocation: Allocation) -> bool:
        slope, constant = requirement(self.delta, found.cut.never_likelier)
        needed = (slope * (found.cut.refutes @ allocation.outputs) + constant).max()
        return bool((allocation.visits * found.cut.information).sum() < needed * (1 - 1e-4))


def _edges(game: Known, epsilon: float) -> np.ndarray:
    """Those above; and where a game that keeps to what can follow is worth no more, or no less, and halfway there."""
    worth = float(game.values(game.kernel, game.reward)[0] @ game.initial)
    low, high = (Search(game, worth, upwards).furthest for upwards in (False, True))
    ends = [end for end in ((high - worth) / epsilon, 1 - (worth - low) / epsilon) if _SELDOM < end < 1 - _SELDOM]
    return np.unique([*EDGES, *ends, *np.divide(ends, 2)])
