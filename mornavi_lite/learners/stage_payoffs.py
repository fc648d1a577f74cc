"""The highest and the lowest robust stage payoffs that counts allow: a step of every learner. Chapter 5 of the book."""

from __future__ import annotations

import numpy as np

from ..confidence import ConfidenceSet, Counts, KnownRows, bonus_unchecked, by_rows, log_term_at
from ..confidence.cells import frequencies
from ..uncertainty import UncertaintySet


class StagePayoffs:
    """Bounds on stage payoffs from counts, by a confidence set or by a bonus; only what is stated is checked."""

    def __init__(
        self,
        counts: Counts,
        sets: list[UncertaintySet],
        confidence: str,
        delta: float,
        scale: float,
        min_probability: float | None,
        support: np.ndarray | None = None,
        rows: np.ndarray | str | None = None,
        fail_state: int | None = None,
    ) -> None:
        self.counts, self.sets, self.fail_state = counts, sets, fail_state
        # The means of random rewards are estimated as well, and get half of what may fail.
        self.delta = delta / 2 if counts.rewards == "random" else delta
        self.scale, self.min_probability = scale, min_probability
        # The older forms count every cell, as they always did, unless something is stated.
        every = support is None and rows is None and fail_state is None and not by_rows(confidence)
        starts = None if every else counts.starts
        self.rows = KnownRows(counts, support, rows, fail_state, min_probability, starts)
        self.n_rows = counts.n_cells if every else self.rows.n_rows
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
            if self.fail_state is not None:  # the way into it pays the least, too
                for each in pays:
                    each[..., self.fail_state] = self.counts.step_ranges[:, step, 0, None, None]
            upper, lower = pays[0] + upper[:, None, None], pays[1] + lower[:, None, None]
        best, worst = (self._by_bonus if self.model is None else self._by_model)(step, upper, lower)
        if not by_outcome:
            best, worst = pays[0] + best, pays[1] + worst
        high = self.counts.standing(np.minimum(best, self.most[:, step]))
        low = self.counts.standing(np.maximum(worst, self.least[:, step]))
        if self.fail_state is not None:
            high[:, self.fail_state] = low[:, self.fail_state] = self.least[:, step, 0]
        return high.swapaxes(0, 1), low.swapaxes(0, 1)

    def _by_model(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the most optimistic and the most pessimistic kernel."""
        assert self.model is not None
        seen, possible = self.rows.at(step)
        m = len(self.sets)
        found = np.zeros((2 * m, *seen.shape[:2]))
        if step == self.counts.horizon - 1 and upper.ndim == 2:  # nothing follows, whatever the kernel
            return found[:m], found[m:]
        # The pessimistic kernel is the optimistic one of the opposite order; all of them are made at once.
        values, balls = np.concatenate([upper, -lower]), [*self._balls(step)] * 2
        robust = [g for g, ball in enumerate(balls) if not self._by_mean(ball)]
        if robust:
            kernels = self.model.optimistic_unchecked(seen, values[robust], possible)
            for kernel, g in zip(kernels, robust, strict=True):
                found[g] = balls[g].worst_case_unchecked(kernel, upper[g] if g < m else lower[g - m])
        exact = [g for g, ball in enumerate(balls) if self._by_mean(ball, some=True)]
        if exact:
            means = self.model.highest_means(seen, values[exact], possible)
            for mean, g in zip(means, exact, strict=True):
                plain = np.broadcast_to(np.asarray(balls[g].radius) == 0, mean.shape)
                found[g] = np.where(plain, mean if g < m else -mean, found[g])
        return found[:m], found[m:]

    def _by_mean(self, ball: UncertaintySet, some: bool = False) -> bool:
        """Whether the set is only the nominal kernel, for all rows or for some: then it needs no kernel of tails."""
        assert self.model is not None
        if self.model.form != "row":
            return False
        plain = np.asarray(getattr(ball, "radius", 1.0)) == 0
        return bool(plain.any() if some else plain.all())

    def _by_bonus(self, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Worst cases (m, S, A) around the observed frequencies, plus and minus the bonus."""
        seen, _ = self.rows.at(step)
        visits, horizon = seen.sum(axis=-1), self.counts.horizon
        rows = frequencies(seen, visits)
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
