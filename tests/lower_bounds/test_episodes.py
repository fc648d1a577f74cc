"""The floor of episodes: what proves it is checked, not what it is."""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, MarkovGame, Mornavi, Nominal, TotalVariation, run, solve, zoo
from mornavi_lite.lower_bounds import EpisodesFloor, episodes_floor, look_alike
from mornavi_lite.lower_bounds.allocation import information_of, most_information, requirement
from mornavi_lite.lower_bounds.alternatives import Search
from mornavi_lite.lower_bounds.known import known
from mornavi_lite.lower_bounds.tilts import nearest, nearest_robust

BALL = TotalVariation(0.1)


def shared(seed: int, n_states: int, n_actions: tuple[int, ...], horizon: int, branching: int) -> MarkovGame:
    return zoo.garnet(n_states, n_actions, horizon, branching, seed, rewards="shared")


def one_coin(p: float = 0.6, pays: float = 1.0) -> MarkovGame:
    """One row that matters: from the start, one joint action, to what pays or to what does not."""
    kernel = np.array([[[0, p, 1 - p]], [[0, 0, 1]], [[0, 0, 1]]])
    reward = np.array([[[0.0], [pays], [0.0]]])
    return MarkovGame.stationary(kernel, reward, (1,), 2, reward_range=(0, pays))


def needed(delta: float, event: float, never_likelier: bool) -> float:
    """Nats that tell two laws apart under which an event has these two probabilities; 0 if it need not."""
    if event <= delta:
        return 0.0
    told = event * math.log(event / delta)
    return told if never_likelier else told + (1 - event) * math.log((1 - event) / (1 - delta))


def exact_best(game: MarkovGame, told: list[list[list[Fraction]]]) -> Fraction:
    """The most that an episode tells, by backward induction in fractions; rows are divided by their exact sum."""
    legal = [game.legal_joint_actions(s) for s in range(game.n_states)]
    value, nothing = [Fraction(0)] * game.n_states, Fraction(0)
    for h in reversed(range(game.horizon)):
        rows = [[[Fraction(x) for x in row] for row in each] for each in game.transition[h].tolist()]
        value = [
            max(
                told[h][s][a]
                + sum((x * v for x, v in zip(rows[s][a], value, strict=True)), nothing) / sum(rows[s][a], nothing)
                for a in legal[s]
            )
            for s in range(game.n_states)
        ]
    return sum((Fraction(x) * v for x, v in zip(game.initial.tolist(), value, strict=True)), Fraction(0))


def check(
    game: MarkovGame,
    floor: EpisodesFloor,
    epsilon: float,
    delta: float,
    ball: Any = Nominal(),  # noqa: B008
    sharper: bool = False,
) -> None:
    """Everything that a reader needs in order to believe the number, and nothing of what found it."""
    worth = float(solve(game, ball).value[0, 0] @ game.initial)
    reached = np.zeros((game.horizon, game.n_states), bool)
    reached[0] = game.initial > 0
    for h in range(game.horizon - 1):
        reached[h + 1] = (game.transition[h][reached[h]] > 0).any(axis=(0, 1))
    total: Any = [[[Fraction(0)] * game.n_joint_actions for _ in range(game.n_states)] for _ in range(game.horizon)]
    likelier = []
    for each in floor.alternatives:
        other = each.game
        assert other.transition.shape == game.transition.shape and other.reward.shape == game.reward.shape
        assert (other.transition >= 0).all() and np.allclose(other.transition.sum(axis=-1), 1, atol=1e-12)
        assert (other.initial == game.initial).all() and (other.step_ranges == game.step_ranges).all()
        assert (other.reward[:, reached] == game.reward[:, reached]).all()
        found = solve(other, ball).value
        assert found[0, 0] @ game.initial - worth == pytest.approx(each.change, abs=1e-7)
        assert np.allclose(found[:, 0] @ game.initial, each.value[:, 0] @ game.initial, atol=1e-7)
        p, q = game.transition[reached], other.transition[reached]
        with np.errstate(divide="ignore", invalid="ignore"):
            assert np.allclose(np.where(p > 0, p * np.log(p / q), 0).sum(-1), each.information[reached], atol=1e-9)
        assert (each.information[~reached] == 0).all() and (each.information >= 0).all() and each.weight >= 0
        assert sharper or abs(each.change) > epsilon
        likelier.append(not sharper or bool((q[p > 0] > p[p > 0]).any()))
        for h, s, a in np.argwhere(each.information > 0):
            total[h][s][a] += Fraction(each.weight) * Fraction(float(each.information[h, s, a]))
    most = float(exact_best(game, total))
    # Whatever the probabilities of a learner's outputs, these nats are needed; an episode tells no more than `most`.
    ends = [each.change if each.change > 0 else epsilon + each.change for each in floor.alternatives]
    points = np.unique(np.clip([0, *ends, epsilon], 0, epsilon))
    middle = (points[1:] + points[:-1]) / 2  # of the upper values between two ends, less the best value
    for mass in mixtures(len(middle)):
        asked = 0.0
        for each, end, more in zip(floor.alternatives, ends, likelier, strict=True):
            wrong = middle < end if each.change > 0 else middle > end
            asked += each.weight * needed(delta, (1 - delta) * float(mass[wrong].sum()), not more)
        assert floor.episodes * most <= asked * (1 + 1e-9)


def mixtures(n: int) -> Iterator[np.ndarray]:
    """Probabilities of n kinds: one kind, tenths of two, and some at random."""
    rng = np.random.default_rng(0)
    corners = np.eye(n)
    for first, second in itertools.combinations_with_replacement(range(n), 2):
        for share in np.linspace(0, 1, 11) if first < second else [1.0]:
            yield share * corners[first] + (1 - share) * corners[second]
    yield from rng.dirichlet(np.full(n, 0.5), size=100)


@pytest.mark.parametrize(
    ("game", "epsilon", "delta", "ball"),
    [
        (shared(1, 4, (2, 2), 2, 4), 0.1, 0.05, Nominal()),
        (shared(2, 3, (2, 3, 1), 3, 2), 0.15, 0.01, Nominal()),
        (shared(3, 3, (2, 1, 2), 3, 3), 0.03, 0.1, BALL),
        (zoo.safe_or_risky(), 0.2, 0.05, TotalVariation(np.linspace(0, 0.02, 12).reshape(3, 1, 4))),
    ],
)
@pytest.mark.parametrize("sharper", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_proves_the_floor(game: MarkovGame, epsilon: float, delta: float, ball: Any, sharper: bool) -> None:
    floor = episodes_floor(game, epsilon, delta, ball, sharper=sharper, rounds=1)
    assert 0 < floor.episodes < np.inf and 0 < floor.per_nat < floor.episodes * 2
    assert (floor.visits >= 0).all() and floor.visits.shape == game.reward.shape[1:]
    check(game, floor, epsilon, delta, ball, sharper)
    assert any((each.change < 0) != (each.change > 0) for each in floor.alternatives)


@pytest.mark.parametrize(("epsilon", "delta"), [pytest.param(0.05, 1e-6, marks=pytest.mark.slow), (0.2, 0.05)])
def test_one_coin_is_a_closed_form_up_to_where_kinds_of_outputs_are_told_apart(epsilon: float, delta: float) -> None:
    def apart(p: float, q: float) -> float:
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    least = min(apart(0.6, 0.6 + epsilon), apart(0.6, 0.6 - epsilon))
    found = episodes_floor(one_coin(), epsilon, delta, rounds=1)
    floor = found.episodes
    assert found.per_nat == pytest.approx(1 / least, rel=1e-5)
    assert floor == pytest.approx(needed(delta, 1 - delta, False) / least, rel=1e-5)
    assert floor <= needed(delta, 1 - delta, False) / least
    sharper = episodes_floor(one_coin(), epsilon, delta, sharper=True, rounds=2).episodes
    assert sharper >= floor * (1 - 1e-9)
    outputs = [(0.5, 1.0), (0.9, 0.5), (1.0, 0.1)]  # a learner whose upper value is of one kind
    most = min(
        max(
            needed(delta, 1 - delta, True) / apart(0.6, 0.6 + way * share * epsilon)
            for way, share in ((1, up), (-1, down))
        )
        for up, down in outputs
    )
    assert sharper <= most


def test_it_is_in_the_units_of_the_rewards_and_falls_with_what_is_asked() -> None:
    small, large = one_coin(), one_coin(pays=10.0)
    assert episodes_floor(small, 0.1, rounds=1).episodes == pytest.approx(
        episodes_floor(large, 1.0, rounds=1).episodes, rel=1e-4
    )
    floors = [episodes_floor(small, epsilon, 0.05, rounds=1).episodes for epsilon in (0.05, 0.1, 0.2)]
    assert floors[0] > 2 * floors[1] > 4 * floors[2] > 0
    floors = [episodes_floor(small, 0.1, delta, rounds=1).episodes for delta in (1e-9, 0.3, 0.5, 0.9)]
    assert floors == sorted(floors, reverse=True) and floors[2:] == [0, 0] and floors[1] > 0
    nothing = episodes_floor(small, 2.0)
    assert nothing.episodes == 0 and nothing.alternatives == () and (nothing.visits == 0).all()


def test_what_can_follow_what_lowers_it_and_alternatives_keep_to_it() -> None:
    game = zoo.safe_or_risky()
    free, told = episodes_floor(game, 0.2, rounds=1), episodes_floor(game, 0.2, support=game, rounds=1)
    assert 0 < told.episodes < free.episodes
    assert all((each.transition[game.transition == 0] == 0).all() for each in told.alternatives)
    assert any((each.transition[game.transition == 0] > 0).any() for each in free.alternatives)
    check(game, told, 0.2, 0.05)


def certain_and_not(legal: Any = None) -> MarkovGame:
    """Certain rows, random rows, and states that have both; two players, and the start is certain."""
    kernel = np.zeros((4, 5, 2, 5))
    kernel[:, 0, 0, 1] = kernel[:, 0, 1, 2] = 1  # certain
    kernel[:, 1, 0] = [0, 0, 0, 0.7, 0.3]
    kernel[:, 1, 1, 2] = 1  # a certain row beside a random one
    kernel[:, 2, :] = [[0, 0, 0, 0.5, 0.5], [0, 0.1, 0, 0.5, 0.4]]
    kernel[:, 3, :, 3] = kernel[:, 4, :, 4] = 1
    reward = np.zeros((2, 4, 5, 2))
    reward[:, :, 3], reward[:, :, 1] = 1, 0.25
    return MarkovGame(kernel, reward, (2, 1), legal=legal)


@pytest.mark.parametrize(
    ("game", "ball", "sharper"),
    [
        (certain_and_not(), BALL, False),
        pytest.param(certain_and_not(), Nominal(), True, marks=pytest.mark.slow),
        (certain_and_not([[[True, False]] * 2 + [[True, True]] * 3, [[True]] * 5]), Nominal(), False),
        pytest.param(shared(5, 5, (2, 1, 2), 3, 2), Nominal(), False, marks=pytest.mark.slow),
        pytest.param(zoo.delayed_coordination(), Nominal(), True, marks=pytest.mark.slow),
    ],
)
def test_certain_rows_are_left_alone_where_it_is_told_what_can_follow(
    game: MarkovGame, ball: Any, sharper: bool
) -> None:
    floor = episodes_floor(game, 0.2, 0.05, ball, support=game, sharper=sharper, rounds=1)
    assert 0 < floor.episodes < np.inf
    check(game, floor, 0.2, 0.05, ball, sharper)
    for each in floor.alternatives:
        assert (each.transition[game.transition == 0] == 0).all()
        assert (each.transition[game.transition == 1] == 1).all()


def test_the_price_has_its_gradient_where_certain_rows_tie_values() -> None:
    """Against differences, for alternatives that are worth more and for those that are worth less."""
    rng = np.random.default_rng(4)
    for game, ball in itertools.product((certain_and_not(), shared(5, 5, (2, 1, 2), 3, 2)), (0.0, 0.1)):
        facts = known(game, np.full(game.reward.shape[1:], ball), game.transition > 0)
        worth = float(facts.values(facts.kernel, facts.reward)[0] @ game.initial)
        for upwards in (True, False):
            search = Search(facts, worth, upwards)
            weights = rng.random(facts.shape)
            low, high = search.bounds
            compared = 0
            for _ in range(8):
                at = low + (high - low) * rng.uniform(0.1, 0.5, len(low))
                for function in (lambda x: search.price(x, weights), search.off):  # noqa: B023
                    value, gradient = function(at)
                    if not np.isfinite(value):
                        continue
                    way = rng.standard_normal(len(at)) * 1e-6
                    ahead, behind = function(at + way)[0], function(at - way)[0]
                    if abs(ahead + behind - 2 * value) < 1e-3 * abs(ahead - behind):  # else there is a corner
                        assert gradient @ way == pytest.approx((ahead - behind) / 2, rel=1e-2, abs=1e-12)
                        compared += 1
            assert compared > 4


def test_where_what_can_follow_fixes_the_best_value_there_is_no_floor() -> None:
    game = zoo.traffic_merge()
    assert episodes_floor(game, 0.2, support=game, rounds=2).episodes == 0


def test_a_learner_has_more() -> None:
    floor = episodes_floor(one_coin(), 0.1, rounds=1).episodes
    spent = [run(Mornavi(Nominal()), one_coin(), 10**6, seed, until=0.1).episode[-1] for seed in range(3)]
    assert 1 < floor < np.mean(spent)


def test_where_no_episode_shows_the_difference_it_is_infinite() -> None:
    game, ball = zoo.support_shift(theta=1), TotalVariation(0.2)
    floor = episodes_floor(game, 0.3, 0.05, ball)
    assert floor.episodes == floor.per_nat == np.inf and len(floor.alternatives) > 0
    worth = solve(game, ball).value[0, 0, 0]
    for each in floor.alternatives:
        assert look_alike(game, each.game)
        assert solve(each.game, ball).value[0, 0, 0] == pytest.approx(worth + each.change, abs=1e-9)
    assert max(each.change for each in floor.alternatives) >= 0.3


def test_actions_that_are_not_legal_stay_so() -> None:
    legal = [[[True, False]] + [[True, True]] * 3, [[True, True]] * 4]
    parts = shared(4, 4, (2, 2), 2, 4)
    game = MarkovGame(parts.transition, parts.reward, (2, 2), legal=np.array(legal))
    floor = episodes_floor(game, 0.1, rounds=1)
    check(game, floor, 0.1, 0.05)
    assert (floor.visits[:, 0, 2:] == 0).all() and floor.visits[0].sum() == pytest.approx(floor.episodes, rel=0.01)


def test_a_start_that_is_drawn() -> None:
    parts = shared(6, 3, (3,), 2, 3)
    game = MarkovGame(parts.transition, parts.reward, (3,), initial=[0.5, 0.5, 0])
    check(game, episodes_floor(game, 0.1, rounds=1), 0.1, 0.05)


def test_rounding_is_on_the_safe_side() -> None:
    rng = np.random.default_rng(3)
    game = shared(7, 4, (2, 3), 3, 4)
    told = rng.random((3, 4, 6)) * 10.0 ** rng.integers(-9, 3, (3, 4, 6))
    exact = exact_best(game, [[[Fraction(x) for x in row] for row in step] for step in told.tolist()])
    kernel = game.transition / game.transition.sum(axis=-1, keepdims=True)
    most = most_information(kernel, game.initial, np.ones((4, 6), bool), told)
    assert float(exact) < most < float(exact) * (1 + 1e-12)
    p = rng.dirichlet(np.ones(5), size=200)
    q = 0.999 * p + 0.001 * rng.dirichlet(np.ones(5), size=200)
    longer = np.array(
        [math.fsum(a * math.log1p((a - b) / b) for a, b in zip(*rows, strict=True)) for rows in zip(p, q, strict=True)]
    )
    rounded = information_of(p, q)
    assert (rounded >= longer).all() and (rounded <= longer + 1e-13).all()
    assert (information_of(p, p) == 0).all()


@pytest.mark.parametrize("never_likelier", [False, True])
@pytest.mark.parametrize("delta", [0.3, 0.05, 1e-12])
def test_tangents_stay_below_what_is_needed(delta: float, never_likelier: bool) -> None:
    slope, constant = requirement(delta, never_likelier)
    for event in np.linspace(0, 1 - delta, 101):
        assert (slope * event + constant).max() <= needed(delta, float(event), never_likelier)
    assert (slope * (1 - delta) + constant).max() == pytest.approx(needed(delta, 1 - delta, never_likelier), rel=1e-9)


@pytest.mark.parametrize("radius", [0.0, 0.15])
@pytest.mark.parametrize("upwards", [True, False])
def test_the_nearest_row_is_worth_it_and_none_is_nearer(radius: float, upwards: bool) -> None:
    rng = np.random.default_rng(5)
    ball = TotalVariation(radius)
    p, v = rng.dirichlet(np.full(4, 0.5), size=40), rng.random((40, 4))
    p[:10, 0] = 0
    p /= p.sum(axis=1, keepdims=True)
    ends = np.eye(4)[(v if upwards else -v).argmax(axis=1)]
    here, there = ball.worst_case(p, v), ball.worst_case(ends, v)
    target = here + (there - here) * rng.uniform(0.05, 0.9, 40)
    cost, _, q, _ = nearest_robust(p, v, target, np.ones((40, 4), bool), np.full(40, radius), upwards)
    sign = 1 if upwards else -1
    kl = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.maximum(q, 1e-300)), 0).sum(axis=1)
    assert np.allclose(cost, kl, atol=1e-9)
    met = sign * (ball.worst_case(q, v) - target) >= -1e-9
    assert met.all() if upwards or radius == 0 else met.mean() > 0.5  # else another level asks for more
    for _ in range(100):
        other = rng.dirichlet(np.full(4, 0.7), size=40)
        close = 0.8 * other + 0.2 * q
        enough = sign * (ball.worst_case(close, v) - target) >= 0
        near = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / close), 0).sum(axis=1)
        assert (near[enough] >= cost[enough] - 1e-9).all()
    beyond = nearest(p, v, v.max(axis=1) + 0.1, np.ones((40, 4), bool))[0]
    assert np.isinf(beyond).all()


@pytest.mark.parametrize("trace", [5e-324, 1e-300, 1e-17, 1e-9])
def test_a_row_with_a_trace_at_the_top_is_as_near_as_one_with_nothing_there(trace: float) -> None:
    p, v = np.array([[0.7 - trace, 0.3, trace], [0.7, 0.3, 0.0]]), np.array([[0.0, 0.5, 1.0]] * 2)
    cost, slope, q = nearest(p, v, np.array([0.6, 0.6]), np.ones((2, 3), bool))
    assert abs(cost[0] - cost[1]) <= 100 * trace + 1e-12 and abs(slope[0] - slope[1]) <= 1e3 * trace + 1e-12
    assert np.abs(q[0] - q[1]).max() <= 100 * trace + 1e-12 and q[0] @ v[0] >= 0.6 - 1e-12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"game": "coin"}, "game must be a MarkovGame"),
        ({"game": zoo.fishing()}, "game must be one of common interest: rewards of player 1"),
        ({"epsilon": 0}, "epsilon must be above 0"),
        ({"epsilon": -1.0}, "epsilon"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"epsilon": "small"}, "epsilon"),
        ({"delta": 0}, "delta"),
        ({"delta": 1.0}, "delta"),
        ({"uncertainty": 0.1}, "uncertainty"),
        ({"uncertainty": ChiSquare(0.1)}, "uncertainty must be Nominal"),
        ({"uncertainty": TotalVariation(0.1, shift_support=False)}, "uncertainty must be Nominal"),
        ({"uncertainty": [BALL, BALL]}, "uncertainty must have one set per player"),
        ({"game": zoo.safe_or_risky(), "uncertainty": [BALL, Nominal()]}, r"uncertainty\[1\]"),
        ({"uncertainty": TotalVariation(np.full((3, 1, 1), 0.1))}, "radius must broadcast"),
        ({"sharper": 1}, "sharper"),
        ({"rounds": 0}, "rounds"),
        ({"rounds": 2.0}, "rounds"),
        ({"support": np.ones((2, 1, 2), bool)}, "support"),
        ({"support": [[[0]], [[2]], [[2]]]}, r"support\[0, 0, 0, 1\] must allow what the game does"),
        ({"support": np.ones((5, 3, 1, 3), bool)}, "support must have shape"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], said: str) -> None:
    arguments: dict[str, Any] = {"game": one_coin(), "epsilon": 0.1, **change}
    with pytest.raises((ValueError, TypeError), match=said):
        episodes_floor(**arguments)


def test_rewards_on_next_states_are_refused() -> None:
    reward = np.zeros((1, 2, 3, 1, 3))
    game = MarkovGame(one_coin().transition, reward, (1,))
    with pytest.raises(ValueError, match="do not depend on the next state"):
        episodes_floor(game, 0.1)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"mornavi-lite\[science\]"):
        episodes_floor(one_coin(), 0.1)
