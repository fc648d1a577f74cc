"""Stage equilibria: optima by linear programming, Nash equilibria by enumeration of supports, games that are known."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_kinds import SHAPES, kinds

from mornavi_lite.equilibrium import (
    deviation_gain,
    deviation_value,
    dual_simplex,
    is_product,
    lemke_howson,
    solve_stage,
    stage,
)
from tests.equilibrium.references import (
    ALL_DIFFER,
    CHICKEN,
    MOULIN_VIAL,
    PENNIES,
    RPS,
    SKEWED,
    brute_gain,
    linear_program,
    pure_equilibria,
    relative_gain,
    support_enumeration,
)

# Certified equilibria


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", SHAPES)
def test_every_kind_of_payoffs_is_solved_and_certified(n_actions, concept):
    n_games = 12 if n_actions == (10, 10) and concept == "ce" else 60
    for name, payoffs in kinds(n_games, n_actions, seed=3).items():
        if concept == "nash" and len(n_actions) > 2:
            payoffs = np.array([game for game in payoffs[:12] if pure_equilibria(game, n_actions)])
            if not len(payoffs):
                continue
        policy = solve_stage(payoffs, n_actions, concept)
        assert policy.shape == (len(payoffs), payoffs.shape[2])
        assert (policy >= 0).all(), name
        np.testing.assert_allclose(policy.sum(axis=1), 1, rtol=0, atol=1e-14, err_msg=name)
        assert (relative_gain(payoffs, policy, n_actions, concept) <= 1.0001e-9).all(), name
        if concept == "nash":
            assert is_product(policy, n_actions).all(), name


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_the_best_pure_equilibrium_comes_first_and_ties_go_to_the_lowest_joint_action(concept):
    rng = np.random.default_rng(4)
    for n_actions in [(2, 2), (3, 3), (2, 4), (2, 2, 2), (2, 3, 2), (3,)]:
        shape = (40, len(n_actions), int(np.prod(n_actions)))
        seen = 0
        for game in [*rng.integers(0, 3, shape), *(rng.integers(0, 10, shape) / 10), *rng.normal(size=shape)]:
            pure = pure_equilibria(game, n_actions)
            if not pure:
                continue
            seen += 1
            total = [round(float(game[:, a].sum()), 9) for a in pure]
            best = pure[total.index(max(total))]
            assert solve_stage(game, n_actions, concept).tolist() == np.eye(shape[2])[best].tolist()
        assert seen > 40


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 5), (4, 3), (2, 2, 2), (2, 3, 2), (3, 3, 3)])
def test_without_a_pure_equilibrium_no_other_has_a_higher_total(n_actions, concept):
    rng = np.random.default_rng(5)
    shape = (150, len(n_actions), int(np.prod(n_actions)))
    games = np.concatenate([rng.random(shape), rng.normal(size=shape), rng.integers(0, 5, shape)])
    games = np.array([game for game in games if not pure_equilibria(game, n_actions)])[::5]
    assert len(games) >= 5
    policy = solve_stage(games, n_actions, concept)
    for game, p in zip(games, policy, strict=True):
        assert game.sum(axis=0) @ p == pytest.approx(linear_program(game, n_actions, concept), abs=1e-7)


def test_without_a_pure_equilibrium_the_total_is_highest_when_one_player_counts_more():
    rng = np.random.default_rng(6)
    games = rng.normal(size=(200, 2, 9)) * [[[1], [30]]]
    games = np.array([game for game in games if not pure_equilibria(game, (3, 3))])
    for game, p in zip(games, solve_stage(games, (3, 3), "cce"), strict=True):
        assert game.sum(axis=0) @ p == pytest.approx(linear_program(game, (3, 3), "cce"), abs=3e-6)


@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 4), (4, 3)])
def test_nash_is_one_that_support_enumeration_finds(n_actions):
    rng = np.random.default_rng(7)
    games = rng.normal(size=(60, 2, int(np.prod(n_actions))))
    for attempt in (0, 1, 2):
        policy = lemke_howson.lemke_howson(stage.scaled_payoffs(games)[0], n_actions, attempt)
        for game, p in zip(games[:: attempt * 5 + 1], policy[:: attempt * 5 + 1], strict=True):
            all_equilibria = support_enumeration(game, n_actions)
            assert len(all_equilibria) % 2 == 1
            assert min(np.abs(p - each).max() for each in all_equilibria) < 1e-9


# Games by name


def test_prisoners_dilemma_defects():
    for concept in ("nash", "ce", "cce"):
        assert solve_stage([[3, 0, 5, 1], [3, 5, 0, 1]], (2, 2), concept).tolist() == [0, 0, 0, 1]


def test_matching_pennies_and_rock_paper_scissors_are_uniform():
    for concept in ("nash", "ce", "cce"):
        np.testing.assert_allclose(solve_stage(PENNIES, (2, 2), concept), 0.25, atol=1e-14)
        policy = solve_stage(RPS, (3, 3), concept)
        assert brute_gain(RPS, policy, (3, 3), concept) < 1e-12
    np.testing.assert_allclose(solve_stage(RPS, (3, 3), "nash"), 1 / 9, atol=1e-14)
    np.testing.assert_allclose(solve_stage(RPS, (3, 3), "ce"), 1 / 9, atol=1e-14)


def test_a_skewed_zero_sum_game_mixes_one_to_two():
    policy = solve_stage(SKEWED, (2, 2), "nash").reshape(2, 2)
    np.testing.assert_allclose(policy, np.outer([1, 2], [1, 2]) / 9, atol=1e-14)


def test_chickens_famous_correlated_equilibrium():
    thirds = np.array([1, 1, 1, 0]) / 3
    assert float(deviation_gain(CHICKEN, thirds, (2, 2), "ce")) < 1e-14
    scaled, width, exponent = stage.scaled_payoffs(CHICKEN[None].astype(float))
    best = dual_simplex.correlated(scaled, stage.total_payoff(scaled, width, exponent), (2, 2), "ce")[0]
    np.testing.assert_allclose(best, [0.5, 0.25, 0.25, 0], atol=1e-12)
    # It has pure equilibria, so the rule takes the better one; both have 9, and (dare, swerve) comes later.
    assert solve_stage(CHICKEN, (2, 2), "ce").tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_by_welfare_chicken_pays_more_than_its_pure_equilibria(concept):
    policy = solve_stage(CHICKEN, (2, 2), concept, select="welfare")
    np.testing.assert_allclose(policy, [0.5, 0.25, 0.25, 0], atol=1e-12)
    assert CHICKEN.sum(axis=0) @ policy == pytest.approx(10.5, abs=1e-12)
    assert CHICKEN.sum(axis=0) @ solve_stage(CHICKEN, (2, 2), concept, select="pure") == 9


def test_by_welfare_a_game_that_is_not_square():
    game = np.array([[3, 3, 2, 5, 0, 6], [3, 2, 2, 6, 3, 1]])
    policy = solve_stage(game, (3, 2), "cce", select="welfare")
    assert game.sum(axis=0) @ policy == pytest.approx(9.75, abs=1e-9)
    assert brute_gain(game, policy, (3, 2), "cce") < 1e-9


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 2), (3, 3), (2, 5), (1, 3), (4,), (2, 2, 2), (2, 3, 2), (2, 1, 3)])
def test_by_welfare_no_equilibrium_has_a_higher_total(n_actions, concept):
    rng = np.random.default_rng(16)
    shape = (1500, len(n_actions), int(np.prod(n_actions)))
    games = np.concatenate([rng.normal(size=shape), rng.integers(0, 4, shape), rng.random(shape) * 9])
    together = solve_stage(games, n_actions, concept, select="welfare")
    usual = solve_stage(games, n_actions, concept)
    more = (games.sum(axis=1) * (together - usual)).sum(axis=1) > 1e-6
    assert more.sum() >= 3 or sum(n > 1 for n in n_actions) < 2
    for k in [*np.flatnonzero(more)[:15], *np.flatnonzero(~more)[:600:40]]:
        total = games[k].sum(axis=0)
        assert total @ together[k] == pytest.approx(linear_program(games[k], n_actions, concept), abs=5e-6)
        assert brute_gain(games[k], together[k], n_actions, concept) < 1e-8
        assert solve_stage(games[k], n_actions, concept, select="welfare").tobytes() == together[k].tobytes()


def test_moulin_and_vial_a_cce_that_pays_more_than_nash():
    nash, cce = solve_stage(MOULIN_VIAL, (3, 3), "nash"), solve_stage(MOULIN_VIAL, (3, 3), "cce")
    np.testing.assert_allclose(nash, 1 / 9, atol=1e-14)
    np.testing.assert_allclose(MOULIN_VIAL @ nash, [1, 1], atol=1e-13)
    assert MOULIN_VIAL.sum(axis=0) @ cce == pytest.approx(3, abs=1e-9)
    assert brute_gain(MOULIN_VIAL, cce, (3, 3), "cce") < 1e-9


def test_a_game_where_the_best_nash_ce_and_cce_differ():
    (nash,) = support_enumeration(ALL_DIFFER, (3, 3))
    np.testing.assert_allclose(nash, np.outer([1, 1, 2], [1, 1, 1]).ravel() / 12, atol=1e-14)
    sixths = np.array([1, 1, 0, 1, 0, 1, 0, 1, 1]) / 6
    halves = np.array([1, 0, 0, 0, 0, 0, 0, 0, 1]) / 2
    total = ALL_DIFFER.sum(axis=0)
    for concept, policy, value in (("nash", nash, 1.5), ("ce", sixths, 2.0), ("cce", halves, 2.5)):
        np.testing.assert_allclose(solve_stage(ALL_DIFFER, (3, 3), concept), policy, atol=1e-12)
        assert total @ policy == pytest.approx(value, abs=1e-12)
        assert brute_gain(ALL_DIFFER, policy, (3, 3), concept) < 1e-12
        if concept != "nash":
            assert linear_program(ALL_DIFFER, (3, 3), concept) == pytest.approx(value, abs=1e-9)
    assert brute_gain(ALL_DIFFER, halves, (3, 3), "ce") == pytest.approx(0.5)
    assert brute_gain(ALL_DIFFER, sixths, (3, 3), "ce") < 1e-12
    assert not is_product(sixths, (3, 3))


DEGENERATE = {
    "all payoffs equal": ([[1, 1, 1, 1], [1, 1, 1, 1]], (2, 2)),
    "one player does not care": ([[1, -1, -1, 1], [7, 7, 7, 7]], (2, 2)),
    "pennies with the same row twice": ([[1, -1, -1, 1, 1, -1], [-1, 1, 1, -1, -1, 1]], (3, 2)),
    "pennies with a dominated column": ([[1, -1, 0, -1, 1, 0], [-1, 1, -5, 1, -1, -5]], (2, 3)),
    "three best replies to one action": ([[0, 2, 1, 0, 1, 2, 0, 0, 0], [0, 1, 2, 0, 2, 1, 1, 0, 0]], (3, 3)),
    "rock paper scissors, rock twice": (
        [[0, -1, 1, 0, 1, 0, -1, 1, -1, 1, 0, -1, 0, -1, 1, 0], [0, 1, -1, 0, -1, 0, 1, -1, 1, -1, 0, 1, 0, 1, -1, 0]],
        (4, 4),
    ),
    "a single joint action": ([[5], [-3]], (1, 1)),
    "only the second player chooses": ([[0, 0, 0], [1, 3, 3]], (1, 3)),
}


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_games(name, concept):
    payoffs, n_actions = DEGENERATE[name]
    policy = solve_stage(payoffs, n_actions, concept)
    assert brute_gain(payoffs, policy, n_actions, concept) < 1e-9
    assert concept != "nash" or is_product(policy, n_actions)


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_one_player_takes_the_first_best_action(concept):
    assert solve_stage([[1, 4, 4, 2]], (4,), concept).tolist() == [0, 1, 0, 0]


# Same digits


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 5), (2, 2, 2)])
def test_a_game_has_the_same_bytes_alone_and_in_any_batch(n_actions, concept):
    payoffs = np.concatenate(list(kinds(30, n_actions, seed=9).values()))
    if concept == "nash" and len(n_actions) > 2:
        payoffs = payoffs[[len(pure_equilibria(game, n_actions)) > 0 for game in payoffs]]
    together = solve_stage(payoffs, n_actions, concept)
    order = np.random.default_rng(9).permutation(len(payoffs))
    assert solve_stage(payoffs[order], n_actions, concept).tobytes() == together[order].tobytes()
    for cut in (7, 64):
        pieces = [solve_stage(payoffs[k : k + cut], n_actions, concept) for k in range(0, len(payoffs), cut)]
        assert np.concatenate(pieces).tobytes() == together.tobytes()
    for k in range(0, len(payoffs), 5):
        assert solve_stage(payoffs[k], n_actions, concept).tobytes() == together[k].tobytes()
    large = solve_stage(np.resize(payoffs, (10_000, *payoffs.shape[1:])), n_actions, concept)
    assert large.tobytes() == np.resize(together, large.shape).tobytes()
    folded = np.asfortranarray(payoffs[:300].reshape(3, 100, *payoffs.shape[1:]))
    assert solve_stage(folded, n_actions, concept).tobytes() == together[:300].tobytes()


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_the_last_bits_of_the_payoffs_do_not_tip_the_choice(concept):
    rng = np.random.default_rng(11)
    games = np.concatenate(
        [rng.integers(0, 4, (300, 2, 9)) / 7, rng.integers(0, 2, (100, 2, 9)) / 3, [MOULIN_VIAL / 10]]
    )
    before = solve_stage(games, (3, 3), concept)
    for _ in range(3):
        np.testing.assert_array_equal(
            solve_stage(games + rng.normal(size=games.shape) * 1e-16, (3, 3), concept), before
        )


def test_same_bytes_without_vector_instructions():
    features = np._core._multiarray_umath.__cpu_features__
    usable = [name for name in np._core._multiarray_umath.__cpu_dispatch__ if features[name]]
    code = (
        "import numpy as np, hashlib; from mornavi_lite.equilibrium import solve_stage\n"
        "u = np.random.default_rng(0).normal(size=(300, 2, 9)); u[150:] = u[150:].round(0)\n"
        "found = b''.join(solve_stage(u, (3, 3), c).tobytes() for c in ('nash', 'ce', 'cce'))\n"
        "print(hashlib.sha256(found).hexdigest())"
    )
    digests = set()
    for disabled in ("", " ".join(usable)):
        environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


# Invariances

games = st.sampled_from([(2, 2), (2, 3), (3, 3), (2, 2, 2), (3, 2, 2)]).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.integers(-4, 4), min_size=len(n) * int(np.prod(n)), max_size=len(n) * int(np.prod(n))).map(
            lambda values, n=n: np.array(values, dtype=float).reshape(len(n), -1)
        ),
    )
)


@settings(max_examples=60)
@given(game=games, concept=st.sampled_from(["ce", "cce"]), data=st.data())
def test_names_of_actions_and_players_do_not_matter(game, concept, data):
    n_actions, payoffs = game
    total = payoffs.sum(axis=0) @ solve_stage(payoffs, n_actions, concept)
    table = payoffs.reshape(len(n_actions), *n_actions)
    for player, n in enumerate(n_actions):
        table = np.take(table, data.draw(st.permutations(range(n))), axis=player + 1)
    order = data.draw(st.permutations(range(len(n_actions))))
    renamed = table[order].transpose(0, *(i + 1 for i in order)).reshape(len(n_actions), -1)
    sizes = tuple(n_actions[i] for i in order)
    policy = solve_stage(renamed, sizes, concept)
    assert renamed.sum(axis=0) @ policy == pytest.approx(total, abs=1e-6)
    assert brute_gain(renamed, policy, sizes, concept) <= 1e-8


@settings(max_examples=60)
@given(
    game=games,
    concept=st.sampled_from(["nash", "ce", "cce"]),
    power=st.integers(-900, 900),
    shift=st.integers(-1000, 1000),
)
def test_unit_and_zero_of_the_payoffs_do_not_matter(game, concept, power, shift):
    n_actions, payoffs = game
    if concept == "nash" and len(n_actions) > 2 and not pure_equilibria(payoffs, n_actions):
        concept = "cce"
    policy = solve_stage(payoffs, n_actions, concept)
    np.testing.assert_array_equal(solve_stage((payoffs + shift) * 2.0**power, n_actions, concept), policy)
    if concept != "nash":
        total = payoffs.sum(axis=0)
        assert total @ solve_stage(payoffs * 0.3 + 0.7, n_actions, concept) == pytest.approx(total @ policy, abs=1e-6)


# Ways to call


def test_payoffs_may_be_integers_lists_read_only_and_have_any_leading_axes():
    rng = np.random.default_rng(12)
    payoffs = rng.integers(-3, 4, (2, 5, 3, 2, 4))
    payoffs.setflags(write=False)
    policy = solve_stage(payoffs, (2, 2))
    assert policy.shape == (2, 5, 3, 4) and policy.dtype == np.float64
    np.testing.assert_array_equal(solve_stage(payoffs.astype(float), [2, 2]), policy)
    np.testing.assert_array_equal(solve_stage(payoffs[1, 2, 1].tolist(), np.array([2, 2])), policy[1, 2, 1])
    assert deviation_gain(payoffs, policy, (2, 2), "cce").shape == (2, 5, 3)
    assert solve_stage(np.zeros((0, 2, 4)), (2, 2)).shape == (0, 4)
    assert solve_stage(np.zeros((3, 0, 2, 4)), (2, 2), "nash").shape == (3, 0, 4)
    assert deviation_gain(np.zeros((0, 2, 4)), np.zeros((0, 4)), (2, 2), "ce").shape == (0,)


def test_floats_are_not_written_to():
    for concept in ("nash", "ce", "cce"):
        payoffs = np.random.default_rng(13).normal(size=(40, 2, 9))
        before = payoffs.copy()
        payoffs.setflags(write=False)
        policy = solve_stage(payoffs, (3, 3), concept)
        policy.setflags(write=False)
        deviation_gain(payoffs, policy, (3, 3), concept)
        np.testing.assert_array_equal(payoffs, before)
        policy.copy()[0] = 1


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_huge_tiny_and_shifted_payoffs(concept):
    for payoffs in (PENNIES * 1.7e308, PENNIES * 5e-324, PENNIES * [[1e300], [1e-300]], 1e8 + 1e-6 * PENNIES):
        np.testing.assert_allclose(solve_stage(payoffs, (2, 2), concept), 0.25, atol=1e-9)


def test_a_constant_player_does_not_drown_the_other_in_the_total():
    # The first player is paid 1e300 whatever happens, the second prefers joint action 2.
    game = [[1e300] * 4, [0, 0, 1, 1 - 2.0**-20]]
    for concept in ("nash", "ce", "cce"):
        assert solve_stage(game, (2, 2), concept).tolist() == [0, 0, 1, 0]


GOOD = np.zeros((3, 2, 4))
NAN, INF = GOOD.copy(), GOOD.copy()
NAN[1, 0, 2] = np.nan
INF[2, 1, 3] = -np.inf


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: solve_stage(NAN, (2, 2)), ValueError, r"payoffs\[1, 0, 2\] must be finite, got nan"),
        (lambda: solve_stage(INF, (2, 2)), ValueError, r"payoffs\[2, 1, 3\] must be finite, got -inf"),
        (lambda: solve_stage(GOOD, (2, 3)), ValueError, r"payoffs .* m, A = \(2, 6\), got \(3, 2, 4\)"),
        (lambda: solve_stage(GOOD, (2, 2, 1)), ValueError, r"payoffs .* m, A = \(3, 4\), got \(3, 2, 4\)"),
        (lambda: solve_stage(GOOD[0, 0], (2, 2)), ValueError, r"payoffs .* got \(4,\)"),
        (lambda: solve_stage("no", (2, 2)), TypeError, "payoffs must be an array of real numbers"),
        (lambda: solve_stage(GOOD, ()), ValueError, "n_actions must have one entry"),
        (lambda: solve_stage(GOOD, (2, 0)), ValueError, r"n_actions\[1\] must be at least 1, got 0"),
        (lambda: solve_stage(GOOD, (2, 2.0)), TypeError, r"n_actions\[1\] must be an integer"),
        (
            lambda: solve_stage(GOOD, (2, 2), "pure"),
            ValueError,
            "concept must be one of 'nash', 'ce', 'cce', got 'pure'",
        ),
        (lambda: solve_stage(GOOD, (2, 2), None), TypeError, "concept must be one of"),
        (lambda: solve_stage(GOOD, (2, 2), "ce", "best"), ValueError, "select must be one of 'pure', 'welfare'"),
        (lambda: solve_stage(GOOD, (2, 2), "ce", select=None), TypeError, "select must be one of"),
        (
            lambda: solve_stage(GOOD, (2, 2), "nash", "welfare"),
            ValueError,
            "select must be 'pure' for concept 'nash', got 'welfare': .* NP-hard",
        ),
        (lambda: deviation_gain(GOOD, np.full((3, 3), 1 / 3), (2, 2), "ce"), ValueError, "policy must have shape"),
        (
            lambda: deviation_gain(GOOD, np.full((1, 4), 0.25), (2, 2), "ce"),
            ValueError,
            r"policy must have shape .*\(3, 4\)",
        ),
        (lambda: deviation_gain(GOOD, np.eye(4)[:3] * 1.1, (2, 2), "ce"), ValueError, r"policy\[0\] must sum to 1"),
        (
            lambda: deviation_gain(GOOD[0], [1.5, -0.5, 0, 0], (2, 2), "ce"),
            ValueError,
            r"policy\[1\] must not be negative",
        ),
        (
            lambda: deviation_gain(GOOD, [[1, 0, 0, 0], [0.5, 0, 0, 0.5], [0, 0, 0, 1]], (2, 2), "nash"),
            ValueError,
            r"policy\[1\] must be a product .* joint action 0 has probability 0.5, the product 0.25",
        ),
        (
            lambda: deviation_value(GOOD[0, 0], np.eye(4)[0], (2, 2), 2, "ce"),
            ValueError,
            "player must be from 0 to 1, got 2",
        ),
        (lambda: deviation_value(GOOD[0, 0, :3], np.eye(4)[0], (2, 2), 0, "ce"), ValueError, "payoff must have shape"),
        (lambda: is_product(np.eye(3), (2, 2)), ValueError, "policy must have shape"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Second tries, and giving up


def unsolvable(n_games=3):
    """Games of which only the last one has no pure equilibrium."""
    return np.concatenate([np.zeros((n_games - 1, 2, 4)), PENNIES[None]])


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("bad", [0.0, np.nan, 1.0])
def test_an_answer_that_is_not_certified_is_never_returned(monkeypatch, concept, bad):
    name = "lemke_howson" if concept == "nash" else "correlated"
    wrong = np.array([[1.0, 0, 0, 0]]) if bad == 1 else np.full((1, 4), bad)
    if bad == 0:
        # All zeros gain nothing by any deviation: the solvers themselves must not hand that out.
        monkeypatch.setattr(dual_simplex, "basic_solution", lambda names, amount, n: np.zeros((len(names), n)))
        monkeypatch.setattr(lemke_howson, "basic_solution", lambda names, amount, n: np.zeros((len(names), n)))
    else:
        monkeypatch.setattr(stage, name, lambda *arguments: wrong)
    reached = "leaves a deviation gain of 1.0e\\+00" if bad == 1 else "is none"
    with pytest.raises(
        RuntimeError, match=rf"payoffs\[2\]: no '{concept}' equilibrium .* found {reached}.*1 of 3 games"
    ):
        solve_stage(unsolvable(), (2, 2), concept)
    with pytest.raises(RuntimeError, match=r"payoffs\[1, 0\]: "):
        solve_stage(unsolvable(4)[[0, 1, 3, 2]].reshape(2, 2, 2, 4), (2, 2), concept)
    with pytest.raises(RuntimeError, match="payoffs: no "):
        solve_stage(PENNIES, (2, 2), concept)


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("attempt", [1, 2])
def test_each_later_attempt_solves_every_kind_too(monkeypatch, concept, attempt):
    solver = stage._best_mixed
    monkeypatch.setattr(stage, "_best_mixed", lambda *arguments: solver(*arguments[:-1], attempt))
    monkeypatch.setattr(stage, "_ATTEMPTS", 1)
    failed = 0
    for n_actions in [(2, 2), (2, 3), (3, 3)]:
        for payoffs in kinds(6, n_actions, seed=14).values():
            for game in payoffs:
                try:
                    policy = solve_stage(game, n_actions, concept)
                except RuntimeError:
                    failed += 1
                else:
                    assert (relative_gain(game[None], policy[None], n_actions, concept) <= 1.0001e-9).all()
    assert failed <= (3 if attempt == 1 else 0)


@pytest.mark.slow
@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_none_of_many_difficult_games_is_left_uncertified(concept):
    """As many as the book's page on speed states, of another seed; an answer that fails would raise."""
    shapes = [n for n in SHAPES if concept != "nash" or len(n) == 2]
    each = -(-(10**5) // (len(shapes) * len(kinds(1, (2, 2), 0))))
    solved = 0
    for n_actions in shapes:
        for payoffs in kinds(each, n_actions, seed=20).values():
            policy = solve_stage(payoffs, n_actions, concept)
            assert (relative_gain(payoffs, policy, n_actions, concept) <= 1.0001e-9).all()
            solved += len(payoffs)
    assert solved >= 10**5
