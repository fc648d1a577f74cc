"""The limit of many players: its equilibrium, how its policy fares among m players, and the bound that is proven."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import Nominal, TotalVariation
from mornavi_lite.anonymous import MeanFieldGame, bridge_and_tunnel, equilibrium_gap, evaluate


def slope(m: list[int], y: list[float]) -> float:
    return float(np.polyfit(np.log(m), np.log(y), 1)[0])


@pytest.mark.parametrize(("base", "slope_of_road"), [(1.1, 2.0), (0.95, 0.6)])
def test_bridge_and_tunnel_is_its_docstring(base: float, slope_of_road: float) -> None:
    game = bridge_and_tunnel(4, base, slope_of_road).with_players(5)
    for n in range(6):
        x = n / 5
        for s in (0, 1):
            clear = min(max(base - 0.3 * s - slope_of_road * x, 0.0), 1.0)
            np.testing.assert_allclose(game.transition[2, s, n], [clear, 1 - clear], atol=1e-15)
            if n > 0:
                assert game.reward[1, s, 0, n] == pytest.approx((1 - x) / (1 + s))
            if n < 5:
                assert game.reward[1, s, 1, n] == pytest.approx(0.6 / (1 + s))


def test_in_the_limit_both_roads_pay_the_same_whatever_the_set() -> None:
    road = bridge_and_tunnel()
    for ball in (Nominal(), TotalVariation(0.1), TotalVariation(0.4)):
        policy, value, gap = road.limit(ball)
        np.testing.assert_allclose(policy[..., 0], 0.4, rtol=0, atol=1e-12)
        assert gap < 1e-12 and value.shape == (1, 4, 2)
    # By hand, nominal: clear with 1.1 - 0.8 = 0.3 after a clear morning, 0 after a jam; 0.6 and 0.3 are paid.
    assert road.limit(Nominal()).value[0, 1, 0] == pytest.approx(0.6 + 0.3 * 0.6 + 0.7 * 0.3)


def test_of_several_equilibria_the_one_of_the_highest_payoff() -> None:
    """A road that pays the more the fuller it is: all on one, all on the other, or a mix that is the worst."""
    same = MeanFieldGame(lambda x: [[1.0]], lambda x: [[x[0], 0.8 * x[1]]], 1, 2, 1)
    assert same.limit(Nominal()).policy.tolist() == [[[1.0, 0.0]]]
    other = MeanFieldGame(lambda x: [[1.0]], lambda x: [[0.8 * x[0], x[1]]], 1, 2, 1)
    assert other.limit(Nominal()).policy.tolist() == [[[0.0, 1.0]]]


def test_the_gap_of_the_limit_policy_falls_like_one_over_m_with_a_kink_and_without() -> None:
    ball, players = TotalVariation(0.1), [100, 200, 400, 800]
    for road in (bridge_and_tunnel(), bridge_and_tunnel(base=0.95, slope=0.6)):
        policy = road.limit(ball).policy
        gaps = [equilibrium_gap(road.with_players(m), policy, ball) for m in players]
        assert -1.1 < slope(players, gaps) < -0.9
        # Rewards fall by 1 in the share, the worst case by at most the road's slope times the range of values.
        reach = road.horizon * (1 + 2.0 * 0.9 * road.horizon)
        assert all(gap <= reach / m for gap, m in zip(gaps, players, strict=True))


def test_values_converge_at_half_the_rate_at_a_kink() -> None:
    """Where the probability that is left of a clear road is cut off at 0, the average over players sees both sides."""
    ball, players = TotalVariation(0.3), [800, 1600, 3200]
    smooth, kinked = bridge_and_tunnel(base=0.95, slope=0.6), bridge_and_tunnel()
    rates = []
    for road in (smooth, kinked):
        policy, value, _ = road.limit(ball)
        errors = [abs(evaluate(road.with_players(m), policy, ball)[0, 0, 0] - value[0, 0, 0]) for m in players]
        rates.append(slope(players, errors))
    assert -1.1 < rates[0] < -0.9 and -0.5 < rates[1] < -0.4


def test_rewards_lie_within_the_range_that_is_told() -> None:
    def of_range(told: object) -> MeanFieldGame:
        return MeanFieldGame(lambda x: [[1.0]], lambda x: [[2 * x[0], 1.0]], 1, 2, 1, reward_range=told)

    assert of_range((-1, 3)).with_players(4).reward_range == (-1.0, 3.0)
    assert of_range("observed").with_players(4).reward_range == (0.5, 2.0)  # the only one on a road makes a quarter
    with pytest.raises(ValueError, match=r"reward\[0, 0, 0, 3\] must be in \[0, 1\], got 1.5"):
        of_range(None).with_players(4)


def one_state(kernel: list, reward: list, n_actions: int = 2) -> MeanFieldGame:
    return MeanFieldGame(lambda x: kernel, lambda x: reward, 1, n_actions, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MeanFieldGame(1, 2, 1, 2, 1), "kernel and reward must be functions"),
        (
            lambda: MeanFieldGame(lambda x: [[1.0]], lambda x: [[0.0] * 3], 1, 3, 1).limit(Nominal()),
            "n_actions must be 2",
        ),
        (
            lambda: MeanFieldGame(lambda x: [[0.9]], lambda x: [[0, 0]], 1, 2, 1).with_players(2),
            "kernel.* must sum to 1",
        ),
        (lambda: MeanFieldGame(lambda x: [[1]], lambda x: [[0]], 1, 2, 1).with_players(2), r"reward must have shape"),
        (lambda: bridge_and_tunnel(base=3), r"base must be in \[0, 2\]"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]
