"""Games in which every output that is right in a given one is wrong: how they are looked for. Chapter 12."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .known import INSIDE, Held, Known, worst_means
from .tilts import nearest_robust

#: Steps of a descent at most; what values cost that no alternative has, in units of what the start costs.
_STEPS, _INFEASIBLE = 25, 1e6
#: Halvings in the search for a start.
_BISECTIONS = 16
#: How often a row is moved further where another level of the ball asks for more, and what is left to rounding.
_REPAIRS, _ROUNDING = 30, 1e-12
#: Newton's steps to the worth that is wanted, after a descent.
_CORRECTIONS = 4


class Search:
    """Values (H + 1, S) that an alternative would have, their price under an allocation, and the alternative itself.

    Reached cells before the last step have a value each; the others follow. ``upwards``: alternatives that are worth
    more than ``wanted`` at the start, in which one joint action of a state suffices; else less, which all have to be.
    """

    def __init__(self, game: Known, wanted: float, upwards: bool) -> None:
        self.game, self.wanted, self.upwards = game, wanted, upwards
        self.free = game.reached.copy()
        self.free[-1] = False
        self.cells = np.argwhere(self.free[..., None] & game.legal)
        h, s, a = self.cells.T
        self.rows, self.within = game.kernel[h, s, a], game.allowed[h, s, a]
        self.paid, self.ball = game.reward[h, s, a], game.radius[h, s, a]
        _, self.begins, self.states, self.sizes = np.unique(
            h * game.shape[1] + s, return_index=True, return_inverse=True, return_counts=True
        )
        self.told = not game.allowed.all()  #: whether alternatives keep to what can follow
        self.bounds = self._bounds()

    def complete(self, chosen: np.ndarray) -> tuple[np.ndarray, list[Held]]:
        """All values (H + 1, S) from those of the free cells, and at each step by what those that are not free are."""
        game, nothing = self.game, np.full(self.game.shape[1], -1)
        value = np.zeros((game.shape[0] + 1, game.shape[1]))
        value[:-1][self.free] = chosen
        held = [Held(nothing, np.zeros(len(nothing)))] * game.shape[0]
        for h in reversed(range(game.shape[0])):
            reached, after = game.reached[h], value[h + 1]
            if h == game.shape[0] - 1:
                own = game.backup(game.kernel[h], game.reward[h], h, after).max(axis=1)
                by = held[h]
            elif self.told:
                own, by = game.within(h, value[h], after, self.upwards)
            else:
                own, by = value[h], held[h]
            rest, unseen = game.unseen(h, after, self.upwards)
            value[h] = np.where(reached, own, rest)
            held[h] = Held(np.where(reached, by.follows, unseen.follows), np.where(reached, by.moved, unseen.moved))
        return value, held

    def price(self, chosen: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Information per episode under an allocation (H, S, A), and its gradient by the free cells' values."""
        value, held = self.complete(chosen)
        h, s, a = self.cells.T
        target, share = value[h, s] - self.paid, weights[h, s, a]
        cost, slope, _, worst = nearest_robust(self.rows, value[h + 1], target, self.within, self.ball, self.upwards)
        possible = np.isfinite(cost)
        price = np.where(possible, share * np.where(possible, cost, 0.0), np.inf)
        used = self._cheapest(price) if self.upwards else np.arange(len(price))
        total = float(price[used].sum())
        if not np.isfinite(total):
            return np.inf, np.zeros_like(chosen)
        gradient = np.zeros_like(value)
        force = share[used] * slope[used]
        np.add.at(gradient, (h[used], s[used]), force)
        np.add.at(gradient, h[used] + 1, -force[:, None] * worst[used])
        return total, self._passed_on(gradient, value, held)

    def _cheapest(self, price: np.ndarray) -> np.ndarray:
        """The first joint action of each state that has the least price."""
        least = np.repeat(np.minimum.reduceat(price, self.begins), self.sizes)
        hits = np.flatnonzero(price <= least)
        return hits[np.unique(self.states[hits], return_index=True)[1]]

    def _passed_on(self, gradient: np.ndarray, value: np.ndarray, held: list[Held]) -> np.ndarray:
        """The gradient by the free cells' values: what is not free is worth what follows it."""
        for h, by in enumerate(held[:-1]):
            fixed = by.follows >= 0
            force, moved = np.where(fixed, gradient[h], 0.0), by.moved
            if force.any():
                np.add.at(gradient[h + 1], by.follows[fixed], ((1 - moved) * force)[fixed])
                gradient[h + 1][value[h + 1].argmin()] += (moved * force).sum()
                gradient[h][fixed] = 0
        return gradient[:-1][self.free]

    def off(self, chosen: np.ndarray) -> tuple[float, np.ndarray]:
        """By how much the start is worth more than is wanted, and the gradient of that."""
        value, held = self.complete(chosen)
        gradient = np.zeros_like(value)
        gradient[0] = self.game.initial
        return float(value[0] @ self.game.initial - self.wanted), self._passed_on(gradient, value, held)

    def descend(self, start: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Values of the free cells near ``start`` at which the price has a local minimum, or which are cheaper."""
        from scipy import optimize

        scale = max(self.price(start, weights)[0], 1e-300)

        def price(chosen: np.ndarray) -> tuple[float, np.ndarray]:
            cost, gradient = self.price(chosen, weights)
            return (cost / scale if np.isfinite(cost) else _INFEASIBLE), gradient / scale

        constraint = {"type": "eq", "fun": lambda x: self.off(x)[0], "jac": lambda x: self.off(x)[1]}
        options = {"maxiter": _STEPS, "ftol": 1e-6}
        start = np.clip(start, *self.bounds)
        bounds = np.column_stack(self.bounds)
        found = optimize.minimize(
            price, start, method="SLSQP", bounds=bounds, constraints=[constraint], options=options, jac=True
        ).x
        for _ in range(_CORRECTIONS):  # it ends where the start is off by a little
            off, gradient = self.off(found)
            found = np.clip(found - off * gradient / max(gradient @ gradient, 1e-300), *self.bounds)
        return np.asarray(found)

    @property
    def furthest(self) -> float:
        """What the start is worth at most, or at least, whatever the kernel."""
        return float(self.game.initial[self.free[0]] @ self.bounds[int(self.upwards)][: self.free[0].sum()])

    @property
    def possible(self) -> bool:
        """Whether some kernel could make the start worth what is wanted."""
        own = float(self.game.initial[self.free[0]] @ self.bounds[int(not self.upwards)][: self.free[0].sum()])
        return min(own, self.furthest) <= self.wanted <= max(own, self.furthest)

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Between the game's own values and what other kernels could make of them."""
        game, free = self.game, self.free
        own = game.values(game.kernel, game.reward)
        end = np.zeros_like(own)
        for h in reversed(range(game.shape[0])):
            worth = game.ends(h, end[h + 1], self.upwards)[0]
            reached = np.where(game.legal, game.reward[h] + worth, -np.inf).max(axis=1)
            end[h] = np.where(game.reached[h], reached, game.unseen(h, end[h + 1], self.upwards)[0])
        if self.upwards:
            return own[:-1][free], np.maximum(end - INSIDE, own)[:-1][free]
        return np.minimum(end + INSIDE, own)[:-1][free], own[:-1][free]

    def first_values(self) -> Iterator[np.ndarray]:
        """Where to begin: values of the free cells, most of them worth about what is wanted at the start."""
        for pattern in self._patterns():
            low, high = 0.0, 1.0
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2
                worth = self._moved(pattern * middle)[0] @ self.game.initial
                enough = worth >= self.wanted if self.upwards else worth <= self.wanted
                low, high = (low, middle) if enough else (middle, high)
            yield self._moved(pattern * high)[:-1][self.free]
        if not self.upwards:
            yield from self._lowered()

    def _patterns(self) -> Iterator[np.ndarray]:
        """On which rows mass moves to the best, or worst, next state: all, those of a step, upwards mostly one."""
        shape = self.game.shape
        yield np.ones(shape)
        for h in range(shape[0] - 1):
            yield np.ones(shape) * (np.arange(shape[0]) == h)[:, None, None]
        for h, s, a in self.cells if self.upwards else []:
            pattern = np.full(shape, 0.05)
            pattern[h, s, a] = 1
            yield pattern

    def _moved(self, share: np.ndarray) -> np.ndarray:
        """Best values where each row has moved this share (H, S, A) of its mass."""
        game = self.game
        value = np.zeros((game.shape[0] + 1, game.shape[1]))
        for h in reversed(range(game.shape[0])):
            after = value[h + 1]
            worth = game.unseen(h, after, self.upwards)[0]
            best = game.ends(h, after, self.upwards)[1]
            kernel = game.kernel[h] * (1 - share[h])[..., None]
            np.add.at(kernel.reshape(-1, len(after)), (np.arange(best.size), best.ravel()), share[h].ravel())
            stays = game.backup(kernel, game.reward[h], h, after).max(axis=1)
            value[h] = np.where(game.reached[h], stays, worth)
        return value

    def _lowered(self) -> Iterator[np.ndarray]:
        """The difference taken off at one step, or spread over the steps in several ways."""
        game = self.game
        value = game.values(game.kernel, game.reward)
        less = value[0] @ game.initial - self.wanted
        steps, last = np.arange(game.shape[0] + 1), max(game.shape[0] - 1, 1)
        shapes = [(steps < k).astype(float) for k in range(1, game.shape[0])]
        shapes += [(1 - steps / last).clip(0) ** power for power in (0.5, 1, 2, 4)]
        for shape in shapes:
            yield (value - shape[:, None] * less)[:-1][self.free]
            yield (value * (1 - shape[:, None] * less / max(value[0] @ game.initial, 1e-9)))[:-1][self.free]

    def build(self, chosen: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Kernel (H, S, A, S) and rewards (H, S, A) of the alternative with these values; None where there is none."""
        game, value = self.game, self.complete(chosen)[0]
        kernel, reward = game.kernel.copy(), game.reward.copy()
        after = np.zeros(game.shape[1])
        for h in reversed(range(game.shape[0])):
            rest = ~game.reached[h]
            kernel[h][rest] = np.eye(game.shape[1])[game.ends(h, after, self.upwards)[1][rest]]
            reward[h][rest] = game.ranges[h, 1 if self.upwards else 0]
            if self.told:  # by what really follows, to the last digit
                value[h] = game.within(h, value[h], after, self.upwards)[0]
            for s in np.flatnonzero(game.reached[h]) if h < game.shape[0] - 1 else []:
                if not self._change(kernel[h, s], h, int(s), after, float(value[h, s]), weights[h, s]):
                    return None
            after = game.backup(kernel[h], reward[h], h, after).max(axis=1)
        stand = game.stand[None, :, :]
        return (
            np.take_along_axis(kernel, stand[..., None], axis=2),
            np.take_along_axis(reward, stand, axis=2),
        )

    def _change(self, kernel: np.ndarray, h: int, s: int, after: np.ndarray, value: float, weights: np.ndarray) -> bool:
        """Change rows (A, S) of a state so that its value is at least, or at most, the one that is wanted."""
        game = self.game
        legal = np.flatnonzero(game.legal[s])
        rows, ball = (kernel[legal], game.allowed[h, s, legal]), game.radius[h, s, legal]
        values = np.broadcast_to(after, rows[0].shape)
        wanted = value - game.reward[h, s, legal]
        target = wanted.copy()
        for _ in range(_REPAIRS):
            cost, _, found, _ = nearest_robust(rows[0], values, target, rows[1], ball, self.upwards)
            possible = np.isfinite(cost)
            if self.upwards:
                price = np.where(possible, weights[legal] * np.where(possible, cost, 0.0), np.inf)
                best = int(price.argmin())
                kernel[legal[best]] = found[best]
                return bool(possible[best])
            if not possible.all():
                return False
            over = worst_means(found, after, ball) - wanted
            if (over <= _ROUNDING).all():
                kernel[legal] = found
                return True
            target -= np.where(over > _ROUNDING, over, 0.0)
        return False
