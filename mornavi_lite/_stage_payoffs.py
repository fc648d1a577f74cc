"""The highest and the lowest robust stage payoffs that counts allow: a step of every learner. Chapter 5 of the book."""

from __future__ import annotations

import numpy as np

from ._bonus import bonus, log_term_at
from ._counts import Counts, frequencies
from .confidence import ConfidenceSet
from .uncertainty import UncertaintySet


class StagePayoffs:
    """Bounds on stage payoffs from counts, by a confidence set or by a bonus; no argument is checked."""

    def __init__(
        self,
        counts: Counts,
        sets: list[UncertaintySet],
        confidence: str,
        delta: float,
        scale: float,
        min_probability: float | None,
    ) -> None:
        self.counts, self.sets = counts, sets
        self.delta, self.scale, self.min_probability = delta, scale, min_probability
        self.n_rows = counts.visits.size
        self.model = None
        if confidence != "bonus":
            self.model = ConfidenceSet(confidence, counts.n_states, self.n_rows, delta, scale, min_probability)

    def at(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest stage payoffs (S, m, A) of a step, from values (m, S) at the next step."""
        visits = self.counts.visits[step]
        high, low = np.empty((2, self.counts.n_states, len(self.sets), visits.shape[-1]))
        robust = self._by_bonus if self.model is None else self._by_model
        for i, ball in enumerate(self.sets):
            high[:, i], low[:, i] = robust(ball, step, upper[i], lower[i])
            reward = self.counts.reward[i, step]
            high[:, i] += np.where(visits > 0, reward, 1.0)  # a reward that nobody saw may be 1, or 0
            low[:, i] += reward
        return np.minimum(high, self.counts.horizon - step), np.maximum(low, 0.0)

    def _by_model(
        self, ball: UncertaintySet, step: int, upper: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (S, A) around the most optimistic and the most pessimistic kernel."""
        assert self.model is not None
        if step == self.counts.horizon - 1:  # nothing follows, whatever the kernel
            nothing = np.zeros(self.counts.visits.shape[1:])
            return nothing, nothing
        seen = self.counts.transitions[step]
        best = ball.worst_case_unchecked(self.model.optimistic(seen, upper), upper)
        return best, ball.worst_case_unchecked(self.model.pessimistic(seen, lower), lower)

    def _by_bonus(
        self, ball: UncertaintySet, step: int, upper: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (S, A) around the observed frequencies, plus and minus the bonus."""
        visits, horizon = self.counts.visits[step], self.counts.horizon
        rows, log_term = (
            frequencies(self.counts.transitions[step], visits),
            log_term_at(visits, self.n_rows, self.delta),
        )
        width = self.scale * bonus(
            ball, rows, visits, upper, lower, log_term, horizon, self.counts.n_episodes, self.min_probability
        )
        return ball.worst_case_unchecked(rows, upper) + width, ball.worst_case_unchecked(rows, lower) - width
