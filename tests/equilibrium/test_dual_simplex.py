"""The dual simplex: floating point against exact fractions."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import (
    deviation_gain,
    dual_simplex,
    solve_stage,
    stage,
)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_exact_arithmetic_agrees(concept):
    scaled, width, exponent = stage.scaled_payoffs(np.random.default_rng(15).normal(size=(30, 2, 9)))
    total = stage.total_payoff(scaled, width, exponent)
    usual, exact = (dual_simplex.correlated(scaled, total, (3, 3), concept, attempt) for attempt in (0, 2))
    np.testing.assert_allclose(usual, exact, atol=1e-10)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_where_the_pivots_do_not_suffice_the_error_says_how_far_they_led(monkeypatch, concept):
    # Without a pure equilibrium, and the start is none.
    payoffs = np.random.default_rng(2).normal(size=(40, 2, 16))
    payoffs = payoffs[solve_stage(payoffs, (4, 4), concept).max(axis=1) < 1][:1]
    monkeypatch.setattr(dual_simplex, "_MOST_PIVOTS", 0)
    with pytest.raises(RuntimeError, match=r"the best policy found leaves a deviation gain of [1-9].*e-0[0-3] of"):
        solve_stage(payoffs, (4, 4), concept)


def test_exact_arithmetic_is_left_out_where_it_would_take_long(monkeypatch):
    exact = []
    mend = dual_simplex._mend
    monkeypatch.setattr(
        dual_simplex, "_mend", lambda tableau, *rest: exact.append(tableau.dtype == object) or mend(tableau, *rest)
    )
    for n in (3, 10):
        payoffs = np.random.default_rng(n).random((1, 2, n * n))
        scaled, width, exponent = stage.scaled_payoffs(payoffs)
        total = stage.total_payoff(scaled, width, exponent)
        policy = dual_simplex.correlated(stage.rounded(scaled), total, (n, n), "ce", 2)
        assert deviation_gain(payoffs, policy, (n, n), "ce") <= 1e-9
    assert exact == [True, False]
    too_large = dual_simplex.exactly(scaled), dual_simplex.exactly(total)
    assert np.isnan(dual_simplex.correlated(*too_large, (10, 10), "ce")).all()
