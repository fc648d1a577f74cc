"""The highest and the lowest robust stage payoffs that counts of a linear game allow. Chapter 13 of the book."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..uncertainty import (
    ChiSquare,
    Contamination,
    KullbackLeibler,
    Nominal,
    TotalVariation,
    UncertaintySet,
    sets_per_player,
)
from .backup import set_at
from .counted import CountedBounds
from .counts import FeatureCounts, gram_of, sums_of
from .cover import Cover, level_after
from .ridge import RidgeBounds

if TYPE_CHECKING:
    from .learner import LinearMornavi

#: Sets whose worst case is convex in the row, by the joint convexity of their divergences.
_CONVEX = (Nominal, TotalVariation, KullbackLeibler, ChiSquare, Contamination)
#: Rows are bounded in pieces of about this many numbers.
_PIECE = 2**22


class LinearPayoffs:
    """Bounds on stage payoffs from counts; nothing is checked."""

    def __init__(self, learner: LinearMornavi, counts: Any, by_rule: bool) -> None:
        self.learner, self.weights = learner, learner.weights
        horizon, n_states, _, d = self.weights.shape
        m = len(learner.reward)
        self.cover = Cover((horizon, n_states, m, d), level_after(counts.n_episodes), by_rule)
        self.starts = np.ones(n_states, dtype=bool) if counts.starts is None else counts.starts
        shape = (horizon, d)
        balls = sets_per_player(learner.uncertainty, m)
        self.balls = [[set_at(ball, h, shape) for ball in balls] for h in range(horizon)]
        least, most = learner.reward.min(axis=(2, 3)), learner.reward.max(axis=(2, 3))
        # What follows a step can be worth at least and at most, (m, H).
        self.least, self.most = (np.cumsum(each[:, ::-1], axis=1)[:, ::-1] - each for each in (least, most))
        known = isinstance(counts, FeatureCounts)
        sums = counts.sums if known else sums_of(self.weights, counts.transitions)
        steps = range(horizon - 1)
        self.counted: list[CountedBounds] = []
        self.ridge: list[RidgeBounds] = []
        if learner.one_hot:
            log_rows = math.log(self._n_factors() / learner.delta)
            self.counted = [CountedBounds(sums[h], log_rows, learner.scale) for h in steps]
        else:
            gram = gram_of(self.weights, counts.visits)
            self.ridge = [RidgeBounds(sums[h], gram[h], learner.ridge, learner.scale) for h in steps]

    def _n_factors(self) -> int:
        """Factors of all steps that any bound depends on: those of the last step, and of no start, do not matter."""
        used = [self.weights[h][self.starts if h == 0 else slice(None)] for h in range(len(self.weights) - 1)]
        return max(1, sum(int(each.any(axis=(0, 1)).sum()) for each in used))

    def at(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest stage payoffs (S, m, A) of a step, from values (m, S) at the next step."""
        reward = self.learner.reward[:, step]
        if step == len(self.weights) - 1:
            return reward.swapaxes(0, 1), reward.swapaxes(0, 1)
        found = []
        for i, ball in enumerate(self.balls[step]):
            both = []
            for up, value in ((True, upper[i]), (False, lower[i])):
                kernels = self._factors(step, value if up else -value)
                numbers = ball.worst_case_unchecked(kernels, value)
                if self.cover.rounds(step):
                    ends = float(self.least[i, step]), float(self.most[i, step])
                    numbers = self.cover.rounded(numbers, *ends, up)
                both.append(reward[i] + self.weights[step] @ numbers)
            if self.ridge and not self.cover.rounds(step) and type(ball) in _CONVEX:
                self._by_rows(step, ball, upper[i], lower[i], reward[i], both)
            found.append(both)
        high, low = (np.stack(each, axis=1) for each in zip(*found, strict=True))
        return high, low

    def _factors(self, step: int, value: np.ndarray) -> np.ndarray:
        """Optimistic factors (d, S) in the order of values."""
        if self.counted:
            by_values = self.cover.log_term(step) if self.cover.of_values(step) else None
            return self.counted[step].kernels(value, by_values)
        return self.ridge[step].kernels(np.eye(self.weights.shape[-1]), value, self._log_term(step))

    def _log_term(self, step: int) -> float:
        return self.cover.log_term(step) + math.log((len(self.weights) - 1) / self.learner.delta)

    def _by_rows(
        self,
        step: int,
        ball: UncertaintySet,
        upper: np.ndarray,
        lower: np.ndarray,
        reward: np.ndarray,
        both: list[np.ndarray],
    ) -> None:
        """Tighten payoffs (S, A) by what is known of rows, where factors alone are not identified.

        The worst case is convex in the row. So what factors promise is at least the worst case around their mixture,
        and at most the mean, under the mixture, of the worst cases around its corners, the states:
        :eq:`rows-and-corners`.
        """
        radius = np.asarray(ball.radius)
        narrow, wide = ball, ball
        if radius.ndim:
            narrow, wide = ball.with_radius(float(radius.min())), ball.with_radius(float(radius.max()))
        corners = narrow.worst_case_unchecked(np.eye(len(upper)), upper)
        states = np.flatnonzero(self.starts) if step == 0 else np.arange(len(upper))
        size = max(1, _PIECE // (len(upper) * reward.shape[1]))
        high, low = both
        for piece in (states[start : start + size] for start in range(0, len(states), size)):
            features = self.weights[step, piece]
            rows = features.reshape(-1, features.shape[-1])
            best = self.ridge[step].kernels(rows, upper, self._log_term(step)) @ corners
            kernels = self.ridge[step].kernels(rows, -lower, self._log_term(step))
            worst = wide.worst_case_unchecked(kernels, lower)
            high[piece] = np.minimum(high[piece], reward[piece] + best.reshape(len(piece), -1))
            low[piece] = np.maximum(low[piece], reward[piece] + worst.reshape(len(piece), -1))
