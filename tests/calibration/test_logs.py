"""Radii of a whole game from two logs: coverage, whose visits count, which logs need the anytime form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, Counts, KullbackLeibler, MarkovGame, Nominal, TotalVariation, evaluate, solve, zoo
from mornavi_lite.calibration import from_logs, rows
from mornavi_lite.deployment import random_game
from tests.planning.test_induction import random_game as some_game
from tests.planning.test_induction import random_policy


def log_of(game: MarkovGame, world: MarkovGame, policy: np.ndarray, n: int, rng: np.random.Generator) -> Counts:
    counts = Counts.for_game(game)
    counts.add(world.play(policy, n, rng), game.reward)
    return counts


def distances(game: MarkovGame, world: MarkovGame) -> np.ndarray:
    return np.asarray(np.abs(game.transition - world.transition).sum(axis=-1) / 2)


def test_all_rows_of_a_game_of_three_players_are_covered_at_once_and_plans_keep_their_promise() -> None:
    game, rng = some_game(4), np.random.default_rng(0)  # three unlike players
    policy, covered, kept = random_policy(game, 1), [], []
    for _ in range(3):
        world = random_game(game, TotalVariation(0.1), rng)
        radii = from_logs(log_of(game, game, policy, 800, rng), log_of(game, world, policy, 400, rng), delta=0.2)
        covered.append((radii.per_row >= distances(game, world)).all())
        plan = solve(game, radii.uncertainty)
        kept.append((evaluate(world, plan.policy, Nominal())[:, 0] >= plan.value[:, 0] - 1e-9).all())
    assert np.mean(covered) >= 0.8 and np.mean(kept) >= np.mean(covered)
    assert 0.1 < radii.largest <= 1 and radii.per_row.shape == game.transition.shape[:3]
    assert not radii.per_row.flags.writeable and radii.largest == radii.per_row[radii.visited].max()


def test_a_game_made_of_the_log_promises_with_the_radii_around_it() -> None:
    game, rng = zoo.traffic_merge(), np.random.default_rng(1)
    policy = solve(game, TotalVariation(0.1)).policy
    world = random_game(game, TotalVariation(0.05), rng)
    training, deployment = log_of(game, game, policy, 2000, rng), log_of(game, world, policy, 500, rng)
    radii = from_logs(training, deployment)
    np.testing.assert_array_equal(radii.centre[radii.visited], training.empirical_model()[radii.visited])
    made = MarkovGame(radii.centre, game.reward, game.n_actions, game.initial)
    promise = evaluate(made, policy, radii.empirical_uncertainty)[:, 0] @ game.initial
    assert (evaluate(world, policy, Nominal())[:, 0] @ game.initial >= promise - 1e-9).all()
    assert (radii.around_empirical[radii.visited] <= radii.per_row[radii.visited] + 0.05).all()


def test_a_row_that_one_log_never_visited_may_be_anywhere() -> None:
    game, rng = zoo.fishing(storm=0.02), np.random.default_rng(2)
    far, near = solve(game, Nominal()).policy, solve(game, TotalVariation(0.1)).policy
    radii = from_logs(log_of(game, game, far, 500, rng), log_of(game, game, near, 500, rng))
    only_far = (far[0] > 0) & (near[0] == 0) & (game.initial[:, None] > 0)
    assert (
        only_far.any() and (radii.per_row[0][only_far] == 1).all() and (radii.around_empirical[0][only_far] == 1).all()
    )
    assert (radii.per_row[~radii.visited] == 1).all() and (radii.per_row[radii.visited] < 1).all()


def stopped_on_purpose(far: float, rng: np.random.Generator, most: int = 60) -> np.ndarray:
    """Counts of a coin, tossed until it shows less than it should by as much as possible."""
    tosses = rng.random(most) < far
    heads, n = np.cumsum(tosses), np.arange(1, most + 1)
    stop = 4 + int(np.argmax(((far - heads / n) * np.sqrt(n))[4:]))
    return np.array([n[stop] - heads[stop], heads[stop]])


def test_a_log_that_was_stopped_on_purpose_needs_the_anytime_form() -> None:
    rng, far, failed = np.random.default_rng(3), 0.5, {False: 0, True: 0}
    game = MarkovGame.stationary(np.full((2, 1, 2), 0.5), np.zeros((1, 2, 1)), (1,), 1)
    training = Counts.for_game(game)
    training.add(np.array([[[[10**4, 0]], [[0, 0]]]]), game.reward)
    for _ in range(80):
        deployment = Counts.for_game(game)
        deployment.add(np.array([[[stopped_on_purpose(far, rng)], [[0, 0]]]])[:, :, :], game.reward)
        for stopped in failed:
            radii = from_logs(training, deployment, 0.2, stopped=stopped)
            failed[stopped] += bool(radii.per_row[0, 0, 0] < far)
    assert failed[False] > 0.2 * 80  # looking on purpose is not covered
    assert failed[True] <= 0.2 * 80


def test_the_level_is_shared_by_the_rows_of_a_step_that_both_logs_visited() -> None:
    game = MarkovGame.stationary(np.full((3, 2, 3), 1 / 3), np.zeros((1, 3, 2)), (2,), 2, np.full(3, 1 / 3))
    shape = (2, 3, 2, 3)
    one, both = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
    one[0, 0, 0] = one[1, 0, 0] = (40, 30, 30)
    both[:, :2, 0] = (40, 30, 30)
    logs = {name: Counts.for_game(game) for name in ("one", "both")}
    logs["one"].add(one, game.reward)
    logs["both"].add(both, game.reward)
    alone = from_logs(logs["one"], logs["one"], 0.1)
    half = from_logs(logs["both"], logs["both"], 0.05)
    shared = from_logs(logs["both"], logs["both"], 0.2)
    assert alone.per_row[0, 0, 0] == shared.per_row[0, 0, 0] < half.per_row[0, 0, 0]
    assert from_logs(logs["one"], logs["both"], 0.1).per_row[0, 0, 0] == alone.per_row[0, 0, 0]


def test_pooled_rows_share_their_visits() -> None:
    game, rng = zoo.patrol(), np.random.default_rng(4)
    uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)
    logs = log_of(game, game, uniform, 400, rng), log_of(game, game, uniform, 400, rng)
    pooled = from_logs(*logs, rows="stationary")
    numbers = np.broadcast_to(
        np.arange(game.n_states * game.n_joint_actions).reshape(game.n_states, -1), pooled.per_row.shape
    )
    same = from_logs(*logs, rows=numbers)
    np.testing.assert_array_equal(same.per_row, pooled.per_row)
    assert (pooled.per_row == pooled.per_row[:1]).all()
    summed = logs[0].transitions.sum(axis=0)
    row = summed.sum(axis=-1) > 0
    np.testing.assert_allclose(pooled.centre[0][row], (summed / np.maximum(summed.sum(-1, keepdims=True), 1))[row])


def test_kl_needs_a_word_on_what_can_follow() -> None:
    game, rng = zoo.traffic_merge(), np.random.default_rng(5)
    policy = solve(game, TotalVariation(0.1)).policy
    logs = log_of(game, game, policy, 1000, rng), log_of(game, game, policy, 1000, rng)
    for kind in (KullbackLeibler, ChiSquare):
        bare = from_logs(*logs, uncertainty=kind)
        with pytest.raises(ValueError, match=r"per_row\[0, 0, 0\] is infinite.*training never saw.*TotalVariation"):
            _ = bare.uncertainty
        stated = from_logs(*logs, uncertainty=kind, support=game)
        assert np.isfinite(stated.per_row[stated.visited]).all()
        smooth = from_logs(*logs, uncertainty=kind, smoothing=0.01)
        assert np.isfinite(smooth.around_empirical[smooth.visited]).all()
        np.testing.assert_allclose(smooth.centre.min(), 0.01 / game.n_states)
    kernel, both = np.array([[[[0.5, 0.5], [0.2, 0.8]], [[0.7, 0.3], [0.4, 0.6]]]]), np.full((1, 2, 2), 0.5)
    dense = MarkovGame(kernel, np.full((1, 1, 2, 2), 0.5), (2,), np.full(2, 0.5))
    same = log_of(dense, dense, both, 4000, rng), log_of(dense, dense, both, 4000, rng)
    radii = from_logs(*same, uncertainty=KullbackLeibler)
    assert isinstance(radii.uncertainty, KullbackLeibler) and solve(dense, radii.uncertainty).gap <= 1e-9


def test_a_support_of_many_states_is_a_list_of_next_states(monkeypatch: pytest.MonkeyPatch) -> None:
    game, rng = some_game(4), np.random.default_rng(8)
    logs = [log_of(game, game, random_policy(game, 1), 300, rng) for _ in range(2)]
    can = game.transition > 0
    listed = np.argsort(~can, axis=-1, kind="stable")
    listed = np.where(np.take_along_axis(can, listed, -1), listed, listed[..., :1])
    radii = []
    for many in (10**9, 0):
        monkeypatch.setattr("mornavi_lite.confidence.stated.MANY_NUMBERS", many)
        radii.append(from_logs(*logs, uncertainty=KullbackLeibler, support=listed).per_row)
    np.testing.assert_array_equal(*radii)
    np.testing.assert_array_equal(radii[1], from_logs(*logs, uncertainty=KullbackLeibler, support=can).per_row)


def small_logs(seed: int) -> tuple[Counts, Counts]:
    """Two logs of two steps, three states and two actions; about a third of the rows have no visit in one of them."""
    rng, shape = np.random.default_rng(seed), (2, 3, 2, 3)
    logs = Counts(3, (2,), 2), Counts(3, (2,), 2)
    for log, once in zip(logs, ((1, 2, 1), (0, 1, 0)), strict=True):
        seen = rng.integers(0, 40, shape) * (rng.random(shape) < 0.8) * (rng.random(shape[:3]) < 0.8)[..., None]
        seen[0, 1, 0], seen[1, 2, 1] = (5, 9, 7), (8, 0, 20)
        seen[once] = (0, 1, 0)
        log.add(seen, np.zeros((1, 2, 3, 2)))
    return logs


FORMS: list[dict[str, Any]] = [
    {},
    {"stopped": True},
    {"rows": "stationary"},
    {"rows": [[[5, 5], [1, 2], [7, 8]], [[0, 5], [1, 2], [9, 8]]]},
    {"smoothing": 0.2},
]
BETWEEN = {
    TotalVariation: (lambda *a: rows.tv_between(*a[:3]), lambda *a: rows.tv_around(*a[:3])),
    KullbackLeibler: (
        lambda *a: rows.divergence_between(*a, rows.kl_term),
        lambda *a: rows.divergence_around(*a, rows.kl_term),
    ),
    ChiSquare: (
        lambda *a: rows.divergence_between(*a, rows.chi_square_term),
        lambda *a: rows.divergence_around(*a, rows.chi_square_term),
    ),
}


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("kind", BETWEEN)
def test_each_radius_is_that_of_its_row_at_its_share_of_delta(kind: type, form: dict[str, Any]) -> None:
    """Cell by cell: the counts of all cells of its row, its level, what can follow, and where the centre lies."""
    training, deployment = small_logs(3)
    shape, share = training.visits.shape, form.get("smoothing", 0.0)
    can = (training.transitions + deployment.transitions > 0).any(axis=0) | np.eye(3, dtype=bool)[:, None]
    support = None if kind is TotalVariation else can
    radii = from_logs(training, deployment, 0.3, kind, support=support, **form)
    numbers = np.arange(12).reshape(shape)
    if "rows" in form:
        numbers = np.array([numbers[0], numbers[0]] if form["rows"] == "stationary" else form["rows"])
    step_rows = [len(set(numbers[h][radii.visited[h]].tolist())) for h in range(2)]
    assert 0 < radii.visited.sum() < (13 if form.get("rows") == "stationary" else 12) and radii.kind is kind
    for cell in np.ndindex(shape):
        same = numbers == numbers[cell]
        first, second = training.transitions[same].sum(axis=0), deployment.transitions[same].sum(axis=0)
        may = np.ones(3, dtype=bool)
        for _, s, a in np.argwhere(same):
            may &= True if support is None else can[s, a]
        n, k = int(first.sum()), int(second.sum())
        spread = may / may.sum()
        centre = (1 - share) * (first / n if n else spread) + share * spread
        np.testing.assert_allclose(radii.centre[cell], centre, rtol=0, atol=1e-15)
        assert radii.visited[cell] == (n > 0 and k > 0)
        if not radii.visited[cell]:
            unknown = 1.0 if kind is TotalVariation else np.inf
            assert radii.per_row[cell] == radii.around_empirical[cell] == unknown
            continue
        levels = [0.3 / (2 * step_rows[cell[0]])] * 2
        if "rows" in form or "stopped" in form:
            levels = [0.3 / len(set(numbers.ravel().tolist())) / (k * (k + 1))] * 2
            levels[0] /= n * (n + 1)
        between, around = BETWEEN[kind]
        assert radii.per_row[cell] == pytest.approx(between(first, second, levels[0], may), rel=3e-4)
        assert radii.around_empirical[cell] == pytest.approx(around(centre, second, levels[1], may), rel=3e-4)
    for array in (radii.per_row, radii.around_empirical, radii.centre, radii.visited):
        assert not array.flags.writeable


def test_illegal_actions_have_no_share_of_the_level_of_a_log_that_was_stopped() -> None:
    legal = [[[True, True], [True, False], [False, True]]]
    game = MarkovGame(np.full((2, 3, 2, 3), 1 / 3), np.zeros((1, 2, 3, 2)), (2,), 0, legal=legal)
    logs = Counts.for_game(game), Counts.for_game(game)
    for log, seen in zip(logs, ((20, 10, 10), (5, 10, 10)), strict=True):
        log.add(np.broadcast_to(seen, (2, 3, 2, 3)), game.reward)
    radii = from_logs(*logs, 0.2, stopped=True)
    level = 0.2 / (2 * 4) / (40 * 41 * 25 * 26)
    assert radii.per_row[1, 0, 1] == rows.tv_between(np.array([20, 10, 10]), np.array([5, 10, 10]), level)
    assert radii.visited.sum() == 2 * 4


def test_rows_whose_cells_have_no_next_state_in_common_contradict_the_support() -> None:
    """They were not visited, so no count says so; their centre would be no distribution."""
    log, can = Counts(2, (1,), 2), np.ones((2, 2, 1, 2), dtype=bool)
    log.add(np.array([[[[3, 2]], [[0, 0]]], [[[0, 0]], [[0, 0]]]]), np.zeros((1, 2, 2, 1)))
    can[:, 1, 0] = np.eye(2, dtype=bool)
    numbers = [[[0], [1]], [[2], [1]]]
    with pytest.raises(ValueError, match=r"rows and support contradict.*nothing can follow \[0, 1, 0\]"):
        from_logs(log, log, support=can, rows=numbers)
    can[1, 1, 0] = True
    radii = from_logs(log, log, support=can, rows=numbers)
    assert radii.centre[:, 1, 0].tolist() == [[1, 0], [1, 0]] and radii.centre[1, 0, 0].tolist() == [0.5, 0.5]


GAME = zoo.traffic_merge()
LOG = log_of(GAME, GAME, solve(GAME, Nominal()).policy, 50, np.random.default_rng(6))
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"training": GAME}, TypeError, "training must be Counts"),
    ({"deployment": GAME}, TypeError, "deployment must be Counts"),
    ({"deployment": Counts(3, (2, 2), 5)}, ValueError, "deployment must have H, S, n_actions"),
    ({"deployment": Counts.for_game(GAME)}, ValueError, "they share none"),
    ({"delta": 1.0}, ValueError, "delta must be between 0 and 1"),
    ({"uncertainty": TotalVariation(0.1)}, TypeError, "the class itself"),
    ({"uncertainty": Nominal}, TypeError, "uncertainty must be TotalVariation"),
    ({"stopped": 1}, TypeError, "stopped must be True or False"),
    ({"rows": np.zeros((1, 1, 1), dtype=int)}, ValueError, "rows must have shape"),
    ({"rows": "pooled"}, ValueError, "rows must be one of"),
    ({"smoothing": 1.0}, ValueError, "smoothing must be below 1"),
    ({"support": np.ones((3, GAME.n_states, 4, GAME.n_states), dtype=bool)}, ValueError, "support must have 5 steps"),
    ({"support": np.ones((2, 1, 2), dtype=bool)}, ValueError, "support must have shape"),
    ({"support": np.ones((2, *LOG.transitions.shape[1:]), bool)}, ValueError, "support must have 5 steps, got 2"),
    ({"support": np.eye(GAME.n_states, dtype=bool)[:, None].repeat(4, 1)}, ValueError, "training contradicts support"),
]


def test_the_log_that_contradicts_a_support_is_named() -> None:
    shape = (GAME.n_states, GAME.n_joint_actions, GAME.n_states)
    may = (GAME.transition > 0).any(axis=0) | np.zeros(shape, dtype=bool)
    other = Counts.for_game(GAME)
    other.add(np.ones(GAME.transition.shape, dtype=int), GAME.reward)
    with pytest.raises(ValueError, match=r"^deployment contradicts support: .* was seen 1 times"):
        from_logs(LOG, other, support=may)


@pytest.mark.parametrize(("wrong", "error", "said"), WRONG, ids=[said[:30] for _, _, said in WRONG])
def test_wrong_arguments_are_named(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        from_logs(**{"training": LOG, "deployment": LOG} | wrong)
