"""The highest and the lowest robust stage payoffs that counts allow: a step of every learner. Chapter 5 of the book."""

from __future__ import annotations

import numpy as np

from ..confidence import ConfidenceSet, Counts, bonus_unchecked, log_term_at
from ..confidence.counts import frequencies
from ..uncertainty import UncertaintySet


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
        best, worst = (self._by_bonus if self.model is None else self._by_model)(step, upper, lower)
        reward = self.counts.reward[:, step]
        highest = np.where(self.counts.visits[step] > 0, reward, 1.0)  # a reward that nobody saw may be 1, or 0
        high = np.minimum(highest + best, self.counts.horizon - step)
        low = np.maximum(reward + worst, 0.0)
        return high.swapaxes(0, 1), low.swapaxes(0, 1)

    def _by_model(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the most optimistic and the most pessimistic kernel."""
        assert self.model is not None
        seen = self.counts.transitions[step]
        best, worst = np.zeros((2, len(self.sets), *seen.shape[:2]))
        if step == self.counts.horizon - 1:  # nothing follows, whatever the kernel
            return best, worst
        # The pessimistic kernel is the optimistic one of the opposite order; all of them are made at once.
        kernels = self.model.optimistic_unchecked(seen, np.concatenate([upper, -lower]))
        for i, ball in enumerate(self.sets):
            best[i] = ball.worst_case_unchecked(kernels[i], upper[i])
            worst[i] = ball.worst_case_unchecked(kernels[len(self.sets) + i], lower[i])
        return best, worst

    def _by_bonus(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the observed frequencies, plus and minus the bonus."""
        visits, horizon = self.counts.visits[step], self.counts.horizon
        rows = frequencies(self.counts.transitions[step], visits)
        log_term = log_term_at(visits, self.n_rows, self.delta)
        best, worst = np.empty((2, len(self.sets), *visits.shape))
        for i, ball in enumerate(self.sets):
            width = self.scale * bonus_unchecked(
                ball, rows, visits, upper[i], lower[i], log_term, horizon, self.counts.n_episodes, self.min_probability
            )
            best[i] = ball.worst_case_unchecked(rows, upper[i]) + width
            worst[i] = ball.worst_case_unchecked(rows, lower[i]) - width
        return best, worst
