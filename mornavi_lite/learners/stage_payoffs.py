"""The highest and the lowest robust stage payoffs that counts allow: a step of every learner. Chapter 5 of the book."""

from __future__ import annotations

import numpy as np

from ..confidence import ConfidenceSet, Counts, bonus_unchecked, log_term_at
from ..confidence.cells import frequencies
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
        # The means of random rewards are estimated as well, and get half of what may fail.
        self.delta = delta / 2 if counts.rewards == "random" else delta
        self.scale, self.min_probability = scale, min_probability
        self.n_rows = counts.n_cells
        self.model = None
        if confidence != "bonus":
            self.model = ConfidenceSet(confidence, counts.n_states, self.n_rows, self.delta, scale, min_probability)
        least, most = np.moveaxis(counts.step_ranges, -1, 0)
        # What the rest of the game can pay at most, and at least, from each step on, (m, H).
        self.most, self.least = (np.cumsum(each[:, ::-1], axis=1)[:, ::-1, None, None] for each in (most, least))

    def at(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest stage payoffs (S, m, A) of a step, from values (m, S) at the next step."""
        pays = self.counts.reward_bounds(step, self.delta, self.scale)
        # Where a reward depends on the next state, it is part of what each row may lead to: v(s, a, s').
        by_outcome = pays[0].ndim == 4
        if by_outcome:
            upper, lower = pays[0] + upper[:, None, None], pays[1] + lower[:, None, None]
        best, worst = (self._by_bonus if self.model is None else self._by_model)(step, upper, lower)
        if not by_outcome:
            best, worst = pays[0] + best, pays[1] + worst
        high = self.counts.standing(np.minimum(best, self.most[:, step]))
        low = self.counts.standing(np.maximum(worst, self.least[:, step]))
        return high.swapaxes(0, 1), low.swapaxes(0, 1)

    def _by_model(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the most optimistic and the most pessimistic kernel."""
        assert self.model is not None
        seen = self.counts.transitions[step]
        best, worst = np.zeros((2, len(self.sets), *seen.shape[:2]))
        if step == self.counts.horizon - 1 and upper.ndim == 2:  # nothing follows, whatever the kernel
            return best, worst
        # The pessimistic kernel is the optimistic one of the opposite order; all of them are made at once.
        kernels = self.model.optimistic_unchecked(seen, np.concatenate([upper, -lower]))
        for i, ball in enumerate(self._balls(step)):
            best[i] = ball.worst_case_unchecked(kernels[i], upper[i])
            worst[i] = ball.worst_case_unchecked(kernels[len(self.sets) + i], lower[i])
        return best, worst

    def _by_bonus(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the observed frequencies, plus and minus the bonus."""
        visits, horizon = self.counts.visits[step], self.counts.horizon
        rows = frequencies(self.counts.transitions[step], visits)
        log_term = log_term_at(visits, self.n_rows, self.delta)
        best, worst = np.empty((2, len(self.sets), *visits.shape))
        for i, ball in enumerate(self._balls(step)):
            # The shapes of the bonuses are for rewards in [0, 1].
            units = float(np.ptp(self.counts.step_ranges[i], axis=-1).max()) or 1.0
            values = (upper[i] / units, lower[i] / units)
            width = (units * self.scale) * bonus_unchecked(
                ball, rows, visits, *values, log_term, horizon, self.counts.n_episodes, self.min_probability
            )
            best[i] = ball.worst_case_unchecked(rows, upper[i]) + width
            worst[i] = ball.worst_case_unchecked(rows, lower[i]) - width
        return best, worst

    def _balls(self, step: int) -> list[UncertaintySet]:
        """Each player's set with the radius of this step."""
        return [ball.at_step(step, self.counts.visits.shape) for ball in self.sets]
