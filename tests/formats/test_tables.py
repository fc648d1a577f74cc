"""Games from tables: what a line means, judged by plain loops over the lines; what is wrong is named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler, MarkovGame, Nominal, TotalVariation, solve
from mornavi_lite.formats import read_table

HEAD = "state,action,next state,probability,reward\n"
MACHINE = HEAD + "new,run,new,0.9,4\nnew,run,worn,0.1,4\nworn,run,worn,1,1\nworn,repair,new,1,-2\n"
TWO = """\
state,action_row,action_column,next_state,probability,reward_row,reward_column
start,go,left,start,0.25,1,-1
start,go,left,goal,0.75,2,-2
start,go,mid,start,1,0,0
start,go,right,goal,1,3,5
start,stay,left,start,1,0,1
start,stay,mid,goal,1/3,4,1
start,stay,mid,start,2/3,0,1
start,stay,right,start,1,1,1
"""


@pytest.fixture
def table(tmp_path: Path):
    """Reads a text as a table."""

    def read(text: str | bytes, horizon: int | None = 3, **options: Any) -> MarkovGame:
        path = tmp_path / "game.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_table(path, horizon, **options)

    return read


def by_lines(text: str, radius: float, discount: float, n_steps: int) -> dict[str, float]:
    """Best robust values of one player by loops over the lines: TV inside the support, rewards on the outcome."""
    rows: dict[str, dict[str, dict[str, tuple[float, float]]]] = {}
    for line in text.splitlines()[1:]:
        state, action, then, chance, reward = (cell.strip('" ') for cell in line.split(","))
        row = rows.setdefault(state, {}).setdefault(action, {})
        assert then not in row
        row[then] = float(chance), float(reward)
    value = {then: 0.0 for own in rows.values() for row in own.values() for then in row}
    for _ in range(n_steps):
        new = dict.fromkeys(value, 0.0)
        for state, own in rows.items():
            totals = []
            for row in own.values():
                worth = sorted((r + discount * value[then], p) for then, (p, r) in row.items() if p > 0)
                left = min(radius, sum(p for _, p in worth[1:]))
                total = left * worth[0][0] + worth[0][1] * worth[0][0]
                for gain, chance in reversed(worth[1:]):
                    moved = min(left, chance)
                    left -= moved
                    total += (chance - moved) * gain
                totals.append(total)
            new[state] = max(totals)
        value = new
    return value


def test_lines_of_one_player(table) -> None:
    game = table(MACHINE, name="machine")
    assert game.name == "machine" and game.horizon == 3 and game.n_actions == (2,)
    assert game.state_names == ("new", "worn") and game.action_names == (("run", "repair"),)
    assert game.transition[1, :, 0].tolist() == [[0.9, 0.1], [0, 1]] and game.transition[0, 1, 1].tolist() == [1, 0]
    assert game.reward[0, 0, :, 0].tolist() == [4, 1] and game.reward[0, 0, 1, 1] == -2
    assert game.reward.shape == (1, 3, 2, 2) and game.reward_range.tolist() == [[-2, 4]]
    assert game.legal is not None and game.legal[0].tolist() == [[True, False], [True, True]]
    assert game.initial.tolist() == [1, 0] and game.repeats_one_step


def test_two_players_of_different_sizes(table) -> None:
    game = table(TWO)
    assert game.n_actions == (2, 3) and game.action_names == (("go", "stay"), ("left", "mid", "right"))
    assert game.state_names == ("start", "goal") and game.legal is None
    lines = [line.split(",") for line in TWO.splitlines()[1:]]
    for state, row, column, then, chance, *paid in lines:
        s, a, t = game.state(state), game.joint_action(row, column), game.state(then)
        assert game.transition[0, s, a, t] == pytest.approx(eval(chance))
        assert [game.reward[i, 2, s, a, t] for i in range(2)] == list(map(float, paid))
    assert game.transition[0, 1, :, 1].tolist() == [1] * 6 and not game.reward[:, :, 1, :, 1].any()
    assert game.reward_range.tolist() == [[-2, 5]] * 2
    assert game.reward[0, 0, 0, 1, 1] == -2, "a next state that is not listed pays the lowest"


def test_three_players_in_any_order_of_columns(table) -> None:
    text = "reward_b,reward_c,p,to,action_c,reward_a,action_a,from,action_b\n"
    number = 0
    for a in range(2):
        for b in range(3):
            for c in range(2):
                number += 1
                text += f"{number},{10 * number},1,0,{c},{-number},{a},0,{b}\n"
    game = table(text)
    # players in the order of the columns of actions: c, a, b
    assert game.n_actions == (2, 2, 3) and game.n_players == 3
    number = 0
    for a in range(2):
        for b in range(3):
            for c in range(2):
                number += 1
                joint = game.joint_action(c, a, b)
                assert game.reward[:, 0, 0, joint].tolist() == [10 * number, -number, number]


@pytest.mark.parametrize("form", ['"({0}, {1})"', '"{0},{1}"', "{0}|{1}", "[{0};{1}]", "{0} {1}"])
def test_joint_actions_in_one_column(table, form: str) -> None:
    lines = [line.split(",") for line in TWO.splitlines()]
    text = "state,joint action,next_state,probability,reward 1,reward 2\n"
    text += "".join(",".join([s, form.format(a, b), *rest]) + "\n" for s, a, b, *rest in lines[1:])
    assert table(text) == table(TWO)


def test_joint_actions_by_their_index(table) -> None:
    names = [["go", "stay"], ["left", "mid", "right"]]
    lines = [line.split(",") for line in TWO.splitlines()]
    text = "state,joint_action,next_state,probability,reward_1,reward_2\n"
    for s, a, b, *rest in lines[1:]:
        text += ",".join([s, str(3 * names[0].index(a) + names[1].index(b)), *rest]) + "\n"
    assert table(text, action_names=names) == table(TWO)
    with pytest.raises(ValueError, match=r"line 2, column 2 \(joint_action\): expected one action per player"):
        table(text)
    with pytest.raises(ValueError, match=r"expected an index, with action_names, or one action per player"):
        table(text.replace("start,5", "start,6"), action_names=names)


def test_one_reward_of_all_players(table) -> None:
    text = "s,a1,a2,s',p,r\n0,0,0,0,1,3\n0,0,1,0,1,4\n"
    game = table(text)
    assert game.n_actions == (1, 2) and game.reward[:, 0, 0].tolist() == [[3, 4], [3, 4]]


@pytest.mark.parametrize(
    "text",
    [
        MACHINE.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + MACHINE.encode(),
        MACHINE.replace(",", ";"),
        MACHINE.replace(",", "\t"),
        MACHINE.replace(",", ", "),
        MACHINE.replace(",", " \t ,  "),
        MACHINE.replace("\n", ",,\n"),
        "\n# a comment\n\n" + MACHINE.replace("\n", "\n\n") + ",,,,\n",
        MACHINE.replace("new", '"new"').replace(HEAD, '"State","Action","Next State","Probability","Reward"\n'),
        MACHINE.replace(HEAD, "idstatefrom,idaction,idstateto,probability,reward\n"),
        MACHINE.replace(HEAD, "from,a,to,prob,r\n"),
        "".join(f"{k}," * (k > 0) + "," * (k == 0) + line + "\n" for k, line in enumerate(MACHINE.splitlines())),
        MACHINE.replace("0.9", "9e-1").replace("0.1", "1/10"),
        MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.5,4\nnew,run,new,0.4,4"),
        MACHINE.rstrip(),
    ],
)
def test_forms_of_one_table(table, text: str | bytes) -> None:
    game, plain = table(text), table(MACHINE)
    assert game == plain


def test_latin_1_is_read(table) -> None:
    game = table(MACHINE.replace("new", "n\xe9").encode("latin-1"))
    assert game.state_names[0] == "n\xe9"


def test_integers_are_in_their_order_and_gaps_are_no_states(table) -> None:
    game = table(HEAD + "10,3,2,1,0.5\n2,1,10,0.5,1\n2,1,7,0.5,1\n")
    assert game.state_names == ("2", "7", "10") and game.action_names == (("1", "3"),)
    assert game.transition[0, 0, 0].tolist() == [0, 0.5, 0.5] and game.initial.tolist() == [1, 0, 0]
    assert game.legal is not None and game.legal[0].tolist() == [[True, False], [True, True], [False, True]]
    assert table(HEAD + "1.0,0,2,1,0\n2.0,0,1,1,0\n").state_names == ("1", "2")
    assert table(HEAD + "b,0,a,1,0\nc,0,b,1,0\n").state_names == ("b", "c", "a")


def test_names_in_the_order_that_is_given(table) -> None:
    game = table(MACHINE, state_names=["worn", "new", "gone"], action_names=[["repair", "run"]], initial="new")
    assert game.state_names == ("worn", "new", "gone") and game.initial.tolist() == [0, 1, 0]
    assert game.transition[0, 0].tolist() == [[0, 1, 0], [1, 0, 0]] and game.transition[0, 2, 0].tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match=r"line 2, column 1 \(state\): expected a state, got 'new', which is not"):
        table(MACHINE, state_names=["worn", "old"])
    with pytest.raises(ValueError, match=r"line 5, column 2 \(action\): expected an action, got 'repair'"):
        table(MACHINE, action_names=[["run"]])


def test_starts(table) -> None:
    assert table(MACHINE, initial="worn").initial.tolist() == [0, 1]
    assert table(MACHINE, initial={"worn": 0.25, "new": 0.75}).initial.tolist() == [0.75, 0.25]
    assert table(MACHINE, initial=[0.5, 0.5]).initial.tolist() == [0.5, 0.5]
    assert table(HEAD + "3,0,4,1,1\n", initial=4).initial.tolist() == [0, 1]
    with pytest.raises(ValueError, match="initial must name a state, one of 'new', 'worn'; got 'old'"):
        table(MACHINE, initial="old")


def test_probabilities_of_one_next_state_add_and_rewards_are_averaged_by_them(table) -> None:
    game = table(HEAD + "a,x,a,0.25,4\na,x,b,0.25,1\na,x,a,0.5,1\nb,x,a,1,0\nb,x,b,0,9\n")
    assert game.transition[0, 0, 0].tolist() == [0.75, 0.25]
    assert game.reward[0, 0, 0, 0].tolist() == [pytest.approx((0.25 * 4 + 0.5 * 1) / 0.75), 1]
    assert game.reward[0, 0, 1, 0].tolist() == [0, 9], "a line of probability 0 says what the next state would pay"


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.1, 0.4, 1.0])
@pytest.mark.parametrize("text", [MACHINE, HEAD + "0,0,1,.5,1\n0,0,0,.5,-1\n0,1,0,1,.1\n1,0,0,.2,3\n1,0,2,.8,.5\n"])
def test_robust_values_are_those_of_a_loop_over_the_lines(table, text: str, radius: float) -> None:
    game = table(text, 12)
    found = solve(game, TotalVariation(radius, shift_support=False)).value[0, 0]
    wanted = by_lines(text, radius, 1.0, 12)
    assert set(game.state_names) == set(wanted)
    np.testing.assert_allclose(found, [wanted[name] for name in game.state_names], atol=1e-9)


def river_swim() -> str:
    """Six places along a river (Strehl and Littman, 2008): upstream is hard, and pays at its end."""
    text = "idstatefrom,idaction,idstateto,probability,reward\n0,0,0,1,5\n0,1,0,0.7,0\n0,1,1,0.3,0\n"
    for s in range(1, 5):
        text += f"{s},0,{s - 1},1,0\n{s},1,{s},0.6,0\n{s},1,{s + 1},0.3,0\n{s},1,{s - 1},0.1,0\n"
    return text + "5,0,4,1,0\n5,1,5,0.3,10000\n5,1,4,0.7,0\n"


def machine_replacement() -> str:
    """A machine that wears out in eight steps, and two kinds of repair (Delage and Mannor, 2010); costs by outcome."""
    text = '"idstatefrom","idaction","idstateto","probability","reward"\n'
    for s in range(7):
        costs = -20 if s == 6 else 0
        text += f"{s},0,{s},0.2,0\n{s},0,{s + 1},0.8,{costs}\n"
    for s in range(8):
        text += f"{s},1,{min(s + 1, 7)},0.3,{-20 if s >= 6 else 0}\n{s},1,9,0.6,-2\n{s},1,8,0.1,-10\n"
    text += "7,0,7,1,-20\n8,0,8,1,-10\n8,1,9,0.6,-2\n8,1,8,0.4,-10\n"
    return text + "9,0,9,0.2,-2\n9,0,0,0.8,0\n9,1,9,1,-2\n"


IN_SUPPORT = {"shift_support": False}
KNOWN = [
    (river_swim, 0.99, Nominal(), 56687.6489),
    (river_swim, 0.99, TotalVariation(0.05, **IN_SUPPORT), 25843.4421),
    (river_swim, 0.99, TotalVariation(0.1, **IN_SUPPORT), 7660.0956),
    (river_swim, 0.9, TotalVariation(0.1, **IN_SUPPORT), 163.8196),
    (river_swim, 0.9, KullbackLeibler(0.05), 101.4611),
    (river_swim, 0.9, KullbackLeibler(0.1), 50.0),
    (machine_replacement, 0.9, Nominal(), -5.3383),
    (machine_replacement, 0.9, TotalVariation(0.05, **IN_SUPPORT), -7.1546),
    (machine_replacement, 0.9, KullbackLeibler(0.1), -13.5871),
    (machine_replacement, 0.99, TotalVariation(0.1, **IN_SUPPORT), -118.5258),
]


@pytest.mark.parametrize(("text", "discount", "ball", "wanted"), KNOWN)
def test_public_tables_have_their_known_robust_values(table, text, discount: float, ball, wanted: float) -> None:
    """Of an infinite horizon, from an independent loop, to four decimals."""
    game = table(text(), None, discount=discount, accuracy=1e-4)
    low, high = solve(game, ball).value[0, 0, 0] + game.tail[0]
    assert low - 6e-5 <= wanted <= high + 6e-5


@pytest.mark.parametrize("radius", [0.0, 0.1])
def test_discounted_values_bracket_the_infinite_ones(table, radius: float) -> None:
    game = table(MACHINE, None, discount=0.9, accuracy=1e-3)
    found = solve(game, TotalVariation(radius, shift_support=False)).value[0, 0] + game.tail[0][:, None]
    wanted = by_lines(MACHINE, radius, 0.9, 500)
    value = np.array([wanted[name] for name in game.state_names])
    assert (found[0] <= value + 1e-9).all() and (value <= found[1] + 1e-9).all()
    assert (found[1] - found[0]).max() <= 1e-3


def test_a_column_of_steps(table) -> None:
    text = "step,state,action,next_state,probability,reward\n"
    text += "0,a,x,b,1,5\n0,b,x,b,1,6\n1,a,x,a,1,7\n1,b,x,a,0.5,8\n1,b,x,b,0.5,8\n"
    for horizon in (None, 2):
        game = table(text, horizon)
        assert game.horizon == 2 and not game.repeats_one_step
        assert game.transition[:, 0, 0].tolist() == [[0, 1], [1, 0]] and game.reward[0, :, 0, 0].tolist() == [5, 7]
    assert solve(game, Nominal()).value[0, 0].tolist() == [13, 14]
    with pytest.raises(ValueError, match="horizon must be 2, the number of steps that are listed, or None; got 3"):
        table(text, 3)
    with pytest.raises(ValueError, match=r"line 4, column 1 \(step\): a step must be 0, 1, ..., got 1.5"):
        table(text.replace("1,a,x", "1.5,a,x"), 2)
    ended = table(text.replace("0,b,x,b,1,6\n", ""), 2)
    assert ended.transition[0, 1, 0].tolist() == [0, 1] and ended.reward[0, 0, 1, 0] == 0


def test_rounded_rows_are_normalized_on_request(table) -> None:
    text = HEAD + "a,x,a,0.333,1\na,x,b,0.667,1\nb,x,a,0.3333,2\nb,x,b,0.6666,2\n"
    with pytest.raises(ValueError, match=r"line 5, column 4 .*: the probabilities of state 'b'.*normalize"):
        table(text)
    assert table(text, normalize=True).transition[0, 1, 0].tolist() == [0.3333 / 0.9999, 0.6666 / 0.9999]


def test_large_tables_are_sparse_and_full_ones_are_dense(table) -> None:
    ring = HEAD + "".join(f"{s},{a},{(s + 1 + a) % 100},1,{a}\n" for s in range(100) for a in range(2))
    game = table(ring)
    assert game.next_state is not None and game.next_state.shape == (3, 100, 2, 1)
    full = HEAD + "".join(f"{s},0,{t},{1 / 70},1\n" for s in range(70) for t in range(70))
    assert table(full).next_state is None and table(MACHINE).next_state is None


def test_many_lines_are_read_in_parts(table, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "".join(f"{s},{a},{(s + 1 + a) % 100},1,{a}\n" for s in range(100) for a in range(2))
    whole = table(text)
    led_to = HEAD + "a,x,far,1,0\nb,x,end,1,0\nc,y,a,1,0\n"
    named = table(led_to)
    assert named.state_names == ("a", "b", "c", "far", "end")
    monkeypatch.setattr("mornavi_lite.formats.cells.CHUNK", 1)
    assert table(led_to) == named
    monkeypatch.setattr("mornavi_lite.formats.cells.CHUNK", 7)
    assert table(text) == whole
    with pytest.raises(ValueError, match=r"line 190, column 5 \(reward\): expected a number, got 'x'"):
        table(text.replace("\n94,0,95,1,0", "\n94,0,95,1,x"))


def test_actions_of_players_are_legal_in_all_combinations(table) -> None:
    text = TWO + "".join(f"goal,go,{own},goal,1,0,0\n" for own in ("mid", "right"))
    game = table(text)
    assert game.legal is not None
    assert game.legal[0].tolist() == [[True, True], [True, False]]
    assert game.legal[1].tolist() == [[True, True, True], [False, True, True]]
    with pytest.raises(ValueError, match="state 'goal' has no transition for the actions 'stay', 'right'"):
        table(text + "goal,stay,mid,goal,1,0,0\n")
    policy = solve(game, TotalVariation(0.1)).policy
    assert not policy[:, 1, [game.joint_action("go", "left"), game.joint_action("stay", "mid")]].any()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"game\.csv is empty"),
        ("\n\n# only this\n", r"game\.csv is empty"),
        (HEAD, r"game\.csv has no transitions"),
        ("0,0,0,1,5\n0,1,0,1,2\n", r"line 1, column 1 \(0\): not a column of a transition table"),
        (MACHINE.replace("reward", "cost"), r"line 1, column 5 \(cost\): not a column"),
        (MACHINE.replace(",reward", ""), "line 1: the header must name .*; no reward in"),
        (MACHINE.replace("state,action,next state", "state,next state,from"), r"column 3 .*the same as column 1"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.9"), "line 2: 5 cells are expected, got 4"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.9,4,5"), "line 2: 5 cells are expected, got 6"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,x,4"), r"line 2, column 4 \(probability\): expected"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,nan,4"), r"line 2, column 4 .*got 'nan'"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.9,1_0"), r"line 2, column 5 .*got '1_0'"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.9,inf"), r"line 2, column 5 .*got 'inf'"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,0.9,"), r"line 2, column 5 .*got ''"),
        (MACHINE.replace("new,run,new,0.9,4", "new,run,new,9/0,4"), r"line 2, column 4 .*got '9/0'"),
        (MACHINE.replace("new,run,worn,0.1", "new,run,worn,-0.1"), r"line 3, column 4 .*in \[0, 1\], got -0.1"),
        (MACHINE.replace("new,run,new,0.9", "new,run,new,1.9"), r"line 2, column 4 .*in \[0, 1\], got 1.9"),
        (MACHINE.replace("0.9", "0.8"), r"line 3, column 4 .*state 'new', actions 'run', sum to 0.9, not to 1$"),
        (MACHINE.replace("worn,run", ",run"), r"line 4, column 1 \(state\): expected a state, got nothing"),
        (MACHINE.replace("worn,repair", "worn, "), r"line 5, column 2 \(action\): expected an action, got nothing"),
        (MACHINE.replace("worn,repair,new", "worn,repair, "), r"line 5, column 3 \(next state\): expected a state"),
        (MACHINE.replace("worn,repair", 'worn,"repair'), "line 5: unexpected end of data"),
        (MACHINE.replace("worn,repair", 'worn,"re"pair'), "line 5: .*expected after"),
        (MACHINE.replace("0.9", "0,9").replace(",", ";"), "line 2: 5 cells are expected, got 6"),
        (TWO.replace("reward_row", "reward_a"), "columns of rewards must be one for all, or one per column of actions"),
        (HEAD.replace("action", "joint action").replace("reward", "r1,r2") + "a,go,a,1,1,1\n", "one action per player"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(table, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        table(text)
    assert "game.csv" in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"horizon": None}, "horizon must be a number of steps"),
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"discount": 0.9}, "discount and accuracy go together"),
        ({"discount": 0.9, "accuracy": 1}, "discount goes without a horizon"),
        ({"horizon": None, "discount": 1.5, "accuracy": 1}, "discount must be between 0 and 1"),
        ({"reward_range": "all"}, "reward_range must be one of 'observed'"),
        (
            {"reward_range": (0, 4)},
            r"line 5, column 5 \(reward\): a reward must be in \[0, 4\], got -2.0; reward_range=\(-2, 4\)",
        ),
        ({"reward_range": None}, r"line 2, column 5 \(reward\): a reward must be in \[0, 1\], got 4.0"),
        ({"reward_range": (0, 1, 2)}, "reward_range"),
        ({"reward_range": (4, 0)}, "reward_range must have its lower end first"),
        ({"initial": [0.5, 0.4]}, "initial must sum to 1"),
        ({"action_names": ["run"]}, "action_names must have one entry per player|must be a sequence of labels"),
        ({"action_names": [["run"], ["a"]]}, "action_names must have one entry per player, 1"),
    ],
)
def test_bad_arguments_are_named(table, options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table(MACHINE, **options)


def test_a_reward_outside_of_its_players_range_is_named_with_its_column(table) -> None:
    assert table(TWO, reward_range=[(0, 4), (-2, 5)]).reward_range.tolist() == [[0, 4], [-2, 5]]
    with pytest.raises(ValueError, match=r"line 5, column 7 \(reward_column\): .* in \[-2, 3\], got 5.0"):
        table(TWO, reward_range=[(0, 4), (-2, 3)])
    shared = "s,a1,a2,s',p,r\n0,0,0,0,1,3\n0,0,1,0,1,4\n"
    with pytest.raises(ValueError, match=r"line 3, column 6 \(r\): .* in \[0, 3\], got 4.0"):
        table(shared, reward_range=[(0, 4), (0, 3)])


def test_a_table_of_too_many_rows_is_refused_before_memory_is_taken(table) -> None:
    text = HEAD + "".join(f"s{k},a{k},s{k},1,0\n" for k in range(20_000))
    with pytest.raises(ValueError, match=r"400000000 rows .* do not fit into 2 GiB"):
        table(text)
    wide = HEAD + "".join(f"s0,a,s{k},{1 / 20000},0\n" for k in range(20_000))
    with pytest.raises(ValueError, match=r"20000 rows .* of up to 20000 next states do not fit"):
        table(wide)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "none.csv", 3)
