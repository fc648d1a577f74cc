"""Games: what is checked, what is stored, and that play has the law of plain trajectories."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mornavi_lite import MarkovGame
from mornavi_lite.games.flows import split


def skewed_game(seed: int = 0, initial: object = None) -> MarkovGame:
    """Three players, 2 x 3 x 1 actions, sparse rows, kernel different at each step."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.full(4, 0.5), size=(3, 4, 6))
    transition[rng.random(transition.shape) < 0.3] = 0
    transition[transition.sum(axis=-1) == 0, 1] = 1
    transition /= transition.sum(axis=-1, keepdims=True)
    return MarkovGame(transition, rng.random((3, 3, 4, 6)), (2, 3, 1), initial)


def test_shapes_names_and_defaults() -> None:
    game = skewed_game()
    assert (game.horizon, game.n_states, game.n_players, game.n_joint_actions) == (3, 4, 3, 6)
    assert game.n_actions == (2, 3, 1)
    assert game.initial.tolist() == [1, 0, 0, 0]
    assert game.state_names == ("0", "1", "2", "3")
    assert game.action_names == (("0", "1"), ("0", "1", "2"), ("0",))
    assert game.joint_action_name(4) == "(1, 1, 0)"
    assert repr(game) == "MarkovGame(name='', horizon=3, n_states=4, n_actions=(2, 3, 1))"


@pytest.mark.parametrize("initial", [2, np.int32(2), [0, 0, 1, 0], np.array([0.0, 0.0, 1.0, 0.0])])
def test_initial_is_a_state_or_a_distribution(initial: object) -> None:
    assert skewed_game(initial=initial).initial.tolist() == [0, 0, 1, 0]


def test_arrays_are_copies_and_read_only() -> None:
    transition, reward = np.ones((2, 1, 1, 1)), np.zeros((1, 2, 1, 1))
    transition.setflags(write=False)
    game = MarkovGame(transition, reward, [1])
    reward[:] = 1
    assert game.reward.sum() == 0 and game.reward.dtype == np.float64
    for array in (game.transition, game.reward, game.initial):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        game.horizon = 5  # type: ignore[misc]


def test_whole_numbers_are_fine() -> None:
    game = MarkovGame(np.ones((2, 1, 1, 1), dtype=int), np.zeros((1, 2, 1, 1), dtype=np.int8), [1], np.int64(0))
    assert game.transition.dtype == game.reward.dtype == np.float64


def test_stationary_arrays_are_views_of_one_step() -> None:
    once = skewed_game()
    game = MarkovGame.stationary(once.transition[0], once.reward[:, 0], once.n_actions, horizon=10**6, initial=1)
    assert game.transition.shape == (10**6, 4, 6, 4) and game.transition.strides[0] == 0
    assert game.reward.shape == (3, 10**6, 4, 6) and game.reward.strides[1] == 0
    np.testing.assert_array_equal(game.transition[77], once.transition[0])
    again = MarkovGame(game.transition, game.reward, game.n_actions)
    assert again.transition.strides[0] == 0 and again.reward.strides[1] == 0


@pytest.mark.parametrize("stationary", [True, False])
def test_copies_and_pickles_are_games(stationary: bool) -> None:
    game = skewed_game(initial=[0.5, 0.5, 0, 0])
    if stationary:
        game = MarkovGame.stationary(game.transition[0], game.reward[:, 0], game.n_actions, 1000, name="x")
    for other in (copy.copy(game), copy.deepcopy(game), pickle.loads(pickle.dumps(game))):
        assert other.transition.tobytes() == game.transition.tobytes()
        assert other.reward.tobytes() == game.reward.tobytes()
        assert other.transition.strides == game.transition.strides
        assert (other.n_actions, other.name, other.state_names) == (game.n_actions, game.name, game.state_names)
        assert other.initial.tolist() == game.initial.tolist() and other.action_names == game.action_names
        with pytest.raises(ValueError, match="read-only"):
            other.transition[0, 0, 0, 0] = 7
        with pytest.raises(ValueError, match="WRITEABLE"):
            other.transition.setflags(write=True)
    assert len(pickle.dumps(game)) < 10_000


def changed(**change: object) -> Callable[[], MarkovGame]:
    transition, reward = np.full((2, 3, 4, 3), 1 / 3), np.zeros((2, 2, 3, 4))
    arguments = {"transition": transition, "reward": reward, "n_actions": (2, 2)}
    return lambda: MarkovGame(**{**arguments, **change})  # type: ignore[arg-type]


class Csr:
    """What SciPy's sparse matrices are known by."""

    def tocsr(self) -> None:
        raise AssertionError("it is unpacked")


def endless(**change: float) -> Callable[[], MarkovGame]:
    options = {"discount": 0.9, "accuracy": 1e-3, **change}
    return lambda: MarkovGame.discounted(np.ones((1, 1, 1)), np.ones((1, 1, 1)), (1,), **options)


def spoiled(name: str, where: tuple[int, ...], value: float, **options: bool) -> Callable[[], MarkovGame]:
    array = np.full((2, 3, 4, 3), 1 / 3) if name == "transition" else np.zeros((2, 2, 3, 4))
    array[where] = value
    return changed(**{name: array}, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (spoiled("transition", (1, 2, 3, 0), np.nan), r"transition\[1, 2, 3, 0\] must be finite, got nan"),
        (spoiled("transition", (1, 2, 3, 0), -0.1), r"transition\[1, 2, 3, 0\] must not be negative, got -0.1"),
        (spoiled("transition", (1, 0, 3, 0), 0.5), r"transition\[1, 0, 3\] must sum to 1, got 1.16"),
        (spoiled("transition", (0, 1, 2, 1), 1 / 3 + 2e-8), r"transition\[0, 1, 2\] must sum to 1, got 1.0000000199"),
        (spoiled("reward", (1, 1, 2, 0), 1.5), r"reward\[1, 1, 2, 0\] must be in \[0, 1\], got 1.5"),
        (spoiled("reward", (1, 0, 2, 3), -1e-9), r"reward\[1, 0, 2, 3\] must be in \[0, 1\], got -1e-09"),
        (spoiled("reward", (0, 0, 0, 1), np.inf), r"reward\[0, 0, 0, 1\] must be finite, got inf"),
        (changed(transition=np.ones((2, 3, 4, 2))), r"transition must have shape \(H, S, A, S\) with A = 4"),
        (changed(transition=np.ones((3, 4, 3))), "transition must have 4 axes"),
        (
            changed(transition=np.full((2, 3, 2, 2, 3), 1 / 3)),
            r"with an axis for each player's actions: write transition\.reshape\(2, 3, -1, 3\)",
        ),
        (changed(transition=[Csr()]), "transition must be an array, got a SciPy sparse matrix: write np.stack"),
        (changed(legal=[np.ones((3, 2), bool), np.eye(3, 2, dtype=bool)]), r"legal\[1\]\[2\] must allow at least one"),
        (spoiled("transition", (1, 2, 3, 0), -0.1, normalize=True), r"transition\[1, 2, 3, 0\] must not be negative"),
        (spoiled("transition", (1, 2, 3, 0), 0.4, normalize=True), r"transition\[1, 2, 3\] must sum to 1 within"),
        (lambda: skewed_game().joint_action("0", "0"), "joint_action needs one action per player, 3, got 2"),
        (endless(accuracy=0), "accuracy must be above 0, got 0"),
        (endless(discount=1 - 1e-12), "accuracy 0.001 at discount 1 takes .* steps"),
        (changed(transition=[[["x"]]]), "transition must be an array of real numbers"),
        (changed(reward=np.zeros((2, 3, 4))), r"reward must have shape \(m, H, S, A\)"),
        (changed(reward=np.zeros((1, 2, 3, 4))), r"reward must have shape \(m, H, S, A\) = \(2, 2, 3, 4\)"),
        (changed(n_actions=(2, 3)), "A = 6, the product of n_actions"),
        (changed(n_actions=(2, 2.0)), r"n_actions\[1\] must be an integer, got float 2.0"),
        (changed(n_actions=(4, 0)), r"n_actions\[1\] must be at least 1, got 0"),
        (changed(n_actions=4), "n_actions must be a sequence"),
        (changed(n_actions=()), "n_actions must have one entry per player"),
        (changed(initial=3), "initial must be from 0 to 2, got 3"),
        (changed(initial=-1), "initial must be from 0 to 2, got -1"),
        (changed(initial=0.5), "initial must be an integer"),
        (changed(initial=[0.5, 0.4, 0]), "initial must sum to 1, got 0.9"),
        (changed(initial=[0.5, 0.5]), r"initial must have shape \(S,\)"),
        (changed(state_names=["a", "b"]), "state_names must be a sequence of 3 names"),
        (changed(state_names=["a", "b", "a"]), "state_names must be different from each other"),
        (changed(action_names=[["a", "b"]]), "action_names must have one entry per player, 2, got "),
        (changed(action_names=[["a", "b"], ["c"]]), r"action_names\[1\] must be a sequence of 2 names"),
        (lambda: MarkovGame.stationary(np.ones((1, 1, 1)), np.zeros((1, 1, 1)), (1,), 0), "horizon must be at least 1"),
        (lambda: MarkovGame.stationary([[[1.0], [0.5]]], [[[0, 0]]], (2,), 3), r"transition\[0, 1\] must sum to 1"),
        (lambda: MarkovGame.stationary([[[1.0]]], [[[2.0]]], (1,), 3), r"reward\[0, 0, 0\] must be in \[0, 1\], got 2"),
        (lambda: MarkovGame.stationary([[[1.0]]], [[[np.nan]]], (1,), 3), r"reward\[0, 0, 0\] must be finite, got nan"),
        (
            lambda: MarkovGame.stationary([[[1.0]]], [[[0, 0]]], (1,), 3),
            r"reward must have shape \(m, S, A\) = \(1, 1, 1\)",
        ),
        (lambda: MarkovGame.stationary([[[1.0]]], [[[0.0]]], (2,), 3), r"shape \(S, A, S\) with A = 2"),
        (changed(n_actions=(2**32, 2**32)), "A = 18446744073709551616"),
        (changed(action_names=5), "action_names must have one entry per player, 2, got 5"),
        (lambda: MarkovGame.stationary(np.ones((1, 1)), np.zeros((1, 1, 1)), (1,), 2), "transition must have 3 axes"),
        (lambda: skewed_game().joint_action_name(6), "joint_action must be from 0 to 5, got 6"),
    ],
)
def test_bad_input_is_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_rows_may_be_off_by_rounding() -> None:
    row = np.full(3, 1 / 3) + 2e-9
    MarkovGame(np.broadcast_to(row, (1, 3, 1, 3)), np.zeros((1, 1, 3, 1)), (1,))


def test_only_a_discounted_game_leaves_something_out() -> None:
    assert (skewed_game().tail == 0).all() and endless()().tail[0, 1] > 0


def test_games_that_differ_in_one_thing_are_not_equal() -> None:
    game, legal = changed()(), [np.ones((3, 2), dtype=bool), np.ones((3, 2), dtype=bool)]
    legal[1][2, 0] = False
    other = [legal[1], legal[0]]
    different = [{"initial": 1}, {"reward_range": (-1, 1)}, {"legal": legal}, {"legal": other}]
    games = [game, *(changed(**each)() for each in different)]
    for i, one in enumerate(games):
        assert [one == two for two in games] == [i == j for j in range(len(games))]
        assert (copy.deepcopy(one) == one) and hash(copy.deepcopy(one)) == hash(one)


@pytest.mark.parametrize("n", [0, -1, 10**15 + 1, 2.0, "3", None, True])
def test_number_of_episodes_is_checked(n: object) -> None:
    game = skewed_game()
    policy = np.full((3, 4, 6), 1 / 6)
    with pytest.raises((ValueError, TypeError), match="n_episodes must be"):
        game.play(policy, n, np.random.default_rng(0))  # type: ignore[arg-type]


def test_play_checks_policy_and_generator() -> None:
    game = skewed_game()
    policy = np.full((3, 4, 6), 1 / 6)
    with pytest.raises(ValueError, match=r"policy must have shape \(H, S, A\) = \(3, 4, 6\)"):
        game.play(policy[0], 1, np.random.default_rng(0))
    policy[2, 1, 5] = 0.5
    with pytest.raises(ValueError, match=r"policy\[2, 1\] must sum to 1"):
        game.play(policy, 1, np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, got int"):
        game.play(np.full((3, 4, 6), 1 / 6), 1, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 7, 10**6, 10**15])
def test_counts_are_a_flow(n: int) -> None:
    """Every step has n transitions; what arrives in a state leaves it; nothing impossible happens."""
    game = skewed_game(seed=n % 5, initial=[0.5, 0.25, 0.25, 0])
    rng = np.random.default_rng(n)
    policy = rng.dirichlet(np.full(6, 0.4), size=(3, 4))
    policy[:, :, 5] = 0  # a last category of probability 0
    policy[:, :, 0] += 1 - policy.sum(axis=-1)
    played = game.play(policy, n, rng)
    assert played.dtype == np.int64 and played.shape == (3, 4, 6, 4)
    assert (played >= 0).all()
    assert played.sum(axis=(1, 2, 3)).tolist() == [n] * 3
    np.testing.assert_array_equal(played[:-1].sum(axis=(1, 2)), played[1:].sum(axis=(2, 3)))
    assert (played[game.transition == 0] == 0).all()
    assert (played.sum(axis=-1)[policy == 0] == 0).all()
    assert played[0].sum(axis=(1, 2))[3] == 0


def test_leftovers_never_reach_a_last_category_of_probability_zero() -> None:
    rng = np.random.default_rng(0)
    drawn = split(np.full(20_000, 10**12), np.tile([0.1] * 10 + [0.0], (20_000, 1)), rng)
    assert (drawn[:, -1] == 0).all()
    assert (drawn.sum(axis=1) == 10**12).all()


def test_rows_are_normalised_before_they_are_split() -> None:
    """A policy row may sum to 1 + 9e-9: who divides by that sum gives each of a million actions a millionth.

    NumPy draws one category after the other from what is left of 1, and gives the last one the rest. Of 10**12
    episodes of the row as it is, 9,000 are then missing from the one action that comes last, nine standard deviations.
    """
    n, n_joint, excess = 10**12, 10**6, 9e-9
    row = np.full(n_joint, (1 + excess) / n_joint)
    assert row.sum() - 1 == pytest.approx(excess, rel=1e-6)
    game = MarkovGame(np.ones((1, 1, n_joint, 1)), np.zeros((2, 1, 1, n_joint)), (1000, 1000))
    played = game.play(row[None, None], n, np.random.default_rng(0))[0, 0, :, 0]
    assert played.sum() == n
    deviation = np.sqrt(n / n_joint)  # of one count, binomial
    last = int(row.argmax())  # the likeliest action changes places with the last one for the draw
    assert abs(played[last] - n / n_joint) < 5 * deviation
    assert np.abs(played - n / n_joint).max() < 6 * deviation  # of a million counts, two in a thousand times
    as_it_is = np.random.default_rng(0).multinomial(n, row)
    assert as_it_is[-1] - n / n_joint < -5 * deviation


def plain_trajectories(game: MarkovGame, policy: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """The definition: one episode after the other, one draw at a time."""
    counts = np.zeros(game.transition.shape, dtype=np.int64)
    for _ in range(n):
        state = rng.choice(game.n_states, p=game.initial)
        for h in range(game.horizon):
            action = rng.choice(game.n_joint_actions, p=policy[h, state])
            arrived = rng.choice(game.n_states, p=game.transition[h, state, action])
            counts[h, state, action, arrived] += 1
            state = arrived
    return counts


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_play_has_the_law_of_plain_trajectories(seed: int) -> None:
    """Chi-square test of homogeneity at every step, between flows, single episodes and plain trajectories."""
    game = skewed_game(seed, initial=[0.4, 0.3, 0.3, 0])
    rng = np.random.default_rng(seed)
    policy = rng.dirichlet(np.full(6, 0.7), size=(3, 4))
    flow = game.play(policy, 3000, rng)
    singles = sum(game.play(policy, 1, rng) for _ in range(1500))
    plain = plain_trajectories(game, policy, 1500, rng)
    for h in range(game.horizon):
        table = np.stack([flow[h].ravel(), np.asarray(singles)[h].ravel(), plain[h].ravel()])
        common = table[:, table.sum(axis=0) >= 40]
        table = np.column_stack([common, table.sum(axis=1) - common.sum(axis=1)])
        p_value = stats.chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue
        assert p_value > 1e-4, (h, p_value)


def test_counts_of_many_flows_have_the_variance_of_a_multinomial() -> None:
    """Independent categories of the right mean would pass a test of means alone."""
    game = MarkovGame([[[[0.3, 0.7]], [[0, 1.0]]]], np.zeros((1, 1, 2, 1)), (1,))
    rng = np.random.default_rng(3)
    first = np.array([game.play(np.ones((1, 2, 1)), 100, rng)[0, 0, 0, 0] for _ in range(4000)])
    assert first.mean() == pytest.approx(30, abs=0.3)
    assert first.var() == pytest.approx(21, rel=0.1)


def test_play_is_reproducible_and_depends_on_the_seed() -> None:
    game, policy = skewed_game(), np.full((3, 4, 6), 1 / 6)
    runs = [game.play(policy, 10**9, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert runs[0].tobytes() == runs[1].tobytes() != runs[2].tobytes()
