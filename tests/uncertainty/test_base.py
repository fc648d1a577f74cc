"""A set of your own."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite.uncertainty import UncertaintySet


def test_a_set_of_your_own_takes_three_methods() -> None:
    class Contamination(UncertaintySet):
        """(1 - radius) p + radius times anything."""

        radius = 0.25

        def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
            return 0.75 * (rows @ x)

    ball = Contamination()
    assert ball.worst_case([0.5, 0.5], [6.0, 2.0]) == pytest.approx(0.75 * 4.0 + 0.25 * 2.0)


def test_what_a_set_of_your_own_does_not_bring_is_told_by_the_name_of_the_method() -> None:
    class Bare(UncertaintySet):
        radius = 0.25

    row, calls = [0.5, 0.5], {"_worst": Bare().worst_case, "_kernel": Bare().worst_kernel}
    for method, call in {**calls, "_divergence": Bare().divergence}.items():
        with pytest.raises(NotImplementedError) as raised:
            call(row, [0.4, 0.6])
        assert raised.traceback[-1].name == method
