"""Which column of a table holds what, by the names that people give them."""

from __future__ import annotations

import pytest

from mornavi_lite.formats.columns import LOG, Columns, columns_of


def of(header: str) -> Columns:
    return columns_of(header.split(","), "game.csv", 1)


@pytest.mark.parametrize(
    "header",
    [
        "state,action,next_state,probability,reward",
        "State,Action,Next State,Probability,Reward",
        "idstatefrom,idaction,idstateto,probability,reward",
        "state_from,action,state_to,prob,r",
        "s,a,s',p,r",
        "From,actions,To,P,rewards",
        "state,joint action,next.state,probability,reward",
    ],
)
def test_names_of_one_player(header: str) -> None:
    found = of(header)
    assert (found.state, found.actions, found.next_state, found.probability, found.rewards) == (0, (1,), 2, 3, (4,))
    assert found.step is None and found.n_players == 1


@pytest.mark.parametrize(
    ("header", "actions", "rewards"),
    [
        ("s,action_row,action_col,s',p,reward_row,reward_col", (1, 2), (5, 6)),
        ("s,action_row,action_col,s',p,reward_col,reward_row", (1, 2), (6, 5)),
        ("s,row action,col action,s',p,row_reward,col_reward", (1, 2), (5, 6)),
        ("s,a1,a2,s',p,r2,r1", (1, 2), (6, 5)),
        ("s,a1,a2,s',p,reward1,reward2", (1, 2), (5, 6)),
        ("s,action 1,action 2,s',p,reward", (1, 2), (5,)),
        ("s,joint_action,s',p,reward_0,reward_1", (1,), (4, 5)),
    ],
)
def test_names_of_two_players(header: str, actions: tuple[int, ...], rewards: tuple[int, ...]) -> None:
    found = of(header)
    assert (found.actions, found.rewards, found.n_players) == (actions, rewards, 2)


def test_steps_and_a_first_column_of_line_numbers() -> None:
    assert of("step,s,a,s',p,r").step == 0 and of("s,a,s',p,r,t").step == 5
    assert of(",s,a,s',p,r").state == 1
    with pytest.raises(ValueError, match=r"line 1, column 2 \(\): not a column"):
        of("s,,a,s',p,r")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("s,a,s',p", "no reward in"),
        ("s,a,r,p", "no next state in"),
        ("a,s',p,r", "no state in"),
        ("s,s',p,r", "no action in"),
        ("s", "no next state and no probability and no action and no reward in"),
        ("s,a,s',p,r,state", r"column 6 \(state\): the same as column 1 \(s\)"),
        ("s,a,s',p,r,A", r"column 6 \(A\): the same as column 2"),
        ("s,a,s',p,r,cost", r"column 6 \(cost\): not a column of a transition table"),
        ("s,a1,a2,s',p,r1,r3", "columns of rewards must be one for all, or one per column of actions"),
        ("s,a1,a2,s',p,r1,r2,r3", "columns of rewards must be one for all, or one per column of actions"),
    ],
)
def test_what_a_header_lacks_is_named(header: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        of(header)


def test_a_log_has_an_episode_and_a_step_and_no_probability() -> None:
    found = columns_of("Episode,step,s,a1,a2,s',r2,r1".split(","), "log.csv", 1, LOG)
    assert (found.episode, found.step, found.state, found.next_state, found.probability) == (0, 1, 2, 5, None)
    assert found.actions == (3, 4) and found.rewards == (7, 6)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("step,s,a,s',r", "must name episode, step, state, action, next state and reward; no episode in"),
        ("episode,s,a,s',r", "no step in"),
        ("episode,step,s,a,s',p,r", r"column 6 \(p\): not a column of a log: episode, step, state, action, next state"),
    ],
)
def test_what_the_header_of_a_log_lacks_is_named(header: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        columns_of(header.split(","), "log.csv", 1, LOG)
