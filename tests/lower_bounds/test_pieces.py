"""The search for alternatives, piece by piece: what is known, what states can be worth, what a game of them costs."""

from __future__ import annotations

import itertools
from decimal import Decimal, localcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, TotalVariation, solve
from mornavi_lite.games.flows import expected_visits
from mornavi_lite.lower_bounds import allocation, episodes, episodes_floor
from mornavi_lite.lower_bounds.allocation import Cut, Program, information_of, most_information, requirement
from mornavi_lite.lower_bounds.alternatives import Search
from mornavi_lite.lower_bounds.cutting import EDGES, MARGIN, Cutting, Found, Side
from mornavi_lite.lower_bounds.episodes import _as_game
from mornavi_lite.lower_bounds.known import INSIDE, Known, known, worst_means
from mornavi_lite.lower_bounds.tilts import nearest, nearest_robust
from mornavi_lite.planning import reachable
from tests.lower_bounds.test_episodes import one_coin

RNG = np.random.default_rng(0)


def drawn(seed: int = 0, radius: float = 0.0, told: bool = False) -> tuple[MarkovGame, Known]:
    """Three players, five states of which some are never reached, illegal actions, certain rows, a drawn start."""
    rng = np.random.default_rng(seed)
    kernel = rng.dirichlet(np.full(5, 0.7), size=(3, 5, 6))
    kernel[..., 4] = 0  # state 4 follows on none
    kernel[0, :, :, 3] = 0
    kernel[:, 1, 2:4] = np.eye(5)[[2, 0]]
    kernel[:, 2] = np.eye(5)[[0, 1, 1, 2, 0, 2]]
    kernel[:, 4, :, 4] = 1
    kernel /= kernel.sum(axis=-1, keepdims=True)
    reward = np.broadcast_to(rng.uniform(-1, 2, size=(3, 5, 6)), (3, 3, 5, 6))
    legal = [np.ones((5, n), dtype=bool) for n in (2, 3, 1)]
    legal[1][0, 1] = legal[0][3, 0] = False
    start = [0.25, 0.75, 0, 0, 0]
    game = MarkovGame(kernel, reward, (2, 3, 1), start, reward_range=(-1.5, 2.5), legal=legal)
    radii = np.full((3, 5, 6), radius) * rng.uniform(0.5, 1.5, size=(3, 5, 6)) if radius else np.zeros((3, 5, 6))
    return game, known(game, radii, game.transition > 0 if told else None)


CASES = [(seed, radius, told) for seed, (radius, told) in enumerate(itertools.product((0.0, 0.1), (False, True)))]


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_what_is_known_is_what_the_game_is(seed: int, radius: float, told: bool) -> None:
    game, facts = drawn(seed, radius, told)
    np.testing.assert_allclose(facts.kernel, game.transition, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(facts.reached, reachable(game))
    assert not facts.reached.all() and (facts.ranges == [-1.5, 2.5]).all() and facts.shape == (3, 5, 6)
    for s in range(5):
        assert np.flatnonzero(facts.legal[s]).tolist() == game.legal_joint_actions(s)
    assert (facts.certain == (told & ((game.transition > 0).sum(axis=-1) == 1))).all() and facts.certain.any() == told
    value = solve(game, TotalVariation(facts.radius)).value[0]
    np.testing.assert_allclose(facts.values(facts.kernel, facts.reward), value, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
@pytest.mark.parametrize("upwards", [True, False])
def test_what_a_state_can_be_worth_is_tried_row_by_row(seed: int, radius: float, told: bool, upwards: bool) -> None:
    """All next states that may follow, for each joint action that is legal: the worst case of a certain row."""
    _, facts = drawn(seed, radius, told)
    after, h, best = RNG.random(5), 1, max if upwards else min
    rows = facts.kernel[h]
    ball = TotalVariation(facts.radius[h])
    np.testing.assert_allclose(worst_means(rows, after, facts.radius[h]), ball.worst_case(rows, after), atol=1e-12)
    worth, which = facts.ends(h, after, upwards)
    ends = {
        (s, a, t): float((1 - facts.radius[h, s, a]) * after[t] + facts.radius[h, s, a] * after.min())
        for s, a, t in np.argwhere(facts.allowed[h])
    }
    for s, a in np.ndindex(5, 6):
        own = {t: ends[s, a, t] for t in range(5) if (s, a, t) in ends}
        assert worth[s, a] == pytest.approx(best(own.values()), abs=1e-12) == own[int(which[s, a])]
    unseen, held = facts.unseen(h, after, upwards)
    paid = 2.5 if upwards else -1.5
    for s in range(5):
        legal = np.flatnonzero(facts.legal[s])
        assert unseen[s] == pytest.approx(paid + worth[s, legal].max(), abs=1e-12)
        moved = facts.radius[h, s, legal][worth[s, legal].argmax()]
        assert held.moved[s] == moved
        assert unseen[s] == pytest.approx(paid + (1 - moved) * after[held.follows[s]] + moved * after.min(), abs=1e-12)


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
@pytest.mark.parametrize("upwards", [True, False])
def test_values_that_are_wanted_are_brought_to_what_alternatives_have(
    seed: int, radius: float, told: bool, upwards: bool
) -> None:
    _, facts = drawn(seed, radius, told)
    after, h = np.random.default_rng(seed).random(5), 1
    ends, own = facts.ends(h, after, upwards)[0], worst_means(facts.kernel[h], after, facts.radius[h])
    for wanted in (np.full(5, -9.0), np.full(5, 9.0), np.random.default_rng(seed).random(5)):
        value, held = facts.within(h, wanted, after, upwards)
        for s in range(5):
            legal = np.flatnonzero(facts.legal[s])
            sure = facts.certain[h, s, legal]
            near = (1 - INSIDE) * ends[s, legal] + INSIDE * own[s, legal]
            worth = facts.reward[h, s, legal] + np.where(sure, own[s, legal], near)
            if upwards:  # one joint action suffices, but those that are certain stay what they are
                low, high = max(worth[sure], default=-np.inf), worth.max()
            else:  # all of them are to be worth that little; where none can change, the value is what it is
                low, high = worth.max(), worth.max() if sure.all() else np.inf
            assert value[s] == pytest.approx(np.clip(wanted[s], low, high), abs=1e-12)
            tied = value[s] != wanted[s] or sure.all()
            assert (held.follows[s] >= 0) == tied
            if tied and (upwards or low == high or wanted[s] < low):
                moved = held.moved[s]
                follows = (1 - moved) * after[held.follows[s]] + moved * after.min()
                rewards = value[s] - facts.reward[h, s, legal]
                assert np.isclose(rewards, follows, atol=2 * INSIDE).any()


def searches(facts: Known, share: float = 0.3) -> list[Search]:
    """Both ways, for worths that are a share of the way to what other kernels could make of the start."""
    worth = float(facts.values(facts.kernel, facts.reward)[0] @ facts.initial)
    ends = [Search(facts, worth, upwards).furthest for upwards in (True, False)]
    return [Search(facts, worth + share * (end - worth), up) for end, up in zip(ends, (True, False), strict=True)]


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_the_games_own_values_cost_nothing_and_starts_are_worth_what_is_wanted(
    seed: int, radius: float, told: bool
) -> None:
    _, facts = drawn(seed, radius, told)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, size=facts.shape)
    value = facts.values(facts.kernel, facts.reward)
    for search in searches(facts):
        own = value[:-1][search.free]
        complete, _ = search.complete(own)
        if not (told and radius):  # else mass that the ball moves may land where no episode gets
            np.testing.assert_allclose(complete[:-1][search.free], own, rtol=0, atol=1e-6)
            assert search.off(own)[0] == pytest.approx(value[0] @ facts.initial - search.wanted, abs=1e-6)
            assert search.price(own, weights)[0] <= 1e-9
        assert search.possible
        starts = list(search.first_values())
        n_patterns = 3 + (len(search.cells) if search.upwards else 2 * (2 + 4))
        assert len(starts) == n_patterns
        worth = search.complete(np.clip(starts[0], *search.bounds))[0][0] @ facts.initial
        further = (worth - search.wanted) * (1 if search.upwards else -1)
        assert further >= -1e-3  # a share that was halved sixteen times
        if not radius:  # else states where no episode gets may take it further, though nothing is moved
            assert further <= 1e-3
        low, high = search.bounds
        assert (low <= high).all() and (low <= own).all() and (own <= high).all()
    assert not any(each.possible for each in searches(facts, 1.1))


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_alternatives_have_the_values_and_the_price_they_were_asked_for(seed: int, radius: float, told: bool) -> None:
    game, facts = drawn(seed, radius, told)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, size=facts.shape)
    built = 0
    for search in searches(facts):
        for start in itertools.islice(search.first_values(), 4):
            chosen = search.descend(start, weights)
            at_first, cost = (search.price(np.clip(x, *search.bounds), weights)[0] for x in (start, chosen))
            assert abs(search.off(chosen)[0]) <= 1e-6
            if not told and abs(search.off(np.clip(start, *search.bounds))[0]) < 1e-6:
                assert cost <= at_first * (1 + 1e-6)
            found = search.build(chosen, weights)
            if found is None:
                continue
            kernel, reward = found
            built += 1
            np.testing.assert_allclose(kernel.sum(axis=-1), 1, rtol=0, atol=1e-9)
            assert (kernel >= 0).all() and (kernel[facts.reached][~facts.allowed[facts.reached]] == 0).all()
            np.testing.assert_array_equal(reward[facts.reached], game.reward[0][facts.reached])
            assert (reward[~facts.reached] == (2.5 if search.upwards else -1.5)).all()
            for h, s, a in np.ndindex(facts.shape):
                stand = facts.stand[s, a]
                assert (kernel[h, s, a] == kernel[h, s, stand]).all() and reward[h, s, a] == reward[h, s, stand]
            value = facts.values(kernel, reward)
            free, wanted = search.free, search.complete(chosen)[0]
            sign = 1 if search.upwards else -1
            assert (sign * (value[:-1] - wanted[:-1])[free] >= -1e-9).all()
            told_by = np.where(facts.reached[..., None], information_of(facts.kernel, kernel), 0.0)
            spent = float((told_by * weights)[:, facts.legal].sum())
            if radius == 0 or search.upwards:  # else rows are moved further where another level asks for more
                assert spent == pytest.approx(cost, rel=1e-4, abs=1e-9)
            assert spent >= cost * (1 - 1e-6)
    assert built >= 4


@pytest.mark.parametrize("seed", range(3))
def test_the_program_is_a_flow_that_pays_for_every_kind_of_output(seed: int) -> None:
    """Its certified floor is the optimum but for rounding, and never above it."""
    game, facts = drawn(seed)
    rng, delta, n_bins = np.random.default_rng(seed), 0.05, 3
    program = Program(facts.kernel, facts.initial, facts.legal, n_bins)
    cuts = [
        Cut(rng.uniform(0.01, 1, size=facts.shape) * (rng.random(facts.shape) < 0.7), np.arange(3) <= k, k == 1)
        for k in range(3)
    ]
    lines = [requirement(delta, cut.never_likelier) for cut in cuts]
    found = program.solve(cuts, lines, 1 - delta)
    visits, episodes = found.visits, found.visits[0].sum()
    assert found.episodes == pytest.approx(episodes, rel=1e-6) and found.episodes <= episodes * (1 + 1e-12)
    assert found.outputs.sum() == pytest.approx(1 - delta) and (found.outputs >= 0).all()
    assert (visits[:, ~facts.legal] == 0).all() and (visits >= 0).all()
    np.testing.assert_allclose(visits[0].sum(axis=1), episodes * game.initial, atol=1e-6)
    for h in range(2):
        arriving = np.einsum("sa,sat->t", visits[h], facts.kernel[h])
        np.testing.assert_allclose(visits[h + 1].sum(axis=1), arriving, atol=1e-6)
    assert (found.weights >= 0).all() and found.weights.max() > 0 and found.weights.shape == (3,)
    for cut, (slope, constant) in zip(cuts, lines, strict=True):
        needed = (slope * (cut.refutes @ found.outputs) + constant).max()
        assert (visits * cut.information).sum() >= needed - 1e-6
    best = sum(weight * cut.information for weight, cut in zip(found.weights, cuts, strict=True))
    assert most_information(facts.kernel, facts.initial, facts.legal, best) == pytest.approx(1, rel=1e-6)
    for share in (0.01, 0.5, 20):
        spent = program.certified(cuts, share * found.weights, 3.0)
        assert spent == pytest.approx(3 / share, rel=1e-6) and spent < 3 / share * (1 + 1e-6)
    assert program.certified(cuts, found.weights, 0.0) == 0 and program.certified([], np.zeros(0), 1.0) == 0
    alone = [program.solve([cut], [line], 1 - delta).episodes for cut, line in zip(cuts, lines, strict=True)]
    assert max(alone) <= found.episodes * (1 + 1e-9)


@pytest.mark.parametrize(("horizon", "n_states"), [(1, 8), (3, 4), (5, 2)])
def test_rounding_is_counted_for_every_sum_and_product(
    horizon: int, n_states: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step has a mean of S products and a sum for each, the start one more; not many more than that are counted."""
    kernel = np.broadcast_to(np.eye(n_states)[:, None], (horizon, n_states, 1, n_states))
    arguments = kernel, np.eye(n_states)[0], np.ones((n_states, 1), bool), np.ones((horizon, n_states, 1))
    monkeypatch.setattr(allocation, "_ULP", 0.5)
    counted = most_information(*arguments) / horizon - 1
    made = horizon * 2 * n_states + 2 * n_states - 1
    assert made <= counted <= 2.5 * made


def test_information_is_rounded_up_by_more_than_its_terms_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quotient, a logarithm and a product for each, and the sum."""
    p, q = np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 30))
    terms = p * np.log(p / q)
    unit = 2.0**-12
    monkeypatch.setattr(allocation, "_ULP", unit)
    added = information_of(p, q) - terms.sum(axis=1)
    made = unit * (np.abs(terms).sum(axis=1) + 1)
    assert (added >= 4 * made).all() and (added <= 100 * made).all()


@pytest.mark.parametrize("never_likelier", [False, True])
def test_tangents_are_near_what_they_stand_for(never_likelier: bool) -> None:
    for delta in (0.2, 0.05, 1e-6):
        slope, constant = requirement(delta, never_likelier)
        event = np.linspace(delta, 1 - delta, 200)
        needed = event * np.log(event / delta)
        if not never_likelier:
            needed += (1 - event) * np.log((1 - event) / (1 - delta))
        below = needed - (slope[:, None] * event + constant[:, None]).max(axis=0)
        assert (below >= 0).all() and below.max() <= 0.02 * needed[-1]


@pytest.mark.parametrize("never_likelier", [False, True])
def test_tangents_are_rounded_down(never_likelier: bool) -> None:
    """In decimal numbers of sixty digits, for any delta, where they touch and between."""
    with localcontext(prec=60):
        for delta in [0.4, *(10.0 ** -np.arange(0.5, 300, 23)).tolist()]:
            lines = list(zip(*(each.tolist() for each in requirement(delta, never_likelier)), strict=True))
            assert np.isfinite(lines).all()
            at = [*np.linspace(delta, 1 - delta, 5), *(delta + (1 - 2 * delta) * (np.arange(1, 16) / 16) ** 1.5)]
            for event in map(Decimal, map(float, at)):
                needed = event * (event / Decimal(delta)).ln()
                if not never_likelier and event < 1:
                    needed += (1 - event) * ((1 - event) / (1 - Decimal(delta))).ln()
                assert max(Decimal(slope) * event + Decimal(constant) for slope, constant in lines) <= needed


@pytest.mark.parametrize("sharper", [False, True])
def test_any_delta_has_a_floor(sharper: bool) -> None:
    """Below the rounding of 1 as above: the nats of log(1 / delta) that are asked for, at a price of each."""
    floors = [episodes_floor(one_coin(), 0.1, 10.0**-k, sharper=sharper, rounds=1) for k in (15, 20, 40, 300)]
    spent = [floor.episodes / floor.per_nat for floor in floors]
    np.testing.assert_allclose(spent, np.log(10) * np.array([15, 20, 40, 300]), rtol=0.05)


def certain_middle() -> Known:
    """Four steps, three states; state 1 leads to state 0 for certain: what pays more there is moved off more."""
    kernel = np.zeros((4, 3, 2, 3))
    kernel[:, 0] = [[0.5, 0.25, 0.25], [0.3, 0.4, 0.3]]
    kernel[:, 1, :, 0] = 1
    kernel[:, 2] = [[0.2, 0.2, 0.6], [0.1, 0.3, 0.6]]
    reward = np.array([[1.0, 0.8], [0.1, 0.5], [0.0, 0.1]])
    game = MarkovGame(kernel, np.broadcast_to(reward, (1, 4, 3, 2)), (2,), [0.2, 0.5, 0.3], reward_range=(0, 1))
    radius = np.full((4, 3, 2), 0.1)
    radius[:, 1] = [0.05, 0.15]
    return known(game, radius, game.transition > 0)


def test_alternatives_differ_at_every_step_but_the_last() -> None:
    """With more steps than states; a descent ends where the start is worth what is wanted."""
    facts = certain_middle()
    weights = np.random.default_rng(3).uniform(0.5, 1.5, size=facts.shape)
    for search in searches(facts):
        chosen = search.descend(next(search.first_values()), weights)
        assert abs(search.off(chosen)[0]) <= 1e-12
        found, sign = search.build(chosen, weights), 1 if search.upwards else -1
        assert found is not None and (found[0][:3] != facts.kernel[:3]).any(axis=(1, 2, 3)).all()
        value, wanted = facts.values(*found)[:-1], search.complete(chosen)[0][:-1]
        assert (sign * (value - wanted)[search.free] >= -1e-9).all()
        assert sign * (value[0] @ facts.initial - search.wanted) >= -1e-12


def test_gradients_go_on_to_what_a_state_is_worth_by_what_follows() -> None:
    """State 1 is worth what state 0 is, less what the ball moves to the worst one."""
    facts = certain_middle()
    rng = np.random.default_rng(3)
    weights, compared = rng.uniform(0.5, 1.5, size=facts.shape), 0
    for search, which in itertools.product(searches(facts), (0, 1)):
        low, high = search.bounds
        states = np.argwhere(search.free)[:, 1]
        for _ in range(6):
            at = low + (high - low) * rng.uniform(0.2, 0.4, len(low))
            value = search.complete(at)[0]
            np.testing.assert_allclose(value[:3, 1], 0.5 + 0.85 * value[1:, 0][:3] + 0.15 * value[1:].min(axis=1)[:3])
            function = (lambda x: search.price(x, weights), search.off)[which]  # noqa: B023
            own, gradient = function(at)
            assert np.isfinite(own) and (gradient[states == 1] == 0).all()
            for k in np.flatnonzero(states != 1):
                way = 1e-6 * (np.arange(len(at)) == k)
                ahead, behind = function(at + way)[0], function(at - way)[0]
                if abs(ahead + behind - 2 * own) < 1e-3 * abs(ahead - behind):  # else there is a corner
                    assert gradient[k] == pytest.approx((ahead - behind) / 2e-6, rel=1e-3, abs=1e-7)
                    compared += 1
    assert compared > 60


def cutting_of(sharper: bool, told: bool = False, seed: int = 0) -> tuple[MarkovGame, Cutting]:
    game, facts = drawn(seed, told=told)
    return game, Cutting(facts, 0.5, 0.05, MARGIN * 12, sharper)


def apart(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """KL(p | q) by rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0.0).sum(axis=1)


def test_the_nearest_row_keeps_to_what_is_allowed_and_its_multiplier_is_a_derivative() -> None:
    """Rows that reach their target already, that cannot, whose best state has mass, and whose best state has none."""
    rng, n = np.random.default_rng(7), 200
    allowed = rng.random((n, 5)) < 0.7
    allowed[:, 0] = True
    p = np.where(allowed & (rng.random((n, 5)) < 0.8), rng.dirichlet(np.ones(5), n), 0.0)
    p[p.sum(axis=1) == 0, 0] = 1
    p /= p.sum(axis=1, keepdims=True)
    v = rng.normal(size=(n, 5)) * 10.0 ** rng.integers(-3, 3, size=(n, 1))
    here, top = (p * v).sum(axis=1), np.where(allowed, v, -np.inf).max(axis=1)
    target = here + (top - here) * rng.uniform(-0.3, 1.3, n)
    cost, slope, q = nearest(p, v, target, allowed)
    done, never = target <= here, (target > here) & (target >= top)
    assert done.sum() > 20 and never.sum() > 20
    assert (cost[done] == 0).all() and (slope[done] == 0).all() and (q[done] == p[done]).all()
    assert np.isinf(cost[never]).all()
    moved = ~done & ~never
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (q >= 0).all() and (q[~allowed] == 0).all()
    np.testing.assert_allclose(cost[moved], apart(p, q)[moved], rtol=1e-9, atol=1e-12)
    unit = np.abs(v).max(axis=1)
    assert ((q * v).sum(axis=1) - target >= -1e-9 * unit)[moved].all()
    assert ((q * v).sum(axis=1) - target <= 1e-9 * unit)[moved].all()  # no further than need be
    step = 1e-6 * (top - here)
    ahead, behind = (nearest(p, v, target + way * step, allowed)[0] for way in (1, -1))
    smooth = moved & np.isfinite(ahead) & (behind > 0)
    assert smooth.sum() > 50
    rise = (ahead[smooth] - behind[smooth]) / (2 * step[smooth])
    np.testing.assert_allclose(slope[smooth], rise, rtol=1e-3)
    for _ in range(50):
        other = np.where(allowed, rng.dirichlet(np.full(5, 0.5), n), 0)
        other = 0.5 * q + 0.5 * other / other.sum(axis=1, keepdims=True)
        enough = moved & ((other * v).sum(axis=1) >= target)
        assert (apart(p, other)[enough] >= cost[enough] - 1e-12).all()


def test_a_trace_at_the_top_costs_what_nothing_costs() -> None:
    """Whatever it is, and whether the row that is wanted needs it or not: two states, and five."""
    for n_states in (2, 5):
        rng, n = np.random.default_rng(9), 400
        p, v, each = rng.dirichlet(np.full(n_states, 0.7), size=n), rng.random((n, n_states)), np.arange(n)
        top = v.argmax(axis=1)
        p[each, top] = 0
        p /= p.sum(axis=1, keepdims=True)
        here = (p * v).sum(axis=1)
        target = here + (v[each, top] - here) * rng.uniform(0.01, 0.99, n)
        without = nearest(p, v, target, np.ones(p.shape, bool))[0]
        p[each, top] = 10.0 ** -rng.uniform(14, 320, n)
        cost, slope, q = nearest(p, v, target, np.ones(p.shape, bool))
        np.testing.assert_allclose(cost, without, rtol=1e-9, atol=1e-9)
        assert np.isfinite(slope).all() and (q[each, top] >= 0.99 * p[each, top]).all()
        assert ((q * v).sum(axis=1) >= target - 1e-9).all()


@pytest.mark.parametrize("upwards", [True, False])
def test_a_row_over_a_ball_is_the_most_demanding_of_its_levels(upwards: bool) -> None:
    """Each level by itself, with the plain search; and the row by which its price changes with the values."""
    rng, n = np.random.default_rng(8), 60
    p, v = rng.dirichlet(np.full(4, 0.7), size=n), rng.random((n, 4))
    p[:9, 1] = 0
    p /= p.sum(axis=1, keepdims=True)
    allowed, radius = np.ones((n, 4), bool), rng.uniform(0.02, 0.2, n)
    ends = np.eye(4)[(v if upwards else -v).argmax(axis=1)]
    here, there = (
        np.array([TotalVariation(r).worst_case(*row) for r, *row in zip(radius.tolist(), x, v, strict=True)])
        for x in (p, ends)
    )
    target = here + (there - here) * rng.uniform(0.1, 0.8, n)
    cost, slope, q, worst = nearest_robust(p, v, target, allowed, radius, upwards)
    sign, each = (1.0 if upwards else -1.0), np.arange(n)
    levels = []
    for k in range(4):
        cut = np.minimum(v, v[:, k : k + 1])
        wanted = target + radius * (v[:, k] - v.min(axis=1))
        levels.append(nearest(p, sign * cut, sign * wanted, allowed))
    costs = np.array([level[0] for level in levels])
    best = costs.argmin(axis=0) if upwards else costs.argmax(axis=0)
    np.testing.assert_allclose(cost, costs[best, each], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(slope, sign * np.array([level[1] for level in levels])[best, each], rtol=1e-6)
    np.testing.assert_allclose(q, np.array([level[2] for level in levels])[best, each], rtol=0, atol=1e-9)
    np.testing.assert_allclose(worst.sum(axis=1), 1, rtol=0, atol=1e-12)
    priced = np.isfinite(cost) & (cost > 0)
    assert priced.sum() > 30
    np.testing.assert_allclose((worst * v).sum(axis=1)[priced], target[priced], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_where_starts_are(seed: int, radius: float, told: bool) -> None:
    """All rows moved alike, those of one step, one row mostly; downwards also the difference taken off as such."""
    _, facts = drawn(seed, radius, told)
    horizon, value = 3, facts.values(facts.kernel, facts.reward)
    for search in searches(facts):
        patterns = list(search._patterns())
        assert (patterns[0] == 1).all() and len(patterns) == 3 + (len(search.cells) if search.upwards else 0)
        for h in range(2):
            assert (patterns[1 + h].sum(axis=(1, 2)) == 30 * (np.arange(3) == h)).all() and patterns[1 + h].max() == 1
        for (h, s, a), pattern in zip(search.cells, patterns[3:], strict=False):
            assert pattern[h, s, a] == 1 and pattern.sum() == pytest.approx(1 + 0.05 * 89)
        share = np.random.default_rng(seed).random(facts.shape)
        moved, after = search._moved(share), np.zeros(5)
        for h in reversed(range(horizon)):
            best = facts.ends(h, after, search.upwards)[1]
            kernel = facts.kernel[h] + share[h][..., None] * (np.eye(5)[best] - facts.kernel[h])
            ball = TotalVariation(facts.radius[h])
            worth = np.where(facts.legal, facts.reward[h] + ball.worst_case(kernel, after), -np.inf).max(axis=1)
            after = np.where(facts.reached[h], worth, facts.unseen(h, after, search.upwards)[0])
            np.testing.assert_allclose(moved[h], after, rtol=0, atol=1e-9)
        if search.upwards:
            continue
        lowered, less = list(search._lowered()), value[0] @ facts.initial - search.wanted
        steps = np.arange(4)
        shapes = [steps < 1, steps < 2, *((1 - np.minimum(steps / 2, 1)) ** power for power in (0.5, 1, 2, 4))]
        assert len(lowered) == 2 * len(shapes)
        for (plain, scaled), shape in zip(zip(lowered[::2], lowered[1::2], strict=True), shapes, strict=True):
            off = less * shape[:, None]
            np.testing.assert_allclose(plain, (value - off)[:-1][search.free], rtol=0, atol=1e-9)
            factor = 1 - off / (value[0] @ facts.initial)
            np.testing.assert_allclose(scaled, (value * factor)[:-1][search.free], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_bounds_are_what_no_kernel_exceeds(seed: int, radius: float, told: bool) -> None:
    """Kernels drawn at random, and those that lead each joint action to the best, or worst, state that may follow."""
    _, facts = drawn(seed, radius, told)
    rng = np.random.default_rng(seed)
    own = facts.values(facts.kernel, facts.reward)
    for search in searches(facts):
        low, high = search.bounds
        best = max if search.upwards else min
        np.testing.assert_array_equal(low if search.upwards else high, own[:-1][search.free])
        ends: Any = search._moved(np.ones(facts.shape))[:-1][search.free]
        far, near = (high, low) if search.upwards else (low, high)
        sign = 1 if search.upwards else -1
        np.testing.assert_allclose(far, sign * np.maximum(sign * ends - INSIDE, sign * near), rtol=0, atol=1e-12)
        if told:  # whatever more, or less, is wanted
            beyond = search.complete(far + 9 * sign)[0][:-1][search.free]
            assert (sign * (beyond - far) <= 1e-5).all() and (sign * (beyond - near) >= -1e-5).all()
        worth = [float(facts.initial[search.free[0]] @ each[: search.free[0].sum()]) for each in search.bounds]
        assert search.furthest == best(worth)
        for _ in range(20):
            kernel = np.where(facts.allowed, rng.dirichlet(np.full(5, 0.2), size=facts.shape), 0)
            kernel /= kernel.sum(axis=-1, keepdims=True)
            reward = np.where(facts.reached[..., None], facts.reward, rng.uniform(-1.5, 2.5, size=facts.shape))
            value = facts.values(kernel, reward)[:-1][search.free]
            if search.upwards or not radius:
                assert (sign * (value - far) <= 2 * INSIDE).all()


def test_the_cheapest_joint_action_of_each_state_is_the_first_of_those() -> None:
    _, facts = drawn(1)
    search = searches(facts)[0]
    price = np.random.default_rng(0).integers(3, size=len(search.cells)).astype(float)
    chosen = search._cheapest(price)
    states = [tuple(cell) for cell in search.cells[:, :2].tolist()]
    for state in dict.fromkeys(states):
        own = [k for k, each in enumerate(states) if each == state]
        assert [k for k in chosen if states[k] == state] == [min(own, key=lambda k: (price[k], k))]
    assert len(chosen) == len(set(states)) and (np.diff(chosen) > 0).all()


def made_up(shift: np.ndarray, upwards: bool, cutting: Cutting) -> Found:
    nothing = np.zeros(cutting.game.shape)
    return Found(nothing, nothing, Cut(nothing + 1, np.ones(1, bool), False), upwards, 1.0, shift)


@pytest.mark.parametrize("upwards", [True, False])
def test_a_search_starts_where_it_is_cheapest(upwards: bool) -> None:
    """Three of all starts in the first round, of a fifth of them later, and two of the last twelve alternatives."""
    _, cutting = cutting_of(False)
    side, weights = cutting.sides[0 if upwards else 1], cutting.spread
    search = side.search(0.5)
    apart = abs(search.wanted - side.worth)

    def cheapest(shifts: list[np.ndarray], n: int) -> list[list[float]]:
        values = [side.own + apart * shift for shift in shifts]
        prices = [search.price(np.clip(each, *search.bounds), weights)[0] for each in values]
        order = sorted((price, k) for k, price in enumerate(prices) if np.isfinite(price))
        return [values[k].tolist() for _, k in order[:n]]

    for number, firsts in ((0, side.starts), (1, side.starts[1::5]), (7, side.starts[2::5])):
        found = cutting._starts(side, search, weights, number)
        assert [each.tolist() for each in found] == cheapest(firsts, 3) and len(found) > 0
    shifts = [shift * (0.5 + k / 40) for k, shift in enumerate((side.starts * 3)[:15])]
    shifts[0] = side.starts[0] * 0  # the cheapest of all, but too long ago
    cutting.found = [made_up(shift, upwards, cutting) for shift in shifts]
    cutting.found.insert(9, made_up(shifts[0], not upwards, cutting))
    found = cutting._starts(side, search, weights, 0)
    assert [each.tolist() for each in found] == cheapest(side.starts, 3) + cheapest(shifts[-12:], 2)


@pytest.mark.parametrize("upwards", [True, False])
def test_what_an_alternative_is_kept_as(upwards: bool) -> None:
    """Nothing that is seen is likelier in it, or something is; it differs by enough, or by too little."""
    game, facts = drawn(0)
    reached = facts.reached[..., None] & (np.arange(6) >= 0)
    landing = np.zeros((*facts.shape, 5))
    landing[..., 4] = 1  # which follows on nothing, and pays what is best, or worst
    reward = np.where(facts.reached[..., None], facts.reward, 2.5 if upwards else -1.5)
    kernel = np.where(reached[..., None], 0.9 * facts.kernel + 0.1 * landing, landing)
    likelier = kernel.copy()
    some = facts.kernel[1, 1, 0].argsort()[-2:]
    likelier[1, 1, 0, some] = facts.kernel[1, 1, 0, some] + [1e-6, -1e-6]
    likelier[1, 1, 0, [k for k in range(5) if k not in some]] = facts.kernel[
        1, 1, 0, [k for k in range(5) if k not in some]
    ]
    untouched = kernel.copy()
    untouched[1, 1, 0] = facts.kernel[1, 1, 0]
    cutting = Cutting(facts, 0.01, 0.05, 1e-3, False)
    side = cutting.sides[0 if upwards else 1]
    for sharper, (other, never) in itertools.product(
        (False, True), ((kernel, True), (likelier, False), (untouched, True))
    ):
        cutting.sharper, side.epsilon = sharper, 0.01
        search: Any = SimpleNamespace(build=lambda chosen, weights: (other, reward), wanted=side.worth - 0.25)  # noqa: B023
        chosen = side.own + 0.5
        found = cutting._alternative(side, 0.5, np.ones(1, bool), search, chosen, cutting.spread)
        assert found is not None and found.cut.never_likelier is (sharper and never) and found.upwards is upwards
        assert found.change == pytest.approx(0.006, rel=1e-12) and found.kernel is other and found.reward is reward
        np.testing.assert_allclose(found.shift, 2.0, rtol=1e-9)
        told = information_of(facts.kernel, other)
        np.testing.assert_array_equal(found.cut.information, np.where(facts.reached[..., None], told, 0))
        worth = abs(float(facts.values(other, reward)[0] @ game.initial) - side.worth)
        for epsilon, kept in ((2 * (worth - 2e-3), True), (2 * (worth - 5e-4), False), (2 * (worth + 5e-4), False)):
            side.epsilon = epsilon
            assert (cutting._alternative(side, 0.5, np.ones(1, bool), search, chosen, cutting.spread) is None) != kept
        search.build = lambda chosen, weights: None
        assert cutting._alternative(side, 0.5, np.ones(1, bool), search, chosen, cutting.spread) is None


def test_what_is_found_is_new_and_no_two_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    game, cutting = cutting_of(False)
    for side in cutting.sides:
        before = len(cutting.found)
        cutting._look(side, 0, cutting.spread, 0, None)
        own = cutting.found[before:]
        assert own and all(each.upwards == side.upwards and each.cut.refutes.all() for each in own)
        prices = [float((each.cut.information * cutting.spread).sum()) for each in own]
        assert all(abs(a - b) > 1e-6 * a for a, b in itertools.permutations(prices, 2))
        for each in own:
            worth = cutting.game.values(each.kernel, each.reward)[0] @ game.initial
            assert (worth - side.worth) * (1 if side.upwards else -1) >= 0.5 + MARGIN * 12 == each.change
            chosen = side.own + each.shift * (0.5 + 2 * MARGIN * 12)
            value = side.search(1.0).complete(chosen)[0][0]
            assert abs(value @ game.initial - side.worth) == pytest.approx(0.5, abs=1e-6)
            told = information_of(cutting.game.kernel, each.kernel)
            assert (each.cut.information == np.where(cutting.game.reached[..., None], told, 0)).all()
    allocation, before = cutting.solve(cutting.found), len(cutting.found)
    cutting._look(cutting.sides[0], 0, allocation.visits, 0, allocation)
    assert all(cutting._is_new(each, allocation) for each in cutting.found[before:])
    before = list(cutting.found)
    for name, answer in (("_is_new", False), ("_alternative", None)):
        monkeypatch.setattr(cutting, name, lambda *what: answer)  # noqa: B023
        cutting._look(cutting.sides[1], 0, cutting.spread, 0, allocation)
        cutting._look(cutting.sides[1], 0, cutting.spread, 0, None if answer is None else allocation)
        assert cutting.found == before
    far = Cutting(cutting.game, 1e3, 0.05, 1e-9, False)  # no kernel is worth so much more, or less
    for side in far.sides:
        far._look(side, 0, far.spread, 0, None)
    assert far.found == []


@pytest.mark.parametrize(
    ("rounds", "gains", "solved"),
    [
        (40, [0.0] * 41, 6),
        (8, [0.0] * 9, 4),
        (8, [-1.0] * 9, 3),
        (1, [0.0, 0.0], 2),
        (20, [2e-3] * 21, 21),
        (40, [5e-4] * 41, 6),
        (40, [0, 0, 0, 0, 0.1, *[0] * 40], 10),
        (40, [0, -0.5, 0.6, *[0] * 40], 6),
    ],
)
def test_when_a_search_ends_and_where_it_looks(
    rounds: int, gains: list[float], solved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an eighth of the rounds, or three, without a thousandth more; where episodes go, and half way there."""
    _, cutting = cutting_of(True)
    n, rng, looks = len(cutting.edges) - 1, np.random.default_rng(0), []
    visits = [rng.random(cutting.game.shape) for _ in range(rounds + 1)]
    outputs = np.where(np.arange(n) % 2, 0.5, 0.005)  # the even ones are too seldom
    plans = [
        type("Allocated", (), {"episodes": each, "visits": seen, "outputs": outputs})
        for each, seen in zip(np.cumprod(1 + np.array(gains[: rounds + 1])) * 0.5, visits, strict=True)
    ]
    solving = iter(plans)
    cutting.found = [made_up(np.zeros(1), True, cutting)]
    monkeypatch.setattr(cutting, "_look", lambda *asked: looks.append(asked))
    monkeypatch.setattr(cutting, "solve", lambda found: next(solving))
    cutting._improve([range(n), [0]], rounds)
    assert len(plans) - len(list(solving)) == solved
    expected, middle = [], cutting.spread
    for k in range(solved):
        last = plans[k - 1] if k else None
        kinds = [j for j in range(n) if last is None or j % 2]
        average = visits[k - 1] / visits[k - 1][0].sum()
        if last is not None:
            middle = average if k == 1 else 0.5 * (middle + average)
        share = middle if last is None or k % 2 else average
        expected += [
            (side, j, share, k, last) for side, own in zip(cutting.sides, (kinds, [0]), strict=True) for j in own
        ]
    assert len(looks) == len(expected)
    for asked, wanted in zip(looks, expected, strict=True):
        assert asked[0] is wanted[0] and asked[1] == wanted[1] and asked[3] == wanted[3] and asked[4] is wanted[4]
        np.testing.assert_allclose(asked[2], wanted[2] + 1e-4 * cutting.spread, rtol=0, atol=1e-12)


def test_kinds_are_told_apart_after_all_were_looked_at_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for sharper in (False, True):
        _, cutting = cutting_of(sharper)
        n, asked = len(cutting.edges) - 1, []
        monkeypatch.setattr(cutting, "_improve", lambda kinds, rounds: asked.append(([*map(list, kinds)], rounds)))  # noqa: B023
        cutting.run(7)
        assert asked == [([[n - 1], [0]], 7), *([([[*range(n)]] * 2, 7)] if sharper else [])]
    looks: list[Any] = []
    monkeypatch.undo()
    monkeypatch.setattr(cutting, "_look", lambda *what: looks.append(what))  # finds nothing, so there is an end
    cutting._improve([[0], [0]], 7)
    assert len(looks) == 2


def test_where_all_is_played_alike_and_what_an_episode_of_an_allocation_is() -> None:
    game, cutting = cutting_of(False)
    policy = np.broadcast_to(cutting.game.legal / cutting.game.legal.sum(axis=1, keepdims=True), (3, 5, 6))
    visits = expected_visits(game.transition, game.initial, policy)
    np.testing.assert_allclose(cutting.spread, visits[..., None] * policy, rtol=0, atol=1e-12)
    first = np.eye(6)[[game.legal_joint_actions(s)[0] for s in range(5)]]
    other = expected_visits(game.transition, game.initial, np.broadcast_to(first, (3, 5, 6)))[..., None] * first
    for n in (0.5, 7):
        spent: Any = type("Spent", (), {"visits": n * other})
        np.testing.assert_allclose(cutting._average(spent), other, rtol=0, atol=1e-12)
    spent.visits = np.zeros(cutting.game.shape)
    np.testing.assert_array_equal(cutting._average(spent), cutting.spread)


def test_which_outputs_an_alternative_refutes() -> None:
    """Upwards upper values that are too low, downwards the lower values that go with upper ones that are higher."""
    _, cutting = cutting_of(True)
    up, down = cutting.sides
    assert up.upwards and not down.upwards and set(EDGES) <= set(cutting.edges.tolist())
    n = len(cutting.edges) - 1
    for kind in range(n):
        share, wrong = up.refuting(kind)
        assert share == cutting.edges[kind + 1] and wrong.tolist() == [k <= kind for k in range(n)]
        share, wrong = down.refuting(kind)
        assert share == 1 - cutting.edges[kind] and wrong.tolist() == [k >= kind for k in range(n)]
    assert cutting_of(False)[1].edges.tolist() == [0, 1]
    for side, sign in ((up, 1), (down, -1)):
        assert side.search(0.5).wanted == pytest.approx(up.worth + sign * (0.25 + 2 * 12e-9), abs=1e-12)


def test_an_alternative_is_new_where_an_allocation_does_not_rule_it_out() -> None:
    """To a ten-thousandth of what it takes to tell an event of these outputs from one of probability delta."""
    _, cutting = cutting_of(True)
    n, shape = len(cutting.edges) - 1, cutting.game.shape
    outputs = np.linspace(1, 2, n) / np.linspace(1, 2, n).sum() * 0.95
    for never, share in itertools.product((False, True), (1 - 2e-4, 1 - 5e-5, 1.0)):
        refutes = np.arange(n) >= 1
        slope, constant = requirement(0.05, never)
        needed = (slope * outputs[1:].sum() + constant).max()
        assert needed > 0.5
        spent: Any = type("Spent", (), {"visits": np.full(shape, share * needed / 2 / 90), "outputs": outputs})
        each = Found(np.zeros(shape), np.zeros(shape), Cut(np.full(shape, 2.0), refutes, never), True, 1.0, np.zeros(1))
        assert cutting._is_new(each, spent) is (share < 1 - 1e-4)
        alone = cutting.program.solve([each.cut], [requirement(0.05, never)], 0.95).episodes
        assert cutting.solve([each]).episodes == pytest.approx(alone, rel=1e-12)
        assert cutting.per_nat([each]) == pytest.approx(0, abs=1e-9)  # all may be of the kind that is right there
        cut = Cut(np.full(shape, 2.0), np.ones(n, bool), never)
        whole = Found(np.zeros(shape), np.zeros(shape), cut, True, 1.0, np.zeros(1))
        alone = cutting.program.solve([whole.cut], [requirement(0.05, never)], 0.95).episodes
        assert cutting.solve([whole]).episodes == pytest.approx(alone, rel=1e-12) and alone > 0.1
        assert cutting.per_nat([whole]) == pytest.approx(1 / 6, rel=1e-9)  # of two nats a step, in three steps


def test_what_was_found_is_a_game_in_which_all_else_is_as_it_was() -> None:
    game, facts = drawn(2)
    parts = game.transition * (1 + 1e-12), game.reward, game.n_actions
    game = MarkovGame(*parts, game.initial, reward_range=game.reward_range, legal=game.legal)
    np.testing.assert_allclose(known(game, facts.radius, None).kernel.sum(axis=-1), 1, rtol=0, atol=1e-15)
    kernel, reward = facts.kernel.copy(), facts.reward + 0.125
    kernel[1, 1, 0, :2] = kernel[1, 1, 0, :2][::-1]
    found = Found(kernel, reward, Cut(np.zeros(facts.shape), np.ones(1, bool), False), True, 1.0, np.zeros(1))
    other = _as_game(found, game, facts.kernel)
    changed = np.zeros(facts.shape, dtype=bool)
    changed[1, 1, 0] = True
    np.testing.assert_array_equal(other.transition[~changed], game.transition[~changed])
    np.testing.assert_array_equal(other.transition[changed], kernel[changed])
    assert (game.transition[~changed] != facts.kernel[~changed]).any()
    np.testing.assert_array_equal(other.reward, np.broadcast_to(reward, game.reward.shape))
    np.testing.assert_array_equal(other.initial, game.initial)
    np.testing.assert_array_equal(other.step_ranges, game.step_ranges)
    assert other.n_actions == game.n_actions and other.legal is not None
    for s in range(5):
        assert other.legal_joint_actions(s) == game.legal_joint_actions(s)


def test_a_start_that_leads_nowhere_or_where_another_led_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    _, cutting = cutting_of(False)
    side, weights = cutting.sides[0], cutting.spread
    firsts = cutting._starts(side, side.search(1.0), weights, 0)
    made = firsts[:2]
    price = np.array([0.1, 0.1, 0.15])  # of what the three starts lead to
    cuts = [Cut(np.full(cutting.game.shape, each / weights.sum()), np.ones(1, bool), False) for each in price]
    nothing = np.zeros(1)
    founds = [Found(nothing, nothing, cut, True, 1.0, nothing) for cut in cuts]
    answers = iter([None, *founds])
    monkeypatch.setattr(cutting, "_starts", lambda *what: [*made, *made])
    monkeypatch.setattr(cutting, "_alternative", lambda *what: next(answers))
    cutting._look(side, 0, weights, 0, None)
    assert [each is founds[k] for each, k in zip(cutting.found, (0, 2), strict=True)] == [True, True]


def test_what_is_kept_of_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What matters to the program, and what the package's own planning confirms, up to half of the margin."""
    game, facts = drawn(0)
    cut, none = (Cut(np.full(facts.shape, told), np.ones(1, bool), False) for told in (1.0, 0.0))
    up = [0.96, 0.94, 5.0, 1.0]
    founds = [Found(facts.kernel, facts.reward, cut, k < 3, 1.0, np.zeros(1)) for k in range(4)]
    worths = {id(game): 7.0} | {
        id(each): 7.0 + (x if k < 3 else -x) for k, (each, x) in enumerate(zip(founds, up, strict=True))
    }
    solved: list[Any] = []

    def solve(found: list[Found]) -> Any:
        solved.append(found)
        weights = np.array([1e3, 1e3, 1e-7, 1e-5]) if len(found) == 4 else np.arange(1.0, 1 + len(found))
        return SimpleNamespace(weights=weights, episodes=12.0, visits=facts.reward)

    def as_game(each: Found, its_game: MarkovGame, kernel: np.ndarray) -> Any:
        assert its_game is game and kernel is facts.kernel
        return each

    monkeypatch.setattr(episodes, "_as_game", as_game)
    monkeypatch.setattr(episodes, "_best", lambda each, ball: (facts.reward, worths[id(each)]))
    cutting: Any = SimpleNamespace(
        found=founds,
        game=facts,
        margin=0.1,
        solve=solve,
        blocked=lambda found: False,
        per_nat=lambda found: 3.0 * len(found),
    )
    floor = episodes._assembled(cutting, game, TotalVariation(0.0))
    assert [each.game for each in floor.alternatives] == [founds[0], founds[3]] == solved[1]  # type: ignore[comparison-overlap]
    assert (floor.episodes, floor.per_nat) == (12.0, 6.0) and floor.visits is facts.reward
    np.testing.assert_allclose([each.change for each in floor.alternatives], [0.96, -1.0])
    assert [each.weight for each in floor.alternatives] == [1.0, 2.0]
    assert all(each.information is cut.information and each.value is facts.reward for each in floor.alternatives)
    never = [Found(facts.kernel, facts.reward, none, True, 1.0, np.zeros(1)), founds[0]]
    worths[id(never[0])] = 8.5
    cutting.found, cutting.blocked = never, lambda found: True
    floor = episodes._assembled(cutting, game, TotalVariation(0.0))
    assert floor.episodes == floor.per_nat == np.inf and [each.game for each in floor.alternatives] == never[:1]  # type: ignore[comparison-overlap]
    assert floor.alternatives[0].weight == 0 and floor.visits.shape == facts.shape and not floor.visits.any()
    cutting.blocked = lambda found: found is never  # but not once planning has looked at them
    floor = episodes._assembled(cutting, game, TotalVariation(0.0))
    assert (floor.episodes, floor.per_nat, floor.alternatives) == (0, 0, ()) and floor.visits.shape == facts.shape
    assert not floor.visits.any()


def test_radii_are_those_of_each_row() -> None:
    game, _ = drawn()
    radius = np.linspace(0, 0.3, 3 * 6).reshape(3, 1, 6)
    np.testing.assert_array_equal(episodes._radii(TotalVariation(radius), game), np.broadcast_to(radius, (3, 5, 6)))
    found = episodes._radii(TotalVariation(1), game)
    assert found.dtype == np.float64 and (found == 1).all() and found.shape == (3, 5, 6)


class Asked(Exception):
    """What the search was begun with."""


@pytest.mark.parametrize("sharper", [False, True])
def test_what_a_floor_is_looked_for_with(sharper: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A margin in units of all that rewards can come to, 24 rounds, and no search where delta is a half."""
    game = MarkovGame.discounted(np.ones((1, 2, 1)), np.zeros((1, 1, 2)), (2,), 0.5, 1.0, reward_range=(-1, 3))

    class Begun:
        def __init__(self, *arguments: Any) -> None:
            self.arguments = arguments

        def run(self, rounds: int) -> None:
            raise Asked(*self.arguments, rounds)

    monkeypatch.setattr(episodes, "Cutting", Begun)
    monkeypatch.setattr(episodes, "_assembled", lambda cutting, game, ball: "nothing")
    with pytest.raises(Asked) as asked:
        episodes_floor(game, 0.25, sharper=sharper)
    facts, epsilon, delta, margin, sharp, rounds = asked.value.args
    assert (epsilon, delta, rounds) == (0.25, 0.05, 24) and sharp is sharper and facts.shape == (3, 1, 2)
    assert margin == pytest.approx(4e-9 * (1 + 0.5 + 0.25), rel=1e-12)
    with pytest.raises(Asked):
        episodes_floor(game, 0.25, 0.499, rounds=1)
    assert episodes_floor(game, 0.25, 0.5) == "nothing"  # type: ignore[comparison-overlap]


def test_players_whose_ranges_differ_have_no_common_interest() -> None:
    game, _ = drawn()
    ranges = [(-1.5, 2.5), (-1.5, 2.5), (-1.5, 3)]
    other = MarkovGame(game.transition, game.reward, (2, 3, 1), game.initial, reward_range=ranges)
    with pytest.raises(ValueError, match=r"common interest: reward ranges of player 2 differ from those of player 0"):
        episodes_floor(other, 0.1)


@pytest.mark.parametrize(("seed", "radius", "told"), CASES)
def test_prices_have_their_gradients(seed: int, radius: float, told: bool) -> None:
    """Against differences, where there is no corner; what no alternative has costs without end, in no direction."""
    _, facts = drawn(seed, radius, told)
    rng = np.random.default_rng(seed)
    weights, compared = rng.uniform(0.5, 1.5, size=facts.shape), 0
    for search in searches(facts):
        low, high = search.bounds
        for _ in range(12):
            at = low + (high - low) * rng.uniform(0.1, 0.5, len(low))
            if np.abs(search.complete(at)[0][:-1][search.free] - at).max() > 1e-9:
                continue  # at the end of what rows can be worth prices rise so fast that differences say nothing
            for function in (lambda x: search.price(x, weights), search.off):  # noqa: B023
                value, gradient = function(at)
                if not np.isfinite(value):
                    np.testing.assert_array_equal(gradient, np.zeros(len(at)))
                    continue
                for k in range(len(at)):
                    way = 1e-6 * (np.arange(len(at)) == k)
                    ahead, behind = function(at + way)[0], function(at - way)[0]
                    if abs(ahead + behind - 2 * value) < 1e-3 * abs(ahead - behind):  # else there is a corner
                        assert gradient[k] == pytest.approx((ahead - behind) / 2e-6, rel=1e-2, abs=1e-6)
                        compared += 1
        value, gradient = search.price(high + 9 if search.upwards else low - 9, weights)
        if not told:
            assert value == np.inf and gradient.shape == low.shape and not gradient.any()
    assert compared > 40


def test_edges_are_where_games_that_keep_to_what_can_follow_end() -> None:
    """No kernel at all makes the start worth more than a share of epsilon: there, and halfway, kinds are told apart."""
    game, facts = drawn(0, told=True)
    worth = float(solve(game, TotalVariation(0.0)).value[0, 0] @ game.initial)
    ends = [Search(facts, worth, upwards).furthest for upwards in (True, False)]
    epsilon = 1.25 * (ends[0] - worth)
    edges = Cutting(facts, epsilon, 0.05, 1e-9, True).edges
    share = (ends[0] - worth) / epsilon
    assert share == pytest.approx(0.8)
    assert np.isclose(edges, 0.8, atol=1e-6).any() and np.isclose(edges, 0.4, atol=1e-6).any()
    assert (np.diff(edges) > 0).all() and edges[0] == 0 and edges[-1] == 1
    epsilon = 2 * (worth - ends[1])  # and where none makes it worth less
    edges = Cutting(facts, epsilon, 0.05, 1e-9, True).edges
    far = (ends[0] - worth) / epsilon
    expected = {*EDGES, 0.5, 0.25, *([far, far / 2] if far < 0.99 else [])}
    np.testing.assert_allclose(edges, sorted(expected), rtol=0, atol=1e-9)
    for share, n in ((0.995, 4), (1.005, 4), (0.005, 4), (0.985, 6)):  # not where it is an edge already, or seldom
        edges = Cutting(facts, (ends[0] - worth) / share, 0.05, 1e-9, True).edges
        low = 1 - (worth - ends[1]) * share / (ends[0] - worth)
        assert len(edges) == n + 2 * (0.01 < low < 0.99)


def test_every_output_is_wrong_at_no_price_where_it_is_wrong_in_games_that_look_alike() -> None:
    _, cutting = cutting_of(True)
    n, nothing = len(cutting.edges) - 1, np.zeros(cutting.game.shape)

    def found(refutes: Any, upwards: bool, told: float = 0.0) -> Found:
        return Found(nothing, nothing, Cut(nothing + told, np.asarray(refutes), False), upwards, 1.0, nothing)

    first, rest = np.arange(n) < 2, np.arange(n) >= 2
    assert not cutting.blocked([]) and cutting.blocked([found(np.ones(n, bool), True)])
    assert not cutting.blocked([found(first, True)]) and cutting.blocked([found(first, True), found(rest, False)])
    assert not cutting.blocked([found(first, True), found(rest, False, told=1e-9)])
    cutting.delta = 0.4  # wrong in one of two games that look alike may be right in the other
    assert cutting.blocked([found(np.ones(n, bool), True)])
    assert not cutting.blocked([found(first, True), found(rest, False)])
    cutting.delta = 0.5
    assert not cutting.blocked([found(np.ones(n, bool), True)])


def test_sides_begin_at_values_of_their_own() -> None:
    game, facts = drawn(1)
    value = solve(game, TotalVariation(0.0)).value[0]
    for upwards in (True, False):
        side = Side(facts, upwards, 0.5, 1e-9, EDGES)
        np.testing.assert_allclose(side.value, value, rtol=0, atol=1e-9)
        firsts = list(side.search(1.0).first_values())
        assert len(side.starts) == len(firsts) > 3
        for shift, first in zip(side.starts, firsts, strict=True):
            np.testing.assert_allclose(side.own + 0.5 * shift, first, rtol=0, atol=1e-12)
