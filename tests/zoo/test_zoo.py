"""Every payoff and every probability of every named game, written down a second time and compared row by row."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import MarkovGame, zoo

Rows = Mapping[Any, Mapping[str, float]]
OVER = {"done": 1.0}


def keys(game: MarkovGame) -> list[tuple[tuple[int, int], tuple[str, ...]]]:
    """Each state and joint action as numbers and by name; counted here, in C order."""
    joint_actions = list(itertools.product(*game.action_names))
    assert len(joint_actions) == game.n_joint_actions
    return [
        ((s, a), (state, *joint)) for s, state in enumerate(game.state_names) for a, joint in enumerate(joint_actions)
    ]


def same_rows(game: MarkovGame, step: int, rows: Rows) -> None:
    """Compare all rows of one step: ``rows`` by (state, actions...), or by the state alone if actions do not matter."""
    wanted = np.zeros(game.transition.shape[1:])
    for place, key in keys(game):
        for following, probability in (rows[key] if key in rows else rows[key[0]]).items():
            wanted[(*place, game.state_names.index(following))] = probability
    np.testing.assert_allclose(game.transition[step], wanted, rtol=0, atol=1e-15, err_msg=f"step {step}")


def same_rewards(game: MarkovGame, step: int, pays: Mapping[Any, Sequence[float]]) -> None:
    """Compare all rewards of one step; what is not in ``pays`` is 0 for everybody."""
    wanted = np.zeros((game.n_players, *game.reward.shape[2:]))
    for place, key in keys(game):
        wanted[(slice(None), *place)] = pays.get(key, pays.get(key[0], 0.0))
    np.testing.assert_allclose(game.reward[:, step], wanted, rtol=0, atol=1e-15, err_msg=f"step {step}")


def same(game: MarkovGame, rows: Rows, pays: Mapping[Any, Sequence[float]]) -> None:
    """Compare a game that is the same at every step and starts in its first state."""
    assert game.initial.tolist() == [1.0] + [0.0] * (game.n_states - 1)
    assert game.transition.strides[0] == 0 and game.reward.strides[1] == 0
    same_rows(game, -1, rows)
    same_rewards(game, -1, pays)


@pytest.mark.parametrize(
    "rewards, pays",
    [("shared", {"high": (1, 1), "medium": (0.6, 0.6)}), ("opposed", {"high": (1, 0), "medium": (0, 1)})],
)
def test_safe_or_risky(rewards: str, pays: dict[str, tuple[float, float]]) -> None:
    coin = {"high": 0.5, "trap": 0.5}
    rows = {
        ("start", "a", "a"): {"high": 0.9, "trap": 0.1},
        ("start", "a", "b"): coin,
        ("start", "b", "a"): coin,
        ("start", "b", "b"): {"high": 0.6, "medium": 0.4},
    } | {state: OVER for state in ("high", "medium", "trap", "done")}
    game = zoo.safe_or_risky(rewards=rewards)
    assert game.state_names == ("start", "high", "medium", "trap", "done")
    assert game.action_names == (("a", "b"), ("a", "b")) and game.horizon == 3
    same(game, rows, pays)


def test_delayed_coordination() -> None:
    rows: dict[Any, dict[str, float]] = {
        ("0", "c", "c"): {"1": 1.0},
        ("1", "c", "c"): {"2": 0.9, "trap": 0.1},
        ("2", "c", "c"): {"goal": 1.0},
        "trap": {"0": 0.8, "trap": 0.2},
        "goal": OVER,
        "done": OVER,
    } | {state: {"trap": 1.0} for state in "012"}
    game = zoo.delayed_coordination()
    assert game.state_names == ("0", "1", "2", "goal", "trap", "done") and game.horizon == 5
    assert game.action_names == (("c", "d"), ("c", "d"))
    same(game, rows, {"goal": (1, 1)})


def test_traffic_merge() -> None:
    rows: dict[Any, dict[str, float]] = {
        ("0", "go", "go"): {"1": 0.7, "crash": 0.3},
        ("1", "go", "go"): {"2": 0.7, "crash": 0.3},
        ("2", "go", "go"): {"3": 0.7, "crash": 0.3},
        ("3", "go", "go"): {"merged": 0.7, "crash": 0.3},
        "0": {"1": 1.0},
        "1": {"2": 1.0},
        "2": {"3": 1.0},
        "3": {"merged": 1.0},
        "merged": OVER,
        "crash": OVER,
        "done": OVER,
    }
    game = zoo.traffic_merge()
    assert game.state_names == ("0", "1", "2", "3", "merged", "crash", "done") and game.horizon == 5
    assert game.action_names == (("go", "wait"), ("go", "wait"))
    same(game, rows, {"merged": (1, 1)})


@given(st.sampled_from([0, 1]), st.floats(0.01, 1), st.floats(0, 0.99))
@settings(max_examples=30, deadline=None)
def test_support_shift(theta: int, p: float, share: float) -> None:
    q = p * share
    game = zoo.support_shift(theta, p, q)
    assert game.transition.shape == (3, 2, 2, 2) and game.n_players == 1
    assert game.state_names == ("good", "bad") and game.action_names == (("left", "right"),)
    assert game.initial.tolist() == [1, 0]
    for step in (0, 2):
        same_rows(game, step, {"good": {"good": 1}, "bad": {"bad": 1}})
    back = {"left": p if theta == 0 else q, "right": p if theta == 1 else q}
    rows = {("bad", action): {"good": x, "bad": 1 - x} for action, x in back.items()}
    same_rows(game, 1, {"good": {"good": 1}, **rows})
    for step in range(3):
        same_rewards(game, step, {"good": (1,)})


def test_gambler_rows_by_hand() -> None:
    up, down = 0.25, 0.75
    small = {"2": up, "0": down}
    rows = {
        "0": {"0": 1.0},
        "1": small,  # whatever the action, one coin is all there is
        ("2", "stake 1"): {"3": up, "1": down},
        ("2", "stake 2"): {"4": up, "0": down},
        ("3", "stake 1"): {"4": up, "2": down},
        ("3", "stake 2"): {"5": up, "1": down},
        "4": {"5": up, "3": down},  # one coin is all that is missing
        "5": OVER,
        "done": OVER,
    }
    game = zoo.gambler(goal=5, win=0.25, horizon=4, capital=0)
    assert game.state_names == ("0", "1", "2", "3", "4", "5", "done")
    assert game.action_names == (("stake 1", "stake 2"),)
    same(game, rows, {"5": (1,)})


@given(st.integers(2, 12), st.floats(0, 1), st.integers(1, 4), st.data())
@settings(max_examples=30, deadline=None)
def test_gambler(goal: int, win: float, horizon: int, data: st.DataObject) -> None:
    capital = data.draw(st.none() | st.integers(0, goal))
    game = zoo.gambler(goal, win, horizon, capital)
    assert game.horizon == horizon and game.n_players == 1
    assert game.initial[goal // 2 if capital is None else capital] == 1
    rows: dict[Any, dict[str, float]] = {"0": {"0": 1.0}, str(goal): OVER, "done": OVER}
    for c, k in itertools.product(range(1, goal), range(1, goal // 2 + 1)):
        stake = sorted((k, c, goal - c))[0]
        rows[str(c), f"stake {k}"] = {str(c + stake): win, str(c - stake): 1 - win}
    same_rows(game, 0, rows)
    same_rewards(game, 0, {str(goal): (1,)})


@given(st.floats(0, 1), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_fishing(storm: float, days: int) -> None:
    game = zoo.fishing(storm, days)
    assert game.state_names == ("harbour", "voyage", "voyage alone", "storm", "home")
    assert game.action_names == (("near", "far"), ("near", "far"))
    assert game.horizon == days + 1 and game.initial.tolist() == [1, 0, 0, 0, 0]
    calm = 1 - storm
    rows: dict[Any, dict[str, float]] = {
        ("harbour", "near", "near"): {"home": 1},
        ("harbour", "near", "far"): {"home": 1},
        ("harbour", "far", "near"): {"voyage alone": calm, "storm": storm},
        ("harbour", "far", "far"): {"voyage": calm, "storm": storm},
        "voyage": {"voyage": calm, "storm": storm},
        "voyage alone": {"voyage alone": calm, "storm": storm},
        "storm": {"home": 1},
        "home": {"home": 1},
    }
    coast = float(np.prod([0.95] * days))
    pays: dict[Any, tuple[float, float]] = {
        ("harbour", "near", "near"): (coast, coast / 2),
        ("harbour", "near", "far"): (coast, 0),
        ("harbour", "far", "near"): (0, 0.1),
    }
    for step in range(days + 1):
        same_rows(game, step, rows)
        landing: dict[Any, tuple[float, float]] = {"voyage": (1, 0.5), "voyage alone": (1, 0)}
        same_rewards(game, step, pays | (landing if step == days else {}))


@given(st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_intersection(ice: float) -> None:
    dry = 1 - ice
    rows: dict[Any, dict[str, float]] = {
        ("both wait", "go", "go"): {"crash": 1},
        ("both wait", "go", "yield"): {"2 waits": dry, "crash": ice},
        ("both wait", "yield", "go"): {"1 waits": dry, "crash": ice},
        ("both wait", "yield", "yield"): {
            "both wait": dry**2,
            "1 waits": ice * dry,  # car 2 slid across
            "2 waits": ice * dry,
            "crash": ice**2,
        },
        "clear": {"clear": 1},
        "crash": {"crash": 1},
    }
    slow = {"clear": ice}
    for other in ("go", "yield"):
        rows["1 waits", "go", other] = rows["2 waits", other, "go"] = {"clear": 1}
        rows["1 waits", "yield", other] = slow | {"1 waits": dry}
        rows["2 waits", other, "yield"] = slow | {"2 waits": dry}
    game = zoo.intersection(ice=ice)
    assert game.state_names == ("both wait", "1 waits", "2 waits", "clear", "crash")
    assert game.action_names == (("go", "yield"), ("go", "yield")) and game.horizon == 4
    same(game, rows, {"both wait": (0.5, 0.5), "1 waits": (0.5, 1), "2 waits": (1, 0.5), "clear": (1, 1)})


@given(st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_patrol(catch: float) -> None:
    opens = {("quiet", "gate"): 0.6, ("quiet", "roof"): 0.5, ("quiet", "cellar"): 0.4}
    opens |= {("alarm", "gate"): 0.3, ("alarm", "roof"): 0.25, ("alarm", "cellar"): 0.2}
    rows: dict[Any, dict[str, float]] = {"caught": {"caught": 1}, "robbed": {"robbed": 1}}
    for guard in ("gate", "roof", "cellar"):
        rows["quiet", guard, "wait"] = {"quiet": 1}
        rows["alarm", guard, "wait"] = {"quiet": 0.5, "alarm": 0.5}
        for (state, door), x in opens.items():
            rows[state, guard, door] = {"robbed": x, "alarm": 1 - x}
        rows["quiet", guard, guard] = {"caught": catch, "alarm": 1 - catch}
        rows["alarm", guard, guard] = {"caught": 1}
    game = zoo.patrol(catch=catch)
    assert game.state_names == ("quiet", "alarm", "caught", "robbed") and game.horizon == 4
    assert game.action_names == (("gate", "roof", "cellar"), ("gate", "roof", "cellar", "wait"))
    same(game, rows, {"quiet": (0.75, 0.25), "alarm": (0.75, 0.25), "caught": (1, 0), "robbed": (0, 1)})
    assert (game.reward[1] == 1 - game.reward[0]).all()


def test_congestion() -> None:
    jam_after_clear = {  # bridge b, tunnel t; truck 3, car 2, scooter 1
        "bbb": 0.6, "bbt": 0.5, "btb": 0.4, "btt": 0.3, "tbb": 0.3, "tbt": 0.2, "ttb": 0.1, "ttt": 0.0,
    }  # fmt: skip
    clear_pays = {
        "bbb": (0.4, 0.4, 0.4), "bbt": (0.5, 0.5, 0.4), "btb": (0.6, 0.5, 0.6), "btt": (0.7, 0.5, 0.4),
        "tbb": (0.55, 0.7, 0.7), "tbt": (0.55, 0.8, 0.4), "ttb": (0.55, 0.5, 0.9), "ttt": (0.55, 0.5, 0.4),
    }  # fmt: skip
    jam_pays = {
        "bbb": (0.2, 0.2, 0.2), "bbt": (0.25, 0.25, 0.4), "btb": (0.3, 0.5, 0.3), "btt": (0.35, 0.5, 0.4),
        "tbb": (0.55, 0.35, 0.35), "tbt": (0.55, 0.4, 0.4), "ttb": (0.55, 0.5, 0.45), "ttt": (0.55, 0.5, 0.4),
    }  # fmt: skip
    word = {"b": "bridge", "t": "tunnel"}
    rows: dict[Any, dict[str, float]] = {}
    pays: dict[Any, tuple[float, float, float]] = {}
    for joint, jam in jam_after_clear.items():
        names = tuple(word[letter] for letter in joint)
        rows["clear", *names] = {"clear": 1 - jam, "jam": jam}
        rows["jam", *names] = {"clear": 0.7 - jam, "jam": 0.3 + jam}
        pays["clear", *names], pays["jam", *names] = clear_pays[joint], jam_pays[joint]
    game = zoo.congestion()
    assert game.state_names == ("clear", "jam") and game.n_players == 3 and game.horizon == 3
    assert game.action_names == (("bridge", "tunnel"),) * 3
    same(game, rows, pays)


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_paper_cooperative(p_high: float, medium: float) -> None:
    mediocre = {"sM": 0.5, "sT": 0.5}
    rows: dict[Any, dict[str, float]] = {
        ("s0", "risky", "risky"): {"sH": p_high, "sT": 1 - p_high},
        ("s0", "risky", "safe"): mediocre,
        ("s0", "safe", "risky"): mediocre,
        ("s0", "safe", "safe"): {"sM": 0.9, "sT": 0.1},
    } | {state: {state: 1.0} for state in ("sH", "sM", "sT")}
    game = zoo.paper_cooperative(p_high, medium)
    assert game.state_names == ("s0", "sH", "sM", "sT") and game.horizon == 2
    assert game.action_names == (("risky", "safe"), ("risky", "safe"))
    same(game, rows, {"sH": (1, 1), "sM": (medium, medium)})


@given(st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_paper_general_sum(p_high: float) -> None:
    pays = {
        ("sH", "risky", "risky"): (1, 0.7),
        ("sH", "safe", "safe"): (0.7, 1),
        ("sM", "risky", "risky"): (0.75, 0.6),
        ("sM", "safe", "safe"): (0.6, 0.75),
    }
    game, cooperative = zoo.paper_general_sum(p_high), zoo.paper_cooperative(p_high)
    assert game.state_names == cooperative.state_names and game.action_names == cooperative.action_names
    assert game.horizon == 2 and game.initial.tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(game.transition, cooperative.transition, strict=True)
    assert game.reward.strides[1] == 0
    same_rewards(game, 0, pays)


def test_the_papers_games_have_defaults_of_their_own() -> None:
    for game in (zoo.paper_cooperative(), zoo.paper_general_sum()):
        np.testing.assert_array_equal(game.transition[:, 0, 0], [[0, 0.75, 0, 0.25]] * 2)
    np.testing.assert_array_equal(zoo.paper_cooperative().reward[:, :, 2], 0.75)
