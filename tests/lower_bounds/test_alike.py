"""Which pairs of games no learner tells apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import EpsilonGreedy, MarkovGame, Mornavi, NashVI, TotalVariation, run, zoo
from mornavi_lite.lower_bounds import look_alike

SHIFT = [zoo.support_shift(theta) for theta in (0, 1)]


def three_players() -> dict[str, Any]:
    """Four states of which the last is never reached; three players with 2, 3 and 1 actions; rewards on next states."""
    rng = np.random.default_rng(5)
    kernel = np.zeros((3, 4, 6, 4))
    kernel[:, :3, :, :3] = rng.dirichlet(np.ones(3), size=(3, 3, 6))
    kernel[:, 3] = rng.dirichlet(np.ones(4), size=(3, 6))
    kernel[0, 0] = [0, 0.25, 0.75, 0]
    return {"transition": kernel, "reward": rng.random((3, 3, 4, 6, 4)), "n_actions": (2, 3, 1)}


def changed(key: str, index: Any, value: Any) -> MarkovGame:
    parts = three_players()
    parts[key][index] = value
    return MarkovGame(**parts)


def test_the_two_worlds_of_support_shift_look_alike_and_every_game_looks_like_itself() -> None:
    assert look_alike(*SHIFT) and look_alike(*SHIFT[::-1])
    assert all(look_alike(each, each) for each in (SHIFT[0], zoo.patrol(), MarkovGame(**three_players())))


@pytest.mark.parametrize("learner", [Mornavi(TotalVariation(0.2)), NashVI(), EpsilonGreedy(TotalVariation(0.2))])
def test_games_that_look_alike_make_a_learner_do_the_same(learner: Mornavi) -> None:
    runs = [run(learner, game, 3000, seed=4, uncertainty=TotalVariation(0.2)) for game in SHIFT]
    assert (runs[0].episode == runs[1].episode).all() and (runs[0].policy == runs[1].policy).all()
    assert (runs[0].upper == runs[1].upper).all() and (runs[0].lower == runs[1].lower).all()
    assert abs(runs[0].gap[-1] - runs[1].gap[-1]) > 0.09


@pytest.mark.parametrize(
    ("key", "index", "value"),
    [
        ("transition", (0, 3), [1, 0, 0, 0]),  # the state that is never reached
        ("transition", (0, 1), [1, 0, 0, 0]),  # another start
        ("transition", (0, 0, 2, 3), 0),  # nothing is changed
        ("transition", (1, 0, 3), [0, 1, 0, 0]),  # a state of the first step that is left for good
        ("reward", (2, 1, 3, 4, 0), 0.5),
        ("reward", (0, 0, 0, 1, 3), 0.5),  # on a next state that cannot follow
        ("reward", (1, 0, 0, 1, 0), 0.5),
    ],
)
def test_what_no_episode_shows_makes_no_difference(key: str, index: Any, value: Any) -> None:
    assert look_alike(MarkovGame(**three_players()), changed(key, index, value))


@pytest.mark.parametrize(
    ("key", "index", "value"),
    [
        ("transition", (0, 0, 5), [0, 0.75, 0.25, 0]),
        ("transition", (2, 1, 3), [0, 0, 1, 0]),  # reached at the last step
        ("transition", (1, 1, 0), [0, 0, 0, 1]),
        ("reward", (2, 0, 0, 1, 1), 0.5),  # of the third player
        ("reward", (0, 2, 2, 5, 2), 0.5),
    ],
)
def test_what_some_policy_meets_is_seen(key: str, index: Any, value: Any) -> None:
    one, other = MarkovGame(**three_players()), changed(key, index, value)
    assert not look_alike(one, other) and not look_alike(other, one)


def test_what_a_learner_is_told_counts() -> None:
    parts = three_players()
    game = MarkovGame(**parts)
    assert not look_alike(game, MarkovGame(**parts, initial=1))
    assert not look_alike(game, MarkovGame(**parts, reward_range=(-1, 1)))
    legal = [np.ones((4, 2), bool), np.ones((4, 3), bool), np.ones((4, 1), bool)]
    assert look_alike(game, MarkovGame(**parts, legal=legal))
    legal[1][0, 2] = False
    assert not look_alike(game, MarkovGame(**parts, legal=legal))
    arrays = SHIFT[0].transition, SHIFT[0].reward, (2,)  # both actions do the same in the good state
    assert not look_alike(SHIFT[0], MarkovGame(*arrays, legal=[[[True, False], [True, True]]]))
    assert not look_alike(SHIFT[0], zoo.traffic_merge()) and not look_alike(game, SHIFT[0])


def test_rows_of_illegal_actions_are_never_seen() -> None:
    parts, legal = three_players(), [np.ones((4, 2), bool), np.ones((4, 3), bool), np.ones((4, 1), bool)]
    legal[1][1, 2] = False  # joint actions 2 and 5 at state 1
    other = three_players()
    other["transition"][1, 1, 5] = [0, 0, 0, 1]
    assert look_alike(MarkovGame(**parts, legal=legal), MarkovGame(**other, legal=legal))
    other["transition"][1, 1, 4] = [0, 0, 0, 1]
    assert not look_alike(MarkovGame(**parts, legal=legal), MarkovGame(**other, legal=legal))


def test_a_sparse_game_looks_like_its_dense_form() -> None:
    rows = {
        "next_state": [[[0], [0]], [[1], [1]]],
        "probability": np.ones((2, 2, 1)),
        "reward": np.full((1, 2, 2), 0.5),
    }
    game = MarkovGame.sparse(**rows, n_actions=(2,), n_states=2, horizon=3)
    rows["reward"] = np.array([[[0.5, 0.5], [0.0, 1.0]]])
    other = MarkovGame.sparse(**rows, n_actions=(2,), n_states=2, horizon=3)
    assert look_alike(game, other) and look_alike(game.dense(), other)


@pytest.mark.parametrize("wrong", [None, "support_shift", np.eye(2)])
def test_what_is_no_game_is_named(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^game must be"):
        look_alike(wrong, SHIFT[0])
    with pytest.raises(TypeError, match=r"^other must be"):
        look_alike(SHIFT[0], wrong)
