"""Gambit's files: what the format allows, the order of payoffs, exact round trips, and errors with their place."""

from __future__ import annotations

import copy
import itertools
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mornavi_lite.formats.tokens as tokens
from mornavi_lite import deviation_gain, solve_stage
from mornavi_lite.formats import StageGame, read_nfg, write_nfg

HEAD = 'NFG 1 R "A game" { "Row" "Column" } '
#: Player 0 has 3 strategies and player 1 has 2; column by column, as the format wants it.
LISTED = HEAD + "{ 3 2 }\n\n1 1 0 2 0 2 1 1 0 3 2 0\n"
PAID = {(0, 0): (1, 1), (1, 0): (0, 2), (2, 0): (0, 2), (0, 1): (1, 1), (1, 1): (0, 3), (2, 1): (2, 0)}


@pytest.fixture
def game(tmp_path: Path):
    """Reads a text as a file."""

    def read(text: str | bytes) -> StageGame:
        path = tmp_path / "game.nfg"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_nfg(path)

    return read


def assert_is_listed(found: StageGame) -> None:
    payoffs, n_actions = found
    assert n_actions == (3, 2) and payoffs.shape == (2, 6) and payoffs.dtype == np.float64
    table = payoffs.reshape(2, 3, 2)
    assert all(tuple(table[:, row, column]) == pay for (row, column), pay in PAID.items())


@pytest.mark.parametrize(
    "text",
    [
        LISTED,
        LISTED.replace(" R ", " D "),
        LISTED.replace("\n", "\r\n"),
        LISTED.replace("\n", "\r"),
        b"\xef\xbb\xbf" + LISTED.encode(),
        LISTED.replace("A game", "Jeu \xe0 deux").encode("latin-1"),
        LISTED.replace(" ", "\n\n\t ").replace('"A\n\n\t game"', '"A game"'),
        LISTED.rstrip(),
        LISTED.replace("{ 3 2 }", '{ 3 2 } "said { of } it,\n  with \\"quotes\\""'),
        LISTED.replace("{ 3 2 }", '{ 3 2 } { "said of it" }'),
        LISTED.replace("{ 3 2 }", '"said of it" { 3 2 } ""'),
        LISTED.replace("{ 3 2 }", '{ { "a" "b" "c" }\n{ "a" "b" }\n}'),
        LISTED.replace("{ 3 2 }", '{{"a" "b" "c"}{"a" "b"}}""'),
        LISTED.replace("{ 3 2 }", "{3 2}").replace('{ "Row" "Column" }', '{"Row" "Column"}'),
        HEAD + "{ 3 2 } +1 1. 0.0 2e0 -0 20E-1 10/10 .1e1 0/7 3 4/2 00",
        HEAD + '{ 3 2 } { { "" 1, 1 } { "x" 0 2 } { "x" 0,3, } { "{" 2 , 0 } } 1 2 2 1 3 4',
        HEAD + '{ { "a" "b" "c" } { "a" "b" } } "" {{"" 1 1}{"" 0 2}{"" 0 3}{"" 2 0}{"not used" 9 9}}\n1 2 2 1 3 4',
    ],
)
def test_every_form_of_one_game_is_read(game, text: str | bytes) -> None:
    assert_is_listed(game(text))


def test_the_null_outcome_pays_nothing(game) -> None:
    payoffs, _ = game(HEAD + '{ 2 2 } { { "only" 7, -8 } } 0 1 0 0')
    assert payoffs.tolist() == [[0, 0, 7, 0], [0, 0, -8, 0]]
    payoffs, _ = game(HEAD + "{ 2 2 } { } 0 0 0 0")
    assert not payoffs.any()


def test_payoffs_of_three_players_have_the_order_of_the_file(game) -> None:
    n_actions = (2, 3, 4)
    counted = itertools.count()
    by_profile = {(a, b, c): next(counted) for c in range(4) for b in range(3) for a in range(2)}
    rows = " ".join(f"{i} {-i} {i}/3" for i in range(24))
    payoffs, found = game(f'NFG 1 R "" {{ "" "" "" }} {{ 2 3 4 }} {rows}')
    assert found == n_actions
    for j, profile in enumerate(itertools.product(*map(range, n_actions))):
        i = by_profile[profile]
        assert payoffs[:, j].tolist() == [i, -i, i / 3]


def test_one_player_and_one_strategy(game) -> None:
    payoffs, n_actions = game('NFG 1 R "" { "alone" } { 3 } 1 2 3')
    assert n_actions == (3,) and payoffs.tolist() == [[1, 2, 3]]
    many = " ".join(['"p"'] * 100)
    payoffs, n_actions = game(f'NFG 1 R "" {{ {many} }} {{ {"1 " * 99} 2 }} {"5 " * 100} {"6 " * 100}')
    assert n_actions == (1,) * 99 + (2,) and payoffs.tolist() == [[5, 6]] * 100


def test_names_titles_and_comments_are_kept(game) -> None:
    text = r'NFG 1 R "a \"b\" c\\d \alpha" { "x" "y" } { { "" "up" "up" } { "up_1" "up" "up" } } "said"'
    found = game(text + " 0" * 18)
    assert found.title == r'a "b" c\d \alpha' and found.comment == "said" and found.player_names == ("x", "y")
    assert found.action_names == (("1", "up_1", "up_2"), ("up_1", "up_2", "up_3"))
    assert game(LISTED).action_names == (("1", "2", "3"), ("1", "2"))
    for again in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert again.action_names == found.action_names and again.title == found.title and again.n_actions == (3, 3)
    assert len(repr(found)) < 120 and "(3, 3)" in repr(found)


@pytest.mark.parametrize("names", [(("u", 'the "d"'), ("l", "m\\", "r")), None])
def test_names_come_back(tmp_path: Path, names) -> None:
    write_nfg(tmp_path / "game.nfg", np.zeros((2, 6)), (2, 3), names, ["Ann", "Bob"], 'A "title"\\', "two\nlines")
    found = read_nfg(tmp_path / "game.nfg")
    assert found.action_names == (names or (("1", "2"), ("1", "2", "3"))) and found.player_names == ("Ann", "Bob")
    assert found.title == 'A "title"\\' and found.comment == "two\nlines"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=36, max_size=36))
def test_any_payoffs_come_back_to_the_bit(tmp_path_factory, numbers: list[float]) -> None:
    path = tmp_path_factory.mktemp("nfg") / "game.nfg"
    payoffs = np.array(numbers).reshape(3, 12)
    before = payoffs.copy()
    payoffs.setflags(write=False)
    write_nfg(path, payoffs, (2, 3, 2))
    again, n_actions = read_nfg(path)
    assert n_actions == (2, 3, 2) and again.tobytes() == before.tobytes() == payoffs.tobytes()


@pytest.mark.parametrize("n_actions", [(1,), (4,), (2, 3), (3, 2), (2, 3, 4), (1, 2, 1, 3)])
def test_every_shape_comes_back(tmp_path: Path, n_actions: tuple[int, ...]) -> None:
    payoffs = np.random.default_rng(0).normal(size=(len(n_actions), int(np.prod(n_actions))))
    write_nfg(tmp_path / "game.nfg", payoffs, n_actions)
    again, found = read_nfg(tmp_path / "game.nfg")
    assert found == n_actions and again.tobytes() == payoffs.tobytes()


def test_a_file_is_solved(game) -> None:
    payoffs, n_actions = game(LISTED)
    for concept in ("nash", "ce", "cce"):
        policy = solve_stage(payoffs, n_actions, concept)
        assert deviation_gain(payoffs, policy, n_actions, concept) <= 1e-9


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "line 1, column 1", "expected NFG"),
        ("EFG 2 R", "line 1, column 1", "got 'EFG'"),
        ("#AGG", "line 1, column 1", "cannot read '#AGG'"),
        (LISTED.replace("NFG 1", "NFG 2"), "line 1, column 5", "version"),
        (LISTED.replace(" R ", " Q "), "line 1, column 7", "R or D"),
        (LISTED.replace('"A game"', "A"), "line 1, column 9", "title"),
        (LISTED.replace('"A game"', '"A game'), "line 1, column 20", "the list of players"),
        (LISTED + '"', "line 4, column 1", "cannot read '\"'"),
        (LISTED.replace('"A game"', '"A\ngame"').replace('"Column"', "Column"), "line 2, column 15", "got 'Column'"),
        (HEAD.replace('"Row" "Column"', "") + "{ }", "line 1, column 21", "a name in quotes"),
        (LISTED.replace("{ 3 2 }", "{ 3 }"), "line 1, column 41", "strategies of player 2 of 2"),
        (LISTED.replace("{ 3 2 }", "{ 3 2 2 }"), "line 1, column 43", "}"),
        (LISTED.replace("{ 3 2 }", "{ 3 0 }"), "line 1, column 41", "at least 1"),
        (LISTED.replace("{ 3 2 }", "{ 3 -2 }"), "line 1, column 41", "at least 1"),
        (LISTED.replace("{ 3 2 }", "{ 3 2.0 }"), "line 1, column 41", "number of strategies"),
        (LISTED.replace("{ 3 2 }", '{ { "a" "b" "c" } 2 }'), "line 1, column 55", "strategies of player 2"),
        (LISTED.replace("{ 3 2 }", '{ { "a" "b" "c" } { } }'), "line 1, column 57", "name in quotes"),
        (LISTED.rstrip().removesuffix("0"), "line 3, column 23", "got the end of the file"),
        (LISTED + "\n 4", "line 5, column 2", "the end of the file"),
        (LISTED.replace("2 0\n", "2 x\n"), "line 3, column 23", "a payoff"),
        (LISTED.replace("2 0\n", "2 nan\n"), "line 3, column 23", "a payoff"),
        (LISTED.replace("2 0\n", "2 1/0\n"), "line 3, column 23", "a finite number"),
        (LISTED.replace("2 0\n", "2 1e999\n"), "line 3, column 23", "a finite number"),
        (LISTED.replace("2 0\n", f"2 1{5000 * '0'}/3\n"), "line 3, column 23", "a finite number"),
        (LISTED.replace("2 0\n", "2 1/-2\n"), "line 3, column 23", "cannot read '1/-2'"),
        (LISTED.replace("2 0\n", "2 1_0\n"), "line 3, column 23", "cannot read '1_0'"),
        (LISTED.replace("2 0\n", "2 1-0\n"), "line 3, column 23", "cannot read '1-0'"),
        (LISTED.replace("2 0\n", "2, 0\n"), "line 3, column 22", "a payoff"),
        (LISTED.replace("2 0\n", "2\0 0\n"), "line 3, column 21", "cannot read"),
        (HEAD + '{ 1 2 } { { "" 1 } } 1 1', "line 1, column 54", "payoff of player 2 of 2"),
        (HEAD + '{ 1 2 } { { "" 1 2 3 } } 1 1', "line 1, column 56", "after the payoffs"),
        (HEAD + '{ 1 2 } { { 1 2 } } 1 1', "line 1, column 49", "name of an outcome"),
        (HEAD + '{ 1 2 } { { "" 1 2 } } 1 2', "line 1, column 62", "from 0 to 1"),
        (HEAD + '{ 1 2 } { { "" 1 2 } } 1 -1', "line 1, column 62", "from 0 to 1"),
        (HEAD + '{ 1 2 } { { "" 1 2 } } 1 1/1', "line 1, column 62", "from 0 to 1"),
        (HEAD + '{ 1 2 } { { "" 1 2 } } 1', "line 1, column 61", "got the end of the file"),
        (HEAD + '{ 1 2 } { { "" 1 2 } } 1 1 1', "line 1, column 64", "the end of the file"),
        (HEAD + "{ 999999999 2 }", "line 1, column 39", "number of strategies"),
        (HEAD + f"{{ {'9' * 5000} 2 }}", "line 1, column 39", "number of strategies"),
        (HEAD + "{ 40 40 }", "line 1, column 45", "1600 joint actions, more than the file has characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(game, text: str, place: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        game(text)
    message = str(caught.value)
    assert f"game.nfg, {place}: " in message and said in message and len(message) < 400


def test_what_would_take_too_much_memory_is_refused(game, monkeypatch: pytest.MonkeyPatch) -> None:
    many = " ".join(['"p"'] * 300)
    wide = f'NFG 1 R "" {{ {many} }} {{ {"1 " * 299} 700 }} "{"x" * 100}"'
    monkeypatch.setattr("mornavi_lite.formats.nfg.MOST_BYTES", 10**6)
    with pytest.raises(ValueError, match=r"700 joint actions of 300 players take more than"):
        game(wide)
    monkeypatch.setattr(tokens, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match=r"game\.nfg has more than 256 MiB"):
        game(LISTED + 40 * " ")


def test_a_long_bad_file_is_refused_as_fast_as_it_is_read(game) -> None:
    # Quadratic searches of any of these would take hours.
    for text in ('"' + "\\\\" * 10**6, "1" * 10**6 + "x", '"' + "a" * 10**6, " " * 10**6 + "\0"):
        with pytest.raises(ValueError, match="line 1"):
            game(HEAD + "{ 1 1 }" + text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"payoffs": [[1, 2]]}, r"payoffs must have shape \(m, A\) = \(2, 6\)"),
        ({"payoffs": np.full((2, 6), np.nan)}, r"payoffs\[0, 0\] must be finite"),
        ({"n_actions": (2, 0)}, r"n_actions\[1\] must be at least 1"),
        ({"action_names": [["a", "b"]]}, "action_names must have one entry per player"),
        ({"action_names": [["a", "b"], ["c", "c", "d"]]}, r"action_names\[1\] must be different"),
        ({"player_names": ["a"]}, "player_names must be a sequence of 2 names"),
        ({"comment": "half a pair: \ud800"}, "comment must be a text that UTF-8 can write, surrogates not allowed"),
    ],
)
def test_what_cannot_be_written_is_named(tmp_path: Path, arguments: dict, said: str) -> None:
    good = {"payoffs": np.zeros((2, 6)), "n_actions": (2, 3)}
    with pytest.raises(ValueError, match=said):
        write_nfg(tmp_path / "game.nfg", **{**good, **arguments})
    assert not any(tmp_path.iterdir())
