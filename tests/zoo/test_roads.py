"""Games of roads, row by row and by hand."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import zoo
from tests.zoo.by_hand import same


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
