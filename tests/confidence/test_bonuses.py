"""Bonuses: their formulas, in loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, TotalVariation
from mornavi_lite.confidence import BONUS_CONSTANTS, bonus, bonus_unchecked, log_term_at
from mornavi_lite.uncertainty import UncertaintySet
from tests.confidence.test_sets import SETS
from tests.uncertainty.references import random_rows

# Bonuses


def bonus_in_loops(
    ball: UncertaintySet,
    p: np.ndarray,
    visits: int,
    upper: np.ndarray,
    lower: np.ndarray,
    term: float,
    horizon: int,
    episodes: int,
    least: float | None,
) -> float:
    """The formulas of chapter 4, one row at a time."""
    states, times = range(len(p)), max(visits, 1)
    if isinstance(ball, KullbackLeibler) and ball.radius > 0:
        rarest = min(p[s] for s in states if p[s] > 0) if least is None else least
        return BONUS_CONSTANTS["KL"] * horizon / ball.radius * math.sqrt(term / (times * rarest)) + episodes**-0.5
    middle = [(upper[s] + lower[s]) / 2 for s in states]
    mean = sum(p[s] * middle[s] for s in states)
    variance = sum(p[s] * (middle[s] - mean) ** 2 for s in states)
    found = math.sqrt(BONUS_CONSTANTS["variance"] * term * variance / times)
    found += BONUS_CONSTANTS["lower order"] * horizon**2 * len(p) * term / times + episodes**-0.5
    if isinstance(ball, ChiSquare) and ball.radius > 0:
        return found + BONUS_CONSTANTS["chi-square"] * horizon * math.sqrt(ball.radius * term / times)
    return found + 2 * sum(p[s] * (upper[s] - lower[s]) for s in states) / horizon


@pytest.mark.parametrize("ball", [*SETS, KullbackLeibler(0.0), ChiSquare(0.0)], ids=repr)
def test_bonuses_are_their_formulas(ball: UncertaintySet) -> None:
    rng = np.random.default_rng(6)
    rows, _ = random_rows(rng, 12, 5)
    visits = np.array([0, 1, 3, 10**2, 10**4, 10**8] * 2)
    lower = rng.random(5)
    upper, term = lower + rng.random(5), log_term_at(visits, 84, 0.05)
    for least, episodes in ((None, 0), (0.01, 7), (0.01, 10**12)):
        found = bonus(
            ball, rows.reshape(3, 4, 5), visits.reshape(3, 4), upper, lower, term.reshape(3, 4), 6, episodes, least
        )
        expected = [
            bonus_in_loops(ball, p, int(n), upper, lower, float(t), 6, max(episodes, 1), least)
            for p, n, t in zip(rows, visits, term, strict=True)
        ]
        np.testing.assert_allclose(found, np.reshape(expected, (3, 4)), rtol=1e-12)


def test_each_row_may_have_values_and_a_radius_of_its_own() -> None:
    """What inner loops ask for; a radius of 0 among others is the plain bonus."""
    rng = np.random.default_rng(8)
    rows, _ = random_rows(rng, 12, 5)
    rows = rows.reshape(3, 4, 5)
    visits, radius = rng.integers(0, 50, size=(3, 4)), rng.choice([0.0, 0.2, 0.5], size=(3, 4))
    lower, term = rng.random((3, 4, 5)), log_term_at(visits, 84, 0.05)
    upper = lower + rng.random((3, 4, 5))
    for make in (TotalVariation, KullbackLeibler, ChiSquare):
        found = bonus_unchecked(make(radius), rows, visits, upper, lower, term, 6, 9, None)
        for k in np.ndindex(3, 4):
            ball = make(float(radius[k]))
            wanted = bonus_in_loops(ball, rows[k], int(visits[k]), upper[k], lower[k], float(term[k]), 6, 9, None)
            assert found[k] == pytest.approx(wanted, rel=1e-12)
        flat = (each[1] for each in (rows, visits, upper, lower, term))
        again = bonus_unchecked(make(radius[1]), *flat, 6, 9, None)
        np.testing.assert_allclose(again, found[1], rtol=1e-14)


def test_the_constants_of_the_bonuses_are_read_when_used(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, wide = np.full(4, 0.25), np.arange(4.0)
    for ball, name in (
        (TotalVariation(0.1), "variance"),
        (TotalVariation(0.1), "lower order"),
        (KullbackLeibler(0.1), "KL"),
        (ChiSquare(0.1), "chi-square"),
    ):
        before = bonus(ball, rows, 100, wide, wide, 10.0, 3, 1)
        with monkeypatch.context() as patch:
            patch.setitem(BONUS_CONSTANTS, name, 5 * BONUS_CONSTANTS[name])
            assert bonus(ball, rows, 100, wide, wide, 10.0, 3, 1) > before * 1.01


def test_no_bonus_is_known_for_a_set_of_your_own() -> None:
    class Mine(UncertaintySet):
        radius = 0.1

    with pytest.raises(TypeError, match="no bonus is known for Mine"):
        bonus(Mine(), np.full(2, 0.5), 3, np.ones(2), np.zeros(2), 1.0, 2, 3)


FINE = {
    "ball": TotalVariation(0.1),
    "rows": [[0.5, 0.5], [1.0, 0.0]],
    "visits": [3, 9],
    "upper": [2.0, 1.0],
    "lower": [0.0, 1.0],
    "log_term": 4.0,
    "horizon": 3,
    "n_episodes": 12,
    "min_probability": 0.5,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ball": 0.1}, "ball must be an uncertainty set, got float 0.1"),
        ({"rows": [[0.5, 0.4], [1, 0]]}, r"rows\[0\] must sum to 1, got 0.9"),
        ({"visits": [3, -9]}, r"visits\[1\] must not be negative, got -9"),
        ({"visits": [3.0, 9.0]}, "visits must be an array of integers, got list"),
        (
            {"visits": [1, 2, 3]},
            r"rows and visits and log_term must broadcast .* got shapes \(2,\) and \(3,\) and \(\)",
        ),
        ({"upper": [1.0]}, r"upper must have shape \(S,\) = \(2,\), got \(1,\)"),
        ({"upper": [np.nan, 1.0]}, r"upper\[0\] must be finite, got nan"),
        ({"lower": [1.0, np.inf]}, r"lower\[1\] must be finite, got inf"),
        ({"log_term": [-1.0, 1.0]}, r"log_term\[0\] must be at least 0, got -1.0"),
        ({"horizon": 0}, "horizon must be at least 1, got 0"),
        ({"n_episodes": -1}, "n_episodes must be at least 0, got -1"),
        ({"min_probability": 0}, "min_probability must be above 0, or None, got 0"),
    ],
)
def test_arguments_of_a_bonus_are_checked(change: dict[str, Any], message: str) -> None:
    assert bonus(**FINE).shape == (2,)
    with pytest.raises((ValueError, TypeError), match=message):
        bonus(**{**FINE, **change})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, -1], 5, 0.05), r"visits\[1\] must not be negative, got -1"),
        ((1.0, 5, 0.05), "visits must be an array of integers"),
        ((1, 0, 0.05), "n_rows must be at least 1, got 0"),
        ((1, 5, 1.0), "delta must be between 0 and 1"),
    ],
)
def test_arguments_of_the_log_term_are_checked(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        log_term_at(*arguments)


@pytest.mark.parametrize("radius", [5e-324, 1e-300])
def test_a_bonus_of_a_denormal_radius_is_beyond_every_range_without_a_warning(radius: float) -> None:
    found = bonus(**{**FINE, "ball": KullbackLeibler(radius)})
    assert (np.isfinite(found) & (found > 1e280)).all()
