"""Games of QuantEcon and Nashpy, judged by those packages' own players and solvers."""

from __future__ import annotations

import itertools
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mornavi_lite import deviation_gain, solve_stage
from mornavi_lite.formats import from_nashpy, from_quantecon, to_nashpy, to_quantecon

SHAPES = [(3,), (2, 3), (3, 2), (2, 3, 4), (4, 2, 3), (2, 1, 3, 2)]


def random_payoffs(n_actions: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(len(n_actions))
    return rng.normal(size=(len(n_actions), int(np.prod(n_actions))))


@pytest.mark.parametrize("n_actions", SHAPES)
def test_quantecon_pays_each_profile_what_we_do(n_actions: tuple[int, ...]) -> None:
    payoffs = random_payoffs(n_actions)
    game = to_quantecon(payoffs, n_actions)
    assert game.nums_actions == n_actions
    for j, profile in enumerate(itertools.product(*map(range, n_actions))):
        assert np.atleast_1d(game[profile if len(profile) > 1 else profile[0]]).tolist() == payoffs[:, j].tolist()


@pytest.mark.parametrize("n_actions", SHAPES)
def test_quantecon_and_back_is_the_same(n_actions: tuple[int, ...]) -> None:
    payoffs = random_payoffs(n_actions)
    kept = payoffs.copy()
    payoffs.setflags(write=False)
    game = to_quantecon(payoffs, n_actions)
    again, found = from_quantecon(game)
    assert found == n_actions and again.tobytes() == kept.tobytes()
    game.players[0].payoff_array[...] = 0
    assert payoffs.tobytes() == again.tobytes() == kept.tobytes()


@pytest.mark.parametrize("n_actions", [(2, 3), (3, 2), (2, 3, 4)])
def test_equilibria_of_quantecon_are_ours(n_actions: tuple[int, ...]) -> None:
    from quantecon.game_theory import NormalFormGame, Player, mclennan_tourky, pure_nash_brute

    rng = np.random.default_rng(3)
    m = len(n_actions)
    found_pure = 0
    for _ in range(20):
        arrays = [rng.random([n_actions[(i + k) % m] for k in range(m)]) for i in range(m)]
        game = NormalFormGame([Player(array) for array in arrays])
        payoffs, found = from_quantecon(game)
        assert found == n_actions
        pure = pure_nash_brute(game)
        for profile in pure:
            policy = np.eye(payoffs.shape[1])[np.ravel_multi_index(profile, n_actions)]
            assert deviation_gain(payoffs, policy, n_actions, "nash") == 0
        found_pure += len(pure)
        mixed = mclennan_tourky(game, epsilon=1e-6)
        policy = np.array(1.0)
        for each in mixed:
            policy = np.multiply.outer(policy, each)
        assert deviation_gain(payoffs, policy.ravel(), n_actions, "nash") <= 1e-5
    assert found_pure > 5


@pytest.mark.parametrize("n_actions", [(2, 3), (3, 2), (4, 3)])
def test_equilibria_of_nashpy_are_ours(n_actions: tuple[int, int]) -> None:
    import nashpy

    rng = np.random.default_rng(4)
    found_mixed = 0
    for _ in range(10):
        game = nashpy.Game(rng.random(n_actions), rng.random(n_actions))
        payoffs, found = from_nashpy(game)
        assert found == n_actions
        equilibria = list(game.support_enumeration())
        assert equilibria
        for row, column in equilibria:
            assert deviation_gain(payoffs, np.outer(row, column).ravel(), n_actions, "nash") <= 1e-9
            found_mixed += np.count_nonzero(row) > 1
        ours = solve_stage(payoffs, n_actions, "nash").reshape(n_actions)
        row, column = ours.sum(axis=1), ours.sum(axis=0)
        best = (game.payoff_matrices[0] @ column).max(), (row @ game.payoff_matrices[1]).max()
        np.testing.assert_allclose(game[row, column], best, rtol=0, atol=1e-9)
    assert found_mixed


def test_nashpy_and_back_is_the_same() -> None:
    payoffs = random_payoffs((2, 3))
    again, found = from_nashpy(to_nashpy(payoffs, [2, 3]))
    assert found == (2, 3) and again.tobytes() == payoffs.tobytes()


def test_nashpy_zero_sum_game_of_one_matrix() -> None:
    import nashpy

    payoffs, _ = from_nashpy(nashpy.Game([[1, 2, 3], [4, 5, 7]]))
    assert payoffs.tolist() == [[1, 2, 3, 4, 5, 7], [-1, -2, -3, -4, -5, -7]]


@pytest.mark.parametrize("take", [from_nashpy, from_quantecon])
@pytest.mark.parametrize(
    "game", [None, "text", np.zeros((2, 2)), SimpleNamespace(players=()), SimpleNamespace(players=[1])]
)
def test_what_is_no_such_game_is_refused(take, game) -> None:
    with pytest.raises(TypeError, match="game must be a"):
        take(game)


def test_bad_payoffs_of_other_packages_are_named() -> None:
    game = to_quantecon(np.zeros((2, 6)), (2, 3))
    game.players[1].payoff_array[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"payoffs of player 1\[2, 1\] must be finite"):
        from_quantecon(game)
    bad = SimpleNamespace(payoff_matrices=(np.zeros((2, 3)), np.zeros((3, 2))))
    with pytest.raises(ValueError, match="payoffs of player 1 must have shape"):
        from_nashpy(bad)


def test_games_are_recognised_without_their_package() -> None:
    player = [
        SimpleNamespace(payoff_array=[[1, 2], [3, 4], [5, 6]]),
        SimpleNamespace(payoff_array=[[1, 3, 5], [2, 4, 6]]),
    ]
    payoffs, n_actions = from_quantecon(SimpleNamespace(players=player))
    assert n_actions == (3, 2) and payoffs.tolist() == [[1, 2, 3, 4, 5, 6]] * 2


def test_a_third_player_is_too_many_for_nashpy() -> None:
    with pytest.raises(ValueError, match=r"n_actions must have two entries.*got \(2, 1, 2\)"):
        to_nashpy(np.zeros((3, 4)), (2, 1, 2))


@pytest.mark.parametrize(("give", "package"), [(to_nashpy, "nashpy"), (to_quantecon, "quantecon")])
def test_a_missing_package_is_named_with_what_to_do(give, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (package, f"{package}.game_theory"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"{package} is not installed: pip install 'mornavi-lite\[formats\]'"):
        give(np.zeros((2, 4)), (2, 2))
