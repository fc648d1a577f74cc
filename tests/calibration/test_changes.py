"""Where the plan changes: known flips, several at once, what a grid cannot see, mixed plans."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, TotalVariation, solve, zoo
from mornavi_lite.calibration import changes, flips
from tests.planning.test_induction import random_game as some_game


def lottery(chances: list[float], prizes: list[float]) -> MarkovGame:
    """One player chooses among lotteries; each wins its own prize with its own chance, else nothing."""
    n = len(chances)
    kernel = np.zeros((2, n + 2, n, n + 2))
    kernel[:, 1:, :, n + 1] = 1
    for a, chance in enumerate(chances):
        kernel[:, 0, a, [a + 1, n + 1]] = chance, 1 - chance
    rewards = np.zeros((1, 2, n + 2, n))
    rewards[0, :, 1 : n + 1] = np.array(prizes)[:, None]
    return MarkovGame(kernel, rewards, (n,), 0)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (lambda r: TotalVariation(r, shift_support=False), 0.1),
        (KullbackLeibler, 0.0821658),
        (ChiSquare, 0.3325792),
    ],
    ids=["in-support", "KL", "chi-square"],
)
def test_the_flips_of_the_trap_are_where_they_are_known(kind: Any, where: float) -> None:
    [(below, above)] = flips(zoo.safe_or_risky(), kind, (0, 0.9))
    assert below <= where + 1e-6 and above >= where - 1e-6 and above - below <= 1e-6


def test_all_flips_that_points_separate_are_found_even_in_one_interval() -> None:
    """With mass rho lost, lottery i is worth (chance - rho) prize: the plan changes where two of these lines cross."""
    game = lottery([0.55, 0.7, 1.0], [1.0, 0.7, 0.42])
    crossings = [(0.55 - 0.7 * 0.7) / 0.3, (0.49 - 0.42) / 0.28]
    for points in (2, 65):
        found = flips(game, between=(0, 0.5), points=points, tolerance=1e-4)
        assert len(found) == 2 and all(b <= c <= a for (b, a), c in zip(found, crossings, strict=True))


def test_the_plan_differs_at_both_ends_of_a_bracket_for_three_unlike_players() -> None:
    game = some_game(2)
    found = flips(game, between=(0, 0.9), points=9, tolerance=1e-3)
    assert found == sorted(found)
    for below, above in found:
        assert 0 < above - below <= 1e-3
        plans = [solve(game, TotalVariation(radius)).policy > 1e-7 for radius in (below, above)]
        assert (plans[0] != plans[1]).any()


def test_a_mixed_plan_whose_probabilities_move_has_not_changed() -> None:
    game = zoo.patrol()
    plans = [solve(game, TotalVariation(radius), "nash").policy for radius in (0.01, 0.02)]
    assert np.abs(plans[0] - plans[1]).max() > 1e-6  # or this shows nothing
    assert flips(game, between=(0.01, 0.02), concept="nash", points=3) == []


def test_no_flip_where_nothing_changes() -> None:
    assert flips(zoo.fishing(storm=0.02), between=(0.05, 0.2), points=5) == []


def test_brackets_are_halved_until_they_are_narrow_and_hold_every_change_that_a_middle_separates() -> None:
    """A plan that is a number of steps of a known stair; none is looked at twice, none outside."""
    stairs, asked = [0.2, 0.55, 0.6], []

    def plan_at(radius: float) -> bytes:
        asked.append(radius)
        return bytes([sum(radius >= stair for stair in stairs)])

    found = changes._between(0.0, 1.0, plan_at(0.0), plan_at(1.0), plan_at, 2.0**-10)
    assert all(below < stair <= above for stair, (below, above) in zip(stairs, found, strict=True))
    assert all(above - below == 2.0**-10 for below, above in found)
    assert len(set(asked)) == len(asked) <= 2 + 3 * 10
    for low in (0.5, 0.5 + 2.0**-53):  # no number lies between, and the middle is rounded down or up
        high = low + 2.0**-53
        assert changes._between(low, high, b"a", b"b", lambda _: b"b", 0.0) == [(low, high)]
    assert changes._between(0.0, 1.0, b"a", b"a", plan_at, 0.0) == []


def test_a_row_that_the_plan_does_not_reach_and_a_probability_of_nothing_are_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plans that differ in a state nobody comes to, by less than what is played, and by more."""
    game = zoo.fishing(storm=0.02)
    base = np.zeros((game.horizon, game.n_states, game.n_joint_actions))
    base[..., 0] = 1
    unreached = np.ones(game.n_states, dtype=bool)
    unreached[game.initial > 0] = False

    for change, n in (("unreached", 0), ("faint", 0), ("played", 1)):

        def solved(_: MarkovGame, ball: TotalVariation, __: str, change: str = change) -> Any:
            policy = base.copy()
            if ball.radius >= 0.5:
                policy[0, unreached if change == "unreached" else ~unreached, 1] = 1e-8 if change == "faint" else 1e-6
            return SimpleNamespace(policy=policy)

        monkeypatch.setattr(changes, "solve", solved)
        found = flips(game, between=(0.25, 0.75), points=2, tolerance=0.01)
        assert len(found) == n and all(below < 0.5 <= above for below, above in found)


def test_points_are_evenly_spaced_from_the_least_radius_to_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, solved = [], changes.solve

    def asking(game: MarkovGame, ball: Any, concept: str) -> Any:
        asked.append(ball.radius)
        assert concept == "ce"
        return solved(game, ball, concept)

    monkeypatch.setattr(changes, "solve", asking)
    flips(zoo.fishing(storm=0.02), KullbackLeibler, between=(2, 4), concept="ce", points=5)
    assert asked[:5] == [2.0, 2.5, 3.0, 3.5, 4.0]


def test_a_sparse_game_has_the_flips_of_the_dense_one() -> None:
    game = zoo.fishing(storm=0.02)
    listed = np.argsort(-game.transition, axis=-1, kind="stable")[..., : (game.transition > 0).sum(axis=-1).max()]
    sparse = MarkovGame.sparse(
        listed,
        np.take_along_axis(game.transition, listed, -1),
        game.reward,
        game.n_actions,
        game.n_states,
        initial=game.initial,
    )
    assert flips(sparse, between=(0, 0.2), points=5) == flips(game, between=(0, 0.2), points=5) != []


def test_all_is_left_to_the_defaults() -> None:
    """From 0 to 1 at 65 points in total variation, to a millionth."""
    game = lottery([0.55, 0.7, 1.0], [1.0, 0.7, 0.42])
    found = flips(game)
    assert found == flips(game, TotalVariation, (0, 1), "cce", 65, 1e-6)
    assert all(0 < above - below <= 1e-6 for below, above in found) and len(found) >= 2


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"game": None}, TypeError, "game must be a MarkovGame"),
    ({"between": 0.5}, ValueError, "between must be two radii"),
    ({"between": (0.5, 0.1)}, ValueError, "between must rise"),
    ({"between": (0.2, 0.2)}, ValueError, "between must rise from the first to the second, got 0.2 and 0.2"),
    ({"between": (0, 1.5)}, ValueError, r"between\[1\] must be in \[0, 1\]"),
    ({"concept": "nsah"}, ValueError, "concept must be one of"),
    ({"points": 1}, ValueError, "points must be at least 2"),
    ({"tolerance": -1}, ValueError, "tolerance must be finite and at least 0"),
    ({"uncertainty": "tv"}, TypeError, "a class like TotalVariation"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), WRONG, ids=[said[:30] for _, _, said in WRONG])
def test_wrong_arguments_are_named(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        flips(**{"game": zoo.fishing()} | wrong)
