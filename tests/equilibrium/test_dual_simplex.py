"""The dual simplex: floating point against exact fractions."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import (
    dual_simplex,
    stage,
)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_exact_arithmetic_agrees(concept):
    scaled, width, exponent = stage.scaled_payoffs(np.random.default_rng(15).normal(size=(30, 2, 9)))
    total = stage.total_payoff(scaled, width, exponent)
    usual, exact = (dual_simplex.correlated(scaled, total, (3, 3), concept, attempt) for attempt in (0, 2))
    np.testing.assert_allclose(usual, exact, atol=1e-10)
