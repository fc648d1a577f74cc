"""What is known of a game of common interest before an episode: sizes, rewards that are seen, what can follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..games import MarkovGame
from ..games.legal import stands_for

#: What every kernel could do is approached no closer than this.
INSIDE = 1e-7


@dataclass(frozen=True)
class Held:
    """By which state of the next step a state is worth what it is, (S,), -1 for none, and what the ball moves off."""

    follows: np.ndarray
    moved: np.ndarray


@dataclass(frozen=True)
class Known:
    """A game of common interest as the search sees it: what is fixed, and what no episode ever shows."""

    kernel: np.ndarray  #: (H, S, A, S)
    reward: np.ndarray  #: (H, S, A), of every player
    initial: np.ndarray  #: (S,)
    legal: np.ndarray  #: (S, A)
    allowed: np.ndarray  #: (H, S, A, S), what may follow in an alternative
    radius: np.ndarray  #: (H, S, A), of the total variation ball; 0 without one
    ranges: np.ndarray  #: (H, 2), lowest and highest reward of a step
    reached: np.ndarray  #: (H, S), whether some policy gets there
    stand: np.ndarray  #: (S, A), the joint action that each one stands for
    certain: np.ndarray  #: (H, S, A), whether only one state may follow

    @property
    def shape(self) -> tuple[int, ...]:
        return self.reward.shape

    def backup(self, kernel: np.ndarray, reward: np.ndarray, h: int, after: np.ndarray) -> np.ndarray:
        """Stage payoffs (S, A) from values (S,) of the next step; illegal joint actions have minus infinity."""
        return np.where(self.legal, reward + worst_means(kernel, after, self.radius[h]), -np.inf)

    def values(self, kernel: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Best robust values (H + 1, S)."""
        value = np.zeros((self.shape[0] + 1, self.shape[1]))
        for h in reversed(range(self.shape[0])):
            value[h] = self.backup(kernel[h], reward[h], h, value[h + 1]).max(axis=1)
        return value

    def ends(self, h: int, after: np.ndarray, upwards: bool) -> tuple[np.ndarray, np.ndarray]:
        """The most (least) that a row of each cell may be worth (S, A), and the next states (S, A) for it."""
        best = np.where(self.allowed[h], after if upwards else -after, -np.inf).argmax(axis=-1)
        return (1 - self.radius[h]) * after[best] + self.radius[h] * after.min(), best

    def unseen(self, h: int, after: np.ndarray, upwards: bool) -> tuple[np.ndarray, Held]:
        """Where no episode gets: the most (least) that a state can be worth (S,), and by what."""
        worth, best = self.ends(h, after, upwards)
        paid = self.ranges[h, 1 if upwards else 0]
        worth = np.where(self.legal, paid + worth, -np.inf)
        return worth.max(axis=1), self._by(h, worth.argmax(axis=1), best)

    def within(self, h: int, wanted: np.ndarray, after: np.ndarray, upwards: bool) -> tuple[np.ndarray, Held]:
        """Values (S,) nearest to those wanted that alternatives have, and by what where they are others.

        Upwards one joint action has to be worth the value, so it is at most what the best row could be worth; downwards
        all of them at most that much. Where one state alone may follow there is no choice, and no price.
        """
        worth, best = self.ends(h, after, upwards)
        own = worst_means(self.kernel[h], after, self.radius[h])
        worth = np.where(self.certain[h], own, (1 - INSIDE) * worth + INSIDE * own)
        worth = np.where(self.legal, self.reward[h] + worth, -np.inf)
        sure = np.where(self.certain[h], worth, -np.inf) if upwards else worth
        least, most, fixed = sure.max(axis=1), worth.max(axis=1), (self.certain[h] | ~self.legal).all(axis=1)
        if not upwards:
            most = np.where(fixed, most, np.inf)
        value = np.clip(wanted, least, most)
        action = np.where(value > wanted, sure.argmax(axis=1), worth.argmax(axis=1))
        held = self._by(h, action, best)
        return value, Held(np.where(fixed | (value != wanted), held.follows, -1), held.moved)

    def _by(self, h: int, action: np.ndarray, best: np.ndarray) -> Held:
        each = np.arange(len(action))
        return Held(best[each, action], self.radius[h][each, action])


def worst_means(rows: np.ndarray, values: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Worst case over the total variation ball of ``radius`` (...) around each row (..., S): the best of all levels."""
    levels = np.minimum(values[None, :], values[:, None])
    return (rows @ levels.T - radius[..., None] * (values - values.min())).max(axis=-1)


def known(game: MarkovGame, radius: np.ndarray, support: np.ndarray | None) -> Known:
    """The arrays of a dense game of common interest."""
    kernel = game.transition / game.transition.sum(axis=-1, keepdims=True)
    shape = kernel.shape[:3]
    stand = np.broadcast_to(np.arange(shape[2]), shape[1:])
    if game.legal is not None:
        stand = stands_for(game.legal, game.n_actions)
    reached = np.zeros(shape[:2], dtype=bool)
    reached[0] = game.initial > 0
    for h in range(shape[0] - 1):
        reached[h + 1] = (kernel[h][reached[h]] > 0).any(axis=(0, 1))
    allowed = np.broadcast_to(True if support is None else support, kernel.shape)
    legal = stand == np.arange(shape[2])
    ranges = game.step_ranges[0]
    certain = allowed.sum(axis=-1) == 1
    return Known(kernel, game.reward[0], game.initial, legal, allowed, radius, ranges, reached, stand, certain)
