"""The highest and the lowest robust stage payoffs that counts allow: a step of every learner. Chapter 5 of the book."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..confidence import ConfidenceSet, Counts, KnownRows, bonus_unchecked, by_rows, log_term_at
from ..confidence.cells import frequencies
from ..uncertainty import Nominal, UncertaintySet, worst_cases_of
from .outcomes import Outcomes, Pays, outcomes
from .plan import AtStart


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
        self.n_rows = (counts.n_cells if every else self.rows.n_rows) + (counts.start_row is not None)
        self.model = None
        if confidence != "bonus":
            self.model = ConfidenceSet(confidence, counts.n_states, self.n_rows, self.delta, scale, min_probability)
        least, most = np.moveaxis(counts.step_ranges, -1, 0)
        # What the rest of the game can pay at most, and at least, from each step on, (m, H).
        self.most, self.least = (np.cumsum(each[:, ::-1], axis=1)[:, ::-1, None, None] for each in (most, least))

    def at(self, step: int, upper: np.ndarray, lower: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest stage payoffs (S, m, A) of a step, from values (m, S) at the next step.

        Without ``lower`` only the highest are found, and returned as both.
        """
        m, values, signs = len(upper), upper, np.ones(len(upper))
        bounds = self.counts.reward_bounds(step, self.delta, self.scale)
        if lower is not None:
            values, signs = np.concatenate([upper, lower]), np.repeat([1.0, -1.0], m)
        own = np.concatenate(bounds)[: len(values)]
        # Where a reward depends on the next state, it is part of what each row may lead to: v(s, a, s').
        pays, ranges = None, self.counts.step_ranges[:, step]
        if own.ndim == 4:
            unseen, least = ranges[:, ::-1].T.ravel(), np.tile(ranges[:, 0], 2)
            pays = Pays(own, unseen[: len(own)], self.fail_state, least[: len(own)])
        found: Any = 0.0  # where nothing follows
        if self.model is None or pays is not None or step < self.counts.horizon - 1:
            next_step = outcomes(self.rows, step, values, signs, self.model, pays)
            found = (self._by_bonus if self.model is None else self._by_model)(step, next_step, signs)
        found = found if pays is not None else own + found
        high = self._bounded(np.minimum(found[:m], self.most[:, step]), step)
        return high, high if lower is None else self._bounded(np.maximum(found[m:], self.least[:, step]), step)

    def _bounded(self, payoffs: np.ndarray, step: int) -> np.ndarray:
        """Stage payoffs (S, m, A) from payoffs (m, S, A), those of illegal actions and of the fail state put right."""
        payoffs = self.counts.standing(payoffs)
        if self.fail_state is not None:
            payoffs[:, self.fail_state] = self.least[:, step, 0]
        return payoffs.swapaxes(0, 1)

    def start(self, upper: np.ndarray, lower: np.ndarray) -> AtStart:
        """Bounds at the start, a row of which counts know how often it led where, from values (m, S) at step 0.

        By the event of the confidence set the true start is in the row's set M, together with all rows of the kernel.
        So a value there is at most the largest mean of ``upper`` over M and at least the smallest of ``lower``; and a
        gap, the mean of what a deviation gains at each state, is at most the largest mean over M of ``upper - lower``:
        one start has to be bad for both.
        """
        seen, starts = self.counts.start_row, self.counts.starts
        assert seen is not None
        if self.model is None:
            rows, visits = frequencies(seen, seen.sum())[None], np.array([seen.sum()])
            term = log_term_at(visits, self.n_rows, self.delta)
            own = [self._bonus(i, Nominal(), rows, visits, upper, lower, term) for i in range(len(upper))]
            width = np.where(visits > 0, np.concatenate(own), np.inf)
            high = np.minimum(upper @ rows[0] + width, upper.max(axis=-1))
            low = np.maximum(lower @ rows[0] - width, lower.min(axis=-1))
            return AtStart(high, low, float((high - low).max()))
        # Nothing was stated of the start but where it can be: other assumptions are about the kernel.
        row = ConfidenceSet(self.model.tail, self.counts.n_states, self.n_rows, self.delta, self.scale)
        vectors = np.concatenate([upper, -lower, upper - lower])
        means = row.highest_means(seen[None], vectors, None if starts is None else starts[None])
        high, low, width = means.reshape(3, -1) * np.array([[1.0], [-1.0], [1.0]])
        return AtStart(high, low, float(np.minimum(width, high - low).max()))

    def _by_model(self, step: int, after: Outcomes, signs: np.ndarray) -> np.ndarray:
        """Worst cases (G, S, A) around the most optimistic and the most pessimistic kernels."""
        assert self.model is not None
        found = np.zeros((len(signs), *after.seen.shape[:2]))
        # The pessimistic kernel is the optimistic one of the opposite order; all of them are made at once.
        balls = (self._balls(step) * 2)[: len(signs)]
        ordered = signs.reshape(-1, *(1,) * (after.values.ndim - 1)) * after.values
        # A set that is only the nominal kernel needs no kernel of tails; some rows may have such a set, and others not.
        plain = [self.model.form == "row" and np.asarray(ball.radius) == 0 for ball in balls]
        robust = [g for g, each in enumerate(plain) if not np.all(each)]
        if robust:
            some: Any = slice(None) if len(robust) == len(balls) else robust
            places, floor = (None if each is None else each[some] for each in (after.places, after.floor))
            kernels = self.model.optimistic_unchecked(after.seen, ordered[some], after.possible, places)
            found[some] = worst_cases_of([balls[g] for g in robust], kernels, after.values[some], floor)
        exact = [g for g, each in enumerate(plain) if np.any(each)]
        if exact:
            means = self.model.highest_means(after.seen, ordered[exact], after.possible)
            for mean, g in zip(means, exact, strict=True):
                found[g] = np.where(plain[g], signs[g] * mean, found[g])
        return found

    def _by_bonus(self, step: int, after: Outcomes, signs: np.ndarray) -> np.ndarray:
        """Worst cases (G, S, A) around the observed frequencies, plus and minus the bonus."""
        visits, m = after.seen.sum(axis=-1), len(self.sets)
        rows = frequencies(after.seen, visits)
        log_term = log_term_at(visits, self.n_rows, self.delta)
        found, (upper, lower) = np.empty((len(signs), *visits.shape)), np.split(after.values, 2)
        for i, ball in enumerate(self._balls(step)):
            width = self._bonus(i, ball, rows, visits, upper, lower, log_term)
            found[i] = ball.worst_case_unchecked(rows, upper[i]) + width
            found[m + i] = ball.worst_case_unchecked(rows, lower[i]) - width
        return found

    def _bonus(
        self,
        player: int,
        ball: UncertaintySet,
        rows: np.ndarray,
        visits: np.ndarray,
        upper: np.ndarray,
        lower: np.ndarray,
        log_term: np.ndarray,
    ) -> np.ndarray:
        """Bonuses of rows, in the units of the player's rewards: the shapes are for rewards in [0, 1]."""
        units = float(np.ptp(self.counts.step_ranges[player], axis=-1).max()) or 1.0
        values = (upper[player] / units, lower[player] / units)
        horizon, n_episodes = self.counts.horizon, self.counts.n_episodes
        return (units * self.scale) * bonus_unchecked(
            ball, rows, visits, *values, log_term, horizon, n_episodes, self.min_probability
        )

    def _balls(self, step: int) -> list[UncertaintySet]:
        """Each player's set with the radius of this step."""
        return [ball.at_step(step, self.counts.visits.shape) for ball in self.sets]
