"""The highest mean over a KL ball around counts: the kernel that attains it, the dual for any level, one coin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mornavi_lite.confidence import chernoff, highest_mean, kl_ball


def attained(t: np.ndarray, b: float, v: np.ndarray, best: float) -> tuple[float, float]:
    """Mean of a row proportional to t / (y - v), with y by bisection, and the divergence that it spends."""
    seen = t > 0
    under = best - v[seen]

    def spent(gap: float) -> float:
        level = under + gap
        return float(t[seen] @ np.log(level) + np.log((t[seen] / level).sum()))

    low, high = -700.0, 40.0
    if under.min() > 0 and spent(0.0) <= b:
        weights, kept = t[seen] / under, math.exp(spent(0.0) - b)
    else:
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if spent(math.exp(middle)) > b else (low, middle)
        weights, kept = t[seen] / (under + math.exp(high)), 1.0
    row = kept * weights / weights.sum()
    return float(row @ v[seen] + (1 - kept) * best), float(t[seen] @ np.log(t[seen] / row))


def random_row(rng: np.random.Generator, most: float) -> tuple[np.ndarray, float, np.ndarray, float]:
    """Counts, a budget, values with ties, and the best value: seen, or not seen, or of no state of the row's own."""
    k = int(rng.integers(1, 7))
    p = rng.dirichlet(np.full(k, 0.3))
    p[rng.random(k) < 0.3] = 0
    p = p / p.sum() if p.sum() else np.full(k, 1 / k)
    seen, value = rng.multinomial(int(10 ** rng.uniform(0, most)), p), rng.random(k) * rng.choice([1.0, 5.0])
    if rng.random() < 0.3:
        value = np.round(value, 1)
    best = float(value.max() + (rng.random() if rng.random() < 0.4 else 0.0))
    return seen, float(rng.uniform(0.1, 60)), value, best


def test_the_bound_is_attained_inside_the_ball() -> None:
    """Primal equals dual: a row that spends no more than the budget has that mean."""
    rng, kinds = np.random.default_rng(0), set()
    for _ in range(1500):
        seen, budget, value, best = random_row(rng, 5)
        frequency = seen / seen.sum()
        found = float(highest_mean(seen, np.array(budget), value, np.array(best)))
        if (value[seen > 0] == best).all():
            assert found == best
            continue
        mean, spent = attained(frequency, budget / seen.sum(), value, best)
        assert spent <= budget / seen.sum() * (1 + 1e-9) + 1e-14
        assert found == pytest.approx(mean, abs=1e-10) and found <= best
        kinds.add((best in value[seen > 0], abs(found - best) < 1e-9))
    assert len(kinds) == 4


@pytest.mark.parametrize("most", [4, 15])
def test_no_level_gives_a_smaller_bound(most: float) -> None:
    """y - exp(sum t log(y - v) - b) is a bound for every y above the best value; ours is the smallest of them."""
    rng = np.random.default_rng(1)
    for _ in range(400):
        seen, budget, value, best = random_row(rng, most)
        t, b = seen / seen.sum(), budget / seen.sum()
        found = float(highest_mean(seen, np.array(budget), value, np.array(best)))
        mean = float(t @ value)
        assert mean - 1e-14 <= found <= best
        for gap in np.exp(rng.uniform(-20, 18, 40)):
            distance = best + gap - mean  # in the form that keeps its digits
            inside = t[t > 0] @ np.log1p((mean - value[t > 0]) / distance)
            assert found <= mean - distance * math.expm1(inside - b) + 1e-12


def test_at_the_root_the_divergence_is_what_may_be_spent() -> None:
    """Of all rows for which it is a root at all, with a best value that was seen, or not, or hardly differs."""
    rng = np.random.default_rng(6)
    for k, density in ((2, 0.05), (3, 0.3), (6, 2.0)):
        visits = (10 ** rng.uniform(0, 5, 300)).astype(np.int64)
        t = np.array([rng.multinomial(n, rng.dirichlet(np.full(k, density))) / n for n in visits]).T
        v = rng.random(t.shape)
        best = np.where(t > 0, v, -1).max(axis=0) + np.where(rng.random(300) < 0.5, 10 ** rng.uniform(-12, 0, 300), 0)
        v = np.minimum(v, best)
        mean = (t * v).sum(axis=0)
        below = np.where(t > 0, mean - v, 0.0)
        row = kl_ball._Row(t, below, below * t, np.where(t > 0, best - v, 1.0), best - mean)
        row = row.of(np.flatnonzero(best - mean > 1e-14 * best))
        visits = visits[best - mean > 1e-14 * best]
        steepest = row.at(np.full(len(visits), np.inf))[2]
        for budget in (0.1, 5.0, 60.0, 300.0):
            b = budget / visits
            going = np.flatnonzero((steepest > b) | (row.under == 0).any(axis=0))
            z = kl_ball._root(row.of(going), b[going])
            assert len(going) > 5 and (z > 0).all()
            np.testing.assert_allclose(row.of(going).at(z)[2], b[going], rtol=1e-8)


def test_few_steps_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's method on the square root, which is nearly straight: six steps give what sixty do."""
    rng = np.random.default_rng(4)
    rows = [random_row(rng, most) for most in (2, 5, 12) for _ in range(150)]
    every = [float(highest_mean(seen, np.array(b), value, np.array(best))) for seen, b, value, best in rows]
    monkeypatch.setattr(kl_ball, "_MOST_STEPS", 6)
    few = [float(highest_mean(seen, np.array(b), value, np.array(best))) for seen, b, value, best in rows]
    np.testing.assert_allclose(few, every, rtol=0, atol=1e-12)


def test_no_member_has_a_higher_mean() -> None:
    rng = np.random.default_rng(2)
    closest = math.inf
    for _ in range(200):
        seen, budget, value, best = random_row(rng, 4)
        all_values, t = np.append(value, best), np.append(seen, 0) / seen.sum()
        part = rng.random((300, 1)) ** 4
        rows = (1 - part) * t + part * rng.dirichlet(np.full(len(t), 0.4), size=300)
        with np.errstate(divide="ignore", invalid="ignore"):
            spent = np.where(t > 0, t * np.log(t / rows), 0.0).sum(axis=1) * seen.sum()
        found = float(highest_mean(seen, np.array(budget), value, np.array(best)))
        means = rows[spent <= budget] @ all_values
        assert (means <= found + 1e-12).all()
        closest = min(closest, (found - means).min(initial=math.inf))
    assert closest < 0.01


def test_a_coin_has_the_bound_of_chernoff() -> None:
    visits = np.repeat([1, 7, 300, 10**6, 10**12, 10**15], 5)
    ones = (visits * np.tile([0.0, 0.001, 0.4, 0.999, 1.0], 6)).astype(np.int64)
    for budget in (0.5, 12.0, 60.0):
        spent = np.full(len(visits), budget)
        coin = chernoff(ones / visits, visits, spent)
        found = highest_mean(np.stack([visits - ones, ones], axis=1), spent, np.array([-2.0, 3.0]), np.array(3.0))
        np.testing.assert_allclose((found + 2) / 5, coin, rtol=1e-11, atol=1e-14)
        rise = (found + 2) / 5 - ones / visits
        assert (rise[visits > 1] <= 1.001 * (coin - ones / visits)[visits > 1] + 1e-15).all()


def test_shapes_values_of_each_row_and_rows_without_visits() -> None:
    rng = np.random.default_rng(3)
    seen = rng.multinomial(50, [0.5, 0.5, 0, 0], size=(3, 4))
    seen[1, 2] = 0
    value, budget, best = rng.random((3, 4, 4)), rng.uniform(1, 9, (3, 4)), np.full((3, 4), 1.5)
    before = [each.copy() for each in (seen, value, budget, best)]
    found = highest_mean(seen, budget, value, best)
    assert found.shape == (3, 4) and found[1, 2] == 1.5
    for at in np.ndindex(3, 4):
        assert found[at] == highest_mean(seen[at], budget[at], value[at], best[at])
        shifted = highest_mean(seen[at], budget[at], 4 * value[at] - 7, 4 * best[at] - 7)
        assert shifted == pytest.approx(4 * float(found[at]) - 7, abs=1e-12)
    assert all((a == b).all() for a, b in zip(before, (seen, value, budget, best), strict=True))
    constant = highest_mean(seen, budget, np.full(4, 0.3), np.array(0.3))
    assert (constant == 0.3).all()
    many = np.tile(seen.reshape(12, 4), (3000, 1))
    again = highest_mean(many, np.tile(budget.ravel(), 3000), np.tile(value.reshape(12, 4), (3000, 1)), np.array(1.5))
    np.testing.assert_allclose(again.reshape(3000, 3, 4), np.broadcast_to(found, (3000, 3, 4)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("best", [1.0, -3e9, 0.7 + 0.1])
def test_values_that_differ_by_rounding_are_one_value(best: float) -> None:
    """A mean that is rounded to the best value leaves no distance to divide by."""
    value = np.array([best, np.nextafter(best, -np.inf), np.nextafter(best, -np.inf)])
    for seen in ([7, 1, 0], [10**9, 1, 3], [0, 1, 0], [0, 3, 9]):
        found = highest_mean(np.array(seen), np.array(5.0), value, np.array(best))
        assert best - 1e-14 * abs(best) <= found <= best
