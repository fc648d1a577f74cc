"""Grids of runs: what they mean, and where their errors point."""

from __future__ import annotations

import copy
import datetime
import itertools
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import zoo
from mornavi_lite.sweep import Grid
from mornavi_lite.sweep.grid import LEARNERS, key_of

GAME = {"name": "paper_cooperative"}
LEARNER = {"name": "Mornavi"}
BALL = {"set": "TotalVariation", "radius": 0.1}
PLAIN = {"episodes": 100, "seeds": 1, "game": [GAME], "learner": [LEARNER], "uncertainty": [BALL]}
GARNET = {"name": "garnet", "n_states": 2, "n_actions": [2, 2], "horizon": 2, "branching": 1, "seed": 0}
WHOLE = """\
# a comment
episodes = 100
seeds = 2
until = 0.5

[[game]]
name = "paper_cooperative"

  [[ game ]]  # the second one
  name = "garnet"
  n_states = 2
  n_actions = [
    2,
    3,
  ]
  horizon = 2
  branching = 1
  seed = 0

[[learner]]
name = "Mornavi"
delta = 0.1

[[learner]]
name = "EpsilonGreedy"
epsilon = 0.2

[[uncertainty]]
set = "TotalVariation"
radius = [0.1, 0.2]

[[uncertainty]]
players = [
  {set = "KullbackLeibler", radius = 0.1},
  {set = "Nominal"},
]
"""


def grid_of(**changes: Any) -> Grid:
    """The plain grid with some entries changed; those that are None are left out."""
    return Grid.of({key: value for key, value in (PLAIN | changes).items() if value is not None})


def line_of(text: str, start: str) -> int:
    """Number of the first line that starts with some words."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


# ---- what a grid means ----


def test_a_file_stands_for_all_combinations_in_order(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(WHOLE, encoding="utf8")
    grid = Grid.read(tmp_path / "grid.toml")
    games = [GAME, GARNET | {"n_actions": [2, 3]}]
    learned = [LEARNER | {"delta": 0.1}, {"name": "EpsilonGreedy", "epsilon": 0.2}]
    balls = [BALL, BALL | {"radius": 0.2}, {"players": [{"set": "KullbackLeibler", "radius": 0.1}, {"set": "Nominal"}]}]
    wanted = [
        {"game": game, "learner": learner, "uncertainty": ball, "seed": seed, "episodes": 100, "until": 0.5}
        for game, learner, ball, seed in itertools.product(games, learned, balls, (0, 1))
    ]
    assert list(grid.configurations) == wanted
    assert len({key_of(each) for each in grid.configurations}) == len(wanted) == 24


def test_every_key_may_be_given_and_until_may_be_left_out() -> None:
    assert grid_of().configurations[0]["until"] is None
    assert grid_of(until=0).configurations[0]["until"] == 0.0
    assert [each["seed"] for each in grid_of(seeds=3).configurations] == [0, 1, 2]
    assert [each["seed"] for each in grid_of(seeds=[7, 2]).configurations] == [7, 2]
    assert grid_of(episodes=10**15).configurations[0]["episodes"] == 10**15


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_every_learner_has_a_name_here(name: str) -> None:
    assert len(grid_of(learner=[{"name": name}]).configurations) == 1


def test_what_learners_return_is_no_learner() -> None:
    with pytest.raises(ValueError, match="name must be one of"):
        grid_of(learner=[{"name": "Plan"}])


@pytest.mark.parametrize("name", zoo.__all__)
def test_every_game_has_a_name_here(name: str) -> None:
    needed = {"garnet": GARNET, "support_shift": {"name": name, "theta": 0}}
    assert len(grid_of(game=[needed.get(name, {"name": name})]).configurations) == 1


@pytest.mark.parametrize(
    "ball",
    [
        {"set": "Nominal"},
        BALL | {"shift_support": False},
        *({"set": s, "radius": 0} for s in ("KullbackLeibler", "ChiSquare")),
    ],
)
def test_every_set_has_a_name_here(ball: dict[str, Any]) -> None:
    assert grid_of(uncertainty=[ball]).configurations[0]["uncertainty"] == ball


def test_what_python_writes_otherwise_is_the_same_grid() -> None:
    lists = Grid.of(PLAIN | {"game": [GARNET], "seeds": [0, 1], "uncertainty": [BALL | {"radius": [0.1, 0.5]}]})
    arrays = Grid.of(
        PLAIN
        | {
            "game": (
                {key: tuple(x) if isinstance(x, list) else x for key, x in GARNET.items()} | {"seed": np.int64(0)},
            ),
            "seeds": range(2),
            "uncertainty": [BALL | {"radius": np.array([0.1, 0.5])}],
        }
    )
    assert arrays == lists
    for each in arrays.configurations:
        assert json.loads(json.dumps(each)) == each


def test_content_is_copied_and_stays() -> None:
    content = copy.deepcopy(PLAIN)
    grid = Grid.of(content)
    assert content == PLAIN
    content["game"][0]["name"] = "patrol"
    assert grid.configurations[0]["game"] == GAME


def test_key_of_a_run_is_the_same_for_ever() -> None:
    configuration = grid_of().configurations[0]
    shuffled = dict(
        reversed([(k, dict(reversed(v.items())) if isinstance(v, dict) else v) for k, v in configuration.items()])
    )
    assert key_of(shuffled) == key_of(configuration) == "24bf7b42d09635c20032"
    changes = [
        ("seed", 1),
        ("episodes", 101),
        ("until", 0.1),
        ("game", {"name": "patrol"}),
        ("uncertainty", BALL | {"radius": 0.2}),
    ]
    assert len({key_of(configuration | {k: v}) for k, v in changes} | {key_of(configuration)}) == 6


# ---- errors: file, line, key, what is allowed ----


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        (
            "episodes = 100",
            "episode = 100",
            "episode",
            "unknown key 'episode'; allowed: game, learner, uncertainty, episodes, ",
        ),
        ("episodes = 100\n", "", None, "episodes is missing"),
        ("seeds = 2\n", "", None, "seeds is missing"),
        ("episodes = 100", 'episodes = "100"', "episodes", "episodes must be an integer, got str '100'"),
        ("episodes = 100", "episodes = 1e3", "episodes", "episodes must be an integer, got float 1000.0"),
        ("episodes = 100", "episodes = 0", "episodes", "episodes must be from 1 to 1000000000000000, got 0"),
        ("episodes = 100", "episodes = 1000000000000001", "episodes", "episodes must be from 1 to"),
        ("seeds = 2", "seeds = true", "seeds", "seeds must be an integer, got bool True"),
        ("seeds = 2", "seeds = [0, true]", "seeds", r"seeds[1] must be an integer, got bool True"),
        ("seeds = 2", "seeds = [4, 5, 4]", "seeds", "seeds must be different from each other"),
        ("seeds = 2", "seeds = []", "seeds", "seeds must be different from each other, at least one"),
        ("seeds = 2", "seeds = [-1]", "seeds", r"seeds[0] must be at least 0, got -1"),
        ("seeds = 2", "seeds = 0", "seeds", "seeds must be from 1 to 1000000, got 0"),
        ("seeds = 2", "seeds = 1000000", "seeds", "seeds make 12000000 runs of this grid, more than 1000000"),
        ("until = 0.5", "until = -0.5", "until", "until must be finite and at least 0, got -0.5"),
        ("until = 0.5", "until = nan", "until", "until must be finite"),
        ("until = 0.5", 'until = ".5"', "until", "until must be a number, got str '.5'"),
        ("[[game]]", "[[games]]", "[[games]]", "unknown key 'games'; allowed: game, "),
        ("[[learner]]", "[[learning]]", "[[learning]]", "unknown key 'learning'; allowed: game, "),
        ('name = "paper_cooperative"', 'nam = "chess"', "[[game]]", "name is missing; one of 'congestion', "),
        ('"paper_cooperative"', '"chess"', 'name = "chess"', "name must be one of 'congestion', "),
        ('"paper_cooperative"', "1979-05-27", "name = 1979", "name must be one of 'congestion', "),
        ("n_states = 2", "n_states = 2.0", "n_states", "n_states must be an integer, got float 2.0"),
        ("n_states = 2", "n_stats = 2", "n_stats", "n_stats is no parameter of garnet; allowed: n_states, n_actions, "),
        ("n_states = 2\n", "", "[[ game ]]", "n_states is missing; garnet needs it"),
        ("    3,\n", "    0,\n", "n_actions", "n_actions[1] must be at least 1, got 0"),
        ("    3,\n", "", "players", None),
        ("horizon = 2", "horizon = 1000000000000000000000000", "horizon", "horizon must be from 1 to 9223372036854"),
        ("delta = 0.1", "delta = 1.0", "delta", "delta must be between 0 and 1"),
        ("delta = 0.1", "delta = '0.1'", "delta", "delta must be a number, got str '0.1'"),
        (
            "delta = 0.1",
            "uncertainty = 0.1",
            "uncertainty",
            "uncertainty is no parameter of Mornavi; allowed: concept, ",
        ),
        ("delta = 0.1", "epsilon = 0.1", "epsilon", "epsilon is no parameter of Mornavi; allowed: concept, "),
        ("delta = 0.1", 'concept = "core"', "concept", "concept must be one of 'nash', 'ce', 'cce', got 'core'"),
        ("epsilon = 0.2", "epsilon = 2", "epsilon", "epsilon must be in [0, 1], got 2"),
        ("[0.1, 0.2]", "[0.1, 1.2]", "radius", "radius must be in [0, 1], got 1.2"),
        ("[0.1, 0.2]", "[]", "radius", "radius must be a number, or a list of at least one"),
        ("[0.1, 0.2]", "[0.1, [0.2]]", "radius", "radius must be a number, got list [0.2]"),
        ("[0.1, 0.2]", "[0.1, true]", "radius", "radius must be a number, got bool True"),
        ("[0.1, 0.2]", "nan", "radius", "radius must be in [0, 1], got nan"),
        ("[0.1, 0.2]", "[0.1, 0.1]", "[[uncertainty]]", '{"set": "TotalVariation", "radius": 0.1} is there twice'),
        (
            "[0.1, 0.2]",
            "[0.1]\nradios = 1",
            "radios",
            "radios is no parameter of TotalVariation; allowed: radius, shift",
        ),
        ("radius = [0.1, 0.2]\n", "", "[[uncertainty]]", "radius is missing; TotalVariation needs it"),
        ('"TotalVariation"', '"Nominal"', "radius", "radius is no parameter of Nominal; allowed: none"),
        ('set = "TotalVariation"', 'name = "TotalVariation"', "[[uncertainty]]", "set is missing; one of 'Nominal', "),
        ('  {set = "Nominal"},\n', "", "players", "players must be 2, as many as in paper_cooperative, got 1"),
        ('{set = "Nominal"}', '{set = "Nominal", radius = 1}', "[[uncertainty]]", "radius is no parameter of Nominal"),
        ('{set = "Nominal"}', '{set = "nominal"}', "[[uncertainty]]", "set must be one of 'Nominal', "),
        ("radius = 0.1}", "radius = [0.1, 0.2]}", "[[uncertainty]]", "radius must be a number, got list [0.1, 0.2]"),
        ("radius = 0.1}", "radius = -0.1}", "[[uncertainty]]", "radius must be finite and at least 0, got -0.1"),
        (
            "players = [",
            "radius = 0.3\nplayers = [",
            "radius",
            "radius cannot stand beside players; it belongs to each",
        ),
    ],
)
def test_errors_name_file_line_and_key(tmp_path: Path, old: str, new: str, line: str | None, words: str | None) -> None:
    file, text = tmp_path / "grid.toml", WHOLE.replace(old, new)
    assert text != WHOLE
    file.write_text(text, encoding="utf8")
    with pytest.raises(ValueError) as caught:
        Grid.read(file)
    message = str(caught.value)
    assert (words or "") in message
    if line is None:
        assert message.startswith(f"{file}: ")
    else:
        # the right one of two tables: the last place where the words stand
        found = [n for n, each in enumerate(text.splitlines(), 1) if each.strip().startswith(line)]
        assert any(message.startswith(f"{file}, line {n}: ") for n in found), message


def test_errors_point_to_the_right_one_of_several_tables() -> None:
    text = WHOLE.replace("delta = 0.1", "").replace("epsilon = 0.2", "delta = 7")
    content = PLAIN | {"learner": [LEARNER, {"name": "EpsilonGreedy", "delta": 7}]}
    with pytest.raises(ValueError, match=rf"^here, line {line_of(text, 'delta')}: delta must be between"):
        Grid.of(content, "here", text)
    with pytest.raises(ValueError, match=r"^grid, \[\[learner\]\] 2: delta must be between"):
        Grid.of(content)
    second = text.replace("delta = 7", "")  # not written anywhere: the head of the second table
    head = len(second[: second.rindex("[[learner]]")].splitlines()) + 1
    with pytest.raises(ValueError, match=rf"^here, line {head}: delta must be between"):
        Grid.of(content, "here", second)


def test_an_error_of_a_game_is_not_laid_to_the_sets() -> None:
    players = {"players": [{"set": "Nominal"}] * 2}
    with pytest.raises(ValueError, match=r"^grid, \[\[game\]\] 2: n_states must be at least 1, got 0"):
        grid_of(game=[GAME, GARNET | {"n_states": 0}], uncertainty=[players])


def test_sets_per_player_fit_every_game() -> None:
    three = GARNET | {"n_actions": [2, 2, 2]}
    for games in ([GARNET, three], [three, GARNET]):
        with pytest.raises(ValueError, match=r"players must be .*, as many as in garnet"):
            grid_of(game=games, uncertainty=[{"players": [{"set": "Nominal"}] * 2}])
    assert len(grid_of(game=[GARNET, three]).configurations) == 2  # one set serves any number


@pytest.mark.parametrize("table", ["game", "learner", "uncertainty"])
def test_a_table_may_not_be_missing_single_empty_or_repeated(tmp_path: Path, table: str) -> None:
    wanted = rf"a grid needs at least one table \[\[{table}\]\], with two brackets"
    for wrong in (None, [], {}, "x", 3, ["x"], [[]], [PLAIN[table][0], 1]):
        with pytest.raises(ValueError, match=wanted):
            Grid.of({key: value for key, value in (PLAIN | {table: wrong}).items() if value is not None})
    with pytest.raises(ValueError, match=rf"^grid, \[\[{table}\]\] 2: .* is there twice"):
        Grid.of(PLAIN | {table: PLAIN[table] * 2})
    file = tmp_path / "single.toml"
    body = {"game": 'name = "patrol"', "learner": 'name = "Mornavi"', "uncertainty": 'set = "Nominal"'}
    text = "episodes = 1\nseeds = 1\n" + "".join(
        f"[{name}]\n{said}\n" if name == table else f"[[{name}]]\n{said}\n" for name, said in body.items()
    )
    file.write_text(text, encoding="utf8")
    with pytest.raises(ValueError, match=wanted) as caught:
        Grid.read(file)
    assert f"single.toml, line {line_of(text, f'[{table}]')}: " in str(caught.value)


@pytest.mark.parametrize("players", [5, "ab", [], [1, 2], {"set": "Nominal"}, None, [{}, {}]])
def test_players_is_a_list_of_tables(players: Any) -> None:
    with pytest.raises(ValueError, match=r"players must be a list with one table for each|set is missing"):
        grid_of(uncertainty=[{"players": players}])


def test_players_belong_to_sets_alone() -> None:
    for table in ("game", "learner"):
        with pytest.raises(ValueError, match="name is missing"):
            grid_of(**{table: [{"players": [PLAIN[table][0]]}]})


@pytest.mark.parametrize(
    "stored, words",
    [
        (b"", "a grid needs at least one table"),
        (b"[[game]\n", "is not TOML"),
        (b"episodes 100\n", r"is not TOML: .*line 1"),
        (b"episodes = 1\nepisodes = 2\n", "is not TOML"),
        (b"\xff\xfe\x00", "is not TOML"),
        (b"PK\x03\x04\x00\x00", "is not TOML"),
        (b"seeds = " + b"[" * 5000, "is not TOML"),
        (b"{}", "is not TOML"),
    ],
)
def test_files_that_are_no_grid(tmp_path: Path, stored: bytes, words: str) -> None:
    file = tmp_path / "strange.toml"
    file.write_bytes(stored)
    with pytest.raises(ValueError, match=words) as caught:
        Grid.read(file)
    assert "strange.toml" in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_grid(tmp_path: Path) -> None:
    file = tmp_path / "grid.toml"
    file.write_text(WHOLE, encoding="utf8")
    expected = Grid.read(file)
    file.write_text(WHOLE, encoding="utf-8-sig")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf") and Grid.read(file) == expected
    file.write_text(WHOLE.replace("delta = 0.1", "delta = 7"), encoding="utf-8-sig")
    with pytest.raises(ValueError, match=rf", line {line_of(WHOLE, 'delta')}: delta must be between"):
        Grid.read(file)


@pytest.mark.parametrize("depth", [20, 800, 3000])
@pytest.mark.parametrize(
    "before, key", [("", "a"), ("", "seeds.a"), ("horizon = 2", "game"), ("delta = 0.1", "learner")]
)
def test_a_key_of_very_many_parts_is_a_clear_error(tmp_path: Path, before: str, key: str, depth: int) -> None:
    """By itself, inside one of the grid's own, in a table of games or learners; as a file, and as content."""
    parts = ".".join(["a"] * depth)
    dotted = f"seeds.{parts}" if key == "seeds.a" else parts
    text = WHOLE.replace(before, f"{before}\n{dotted} = 1", 1) if before else f"{dotted} = 1\n{WHOLE}"
    text = text.replace("seeds = ", "#seeds = ") if key == "seeds.a" else text
    file = tmp_path / "grid.toml"
    file.write_text(text, encoding="utf8")
    found = key.partition(".")[0]
    message = rf"grid\.toml, line \d+: {found} must not hold more than 20 tables and lists in each other"
    if depth == 20 and not before:
        message = r"grid\.toml, line 1: (?:unknown key 'a'|seeds must be an integer)"
    with pytest.raises(ValueError, match=message) as caught:
        Grid.read(file)
    assert len(str(caught.value)) < 300 + len(str(file))
    deep: Any = 1
    for _ in range(depth):
        deep = {"a": deep}
    with pytest.raises(ValueError, match=r"^grid: seeds must"):
        grid_of(seeds=deep)


def test_a_list_of_twenty_thousand_radii_is_not_compared_pair_by_pair() -> None:
    class Counting(float):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counting.compared += 1
            return float(self) == other

        __hash__ = float.__hash__

    radii: list[Any] = [Counting(k / 20_000) for k in range(20_000)]
    grid = grid_of(uncertainty=[BALL | {"radius": radii}])
    assert len(grid.configurations) == 20_000 and Counting.compared < 200_000
    with pytest.raises(ValueError, match="is there twice"):
        grid_of(uncertainty=[BALL | {"radius": [*radii, 1e-4]}, BALL | {"radius": 0.5}])
    for again in (1, 1.0, np.float64(1), True):
        with pytest.raises(ValueError, match="is there twice"):
            grid_of(uncertainty=[BALL | {"radius": [1, again]}])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.toml"):
        Grid.read(tmp_path / "nowhere.toml")
    with pytest.raises(OSError):
        Grid.read(tmp_path)


@pytest.mark.parametrize("content", [None, 5, "episodes", [], [("episodes", 1)]])
def test_content_is_a_mapping(content: Any) -> None:
    with pytest.raises(TypeError, match="content must be a mapping"):
        Grid.of(content)


def test_a_number_beyond_all_floats_is_an_error_of_the_grid() -> None:
    for table, entry in (("uncertainty", BALL | {"radius": 10**400}), ("learner", LEARNER | {"scale": 10**400})):
        with pytest.raises(ValueError, match=rf"^grid, \[\[{table}\]\] 1: "):
            grid_of(**{table: [entry]})
    with pytest.raises(ValueError, match=r"^grid: "):
        grid_of(until=10**400)


def test_a_game_beyond_the_memory_is_an_error_of_the_grid() -> None:
    with pytest.raises(ValueError, match=r"^grid, \[\[game\]\] 1: "):
        grid_of(game=[GARNET | {"n_states": 10**7, "stationary": True}])


# ---- anything at all is a grid or an error ----

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 12)
    | st.sampled_from([2**63, 10**400])
    | st.floats()
    | st.text(string.printable, max_size=4)
    | st.just(datetime.date(1979, 5, 27))
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def nearly(right: list[dict[str, Any]], values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Tables that are right, or have one entry another value, one more, or one fewer."""
    value = st.sampled_from(sorted(values)).flatmap(lambda key: st.tuples(st.just(key), values[key] | anything))
    changed = st.builds(lambda table, entry: table | dict([entry]), st.sampled_from(right), value)
    fewer = st.builds(
        lambda table, key: {k: v for k, v in table.items() if k != key}, changed, st.sampled_from(sorted(values))
    )
    return st.sampled_from(right) | changed | fewer


right_games = [GAME, GARNET, {"name": "support_shift", "theta": 1}, {"name": "gambler", "goal": 3}]
right_learners = [LEARNER | {"delta": 0.5}, {"name": "EpsilonGreedy", "epsilon": 0.0}, {"name": "OfflinePessimistic"}]
right_sets = [BALL, BALL | {"radius": [0.1, 0.2]}, {"set": "Nominal"}, {"set": "KullbackLeibler", "radius": 2}]
small, unit = st.integers(-1, 4), st.floats(-0.1, 1.1)
games = nearly(
    right_games,
    {"name": st.sampled_from(zoo.__all__), "n_actions": st.lists(small, max_size=3), "rewards": st.text(max_size=3)}
    | dict.fromkeys(["n_states", "horizon", "branching", "seed", "theta", "goal", "days"], small),
)
learned = nearly(
    right_learners,
    {"name": st.sampled_from(sorted(LEARNERS)), "concept": st.sampled_from(["ce", "core"]), "behaviour": anything}
    | dict.fromkeys(["delta", "epsilon", "scale", "min_probability"], unit),
)
one_set = nearly(
    right_sets,
    {"set": st.sampled_from(["Nominal", "ChiSquare"]), "shift_support": st.booleans()}
    | {"radius": unit | st.lists(unit, max_size=3), "players": anything},
)
sets = one_set | st.lists(one_set, min_size=1, max_size=3).map(lambda each: {"players": each})
entries = {
    "episodes": small,
    "seeds": small | st.lists(small, max_size=3),
    "until": unit,
    "game": st.lists(games, min_size=1, max_size=2),
    "learner": st.lists(learned, min_size=1, max_size=2),
    "uncertainty": st.lists(sets, min_size=1, max_size=2),
    "other": anything,
}
one_entry = st.sampled_from(sorted(entries)).flatmap(lambda key: st.tuples(st.just(key), entries[key] | anything))
contents = st.lists(one_entry, max_size=2).map(lambda changes: PLAIN | dict(changes))


def accepted(content: Any, text: str = "") -> bool:
    """Whether it is a grid; an error must be a ValueError that names its source."""
    try:
        grid = Grid.of(content, "source", text)
    except ValueError as error:
        assert str(error).startswith("source")
        return False
    for each in grid.configurations:
        assert json.loads(json.dumps(each)) == each
    return True


@given(contents)
@settings(max_examples=400)
def test_any_content_is_a_grid_or_a_value_error(content: Any) -> None:
    accepted(content)


def nearby(text: str) -> Iterator[str]:
    """The text without one line, with one line twice, and with one character another."""
    lines = text.splitlines(keepends=True)
    for n in range(len(lines)):
        yield "".join(lines[:n] + lines[n + 1 :])
        yield "".join(lines[: n + 1] + lines[n:])
    for n in range(0, len(text), 3):
        yield text[:n] + '0"[x=\n'[n // 3 % 6] + text[n + 1 :]


def test_any_mistake_in_a_file_is_a_grid_or_a_value_error(tmp_path: Path) -> None:
    file, grids = tmp_path / "grid.toml", 0
    for text in nearby(WHOLE):
        file.write_text(text, encoding="utf8")
        try:
            grids += len(Grid.read(file).configurations) > 0
        except ValueError as error:
            assert str(error).startswith(str(file))
    assert grids > 10  # comments, blank lines, numbers
