"""From transitions to rows: what adds up, who may do what, and how long a game is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mornavi_lite.formats.transitions import Length, Transitions, combined, initial_of, legal_actions

ENTRY = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 8), st.integers(-3, 3), st.integers(-3, 3))


@given(st.lists(ENTRY, min_size=1, max_size=30))
def test_entries_of_one_next_state_add_up(listed: list[tuple[int, int, int, int, int]]) -> None:
    row, then, chance, *paid = (np.array(column) for column in zip(*listed, strict=True))
    zero = np.zeros_like(row)
    found = Transitions(zero, row, zero, then, chance / 8, np.array(paid, dtype=float))
    entries = combined(found, row, n_states=3)
    wanted: dict[tuple[int, int], list[tuple[float, list[int]]]] = {}
    for r, t, p, *rewards in listed:
        wanted.setdefault((r, t), []).append((p / 8, rewards))
    assert list(zip(entries.row.tolist(), entries.next_state.tolist(), strict=True)) == sorted(wanted)
    for k, key in enumerate(sorted(wanted)):
        total = sum(p for p, _ in wanted[key])
        assert entries.probability[k] == pytest.approx(total)
        for i in range(2):
            mean = sum(p * r[i] for p, r in wanted[key]) / total if total else wanted[key][0][1][i]
            assert entries.reward[i, k] == pytest.approx(mean)


def test_equal_rewards_stay_what_they_are() -> None:
    three = np.zeros(3, dtype=int)
    found = Transitions(three, three, three, three, np.array([0.1, 0.2, 0.7]), np.full((1, 3), 0.1))
    assert combined(found, three, 1).reward.tolist() == [[0.1]]


def test_legal_actions_are_those_listed_in_all_combinations() -> None:
    listed = np.zeros((1, 3, 2, 3), dtype=bool)
    listed[0, 0] = True
    listed[0, 1, 1, [0, 2]] = True  # state 2 lists nothing: terminal
    names = (["a", "b", "c"], [["up", "down"], ["l", "m", "r"]])
    masks = legal_actions(listed.reshape(1, 3, 6), *names)
    assert masks[0].tolist() == [[True, True], [False, True], [True, True]]
    assert masks[1].tolist() == [[True] * 3, [True, False, True], [True] * 3]
    listed[0, 1, 0, 0] = True
    with pytest.raises(ValueError, match=r"state 'b' has no transition for the actions 'up', 'r', each"):
        legal_actions(listed.reshape(1, 3, 6), *names)
    two = np.repeat(listed.reshape(1, 3, 6), 2, axis=0)
    two[:, 1] = two[:, 0]
    two[1, 1, 0] = False
    with pytest.raises(ValueError, match=r"state 'b' .* 'up', 'l' at step 1"):
        legal_actions(two, *names)


@pytest.mark.parametrize(
    ("given_length", "n_steps", "said"),
    [
        ((None, None, None), None, "horizon must be a number of steps"),
        ((3, 0.9, 0.1), None, "discount goes without a horizon"),
        ((None, 0.9, 0.1), 4, "discount goes without"),
        ((None, 0.9, None), None, "discount and accuracy go together"),
        ((3, None, 0.1), None, "discount and accuracy go together"),
        ((3, None, None), 4, "horizon must be 4"),
        ((0, None, None), None, "horizon must be at least 1"),
    ],
)
def test_a_length_is_said_once(given_length: tuple, n_steps: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Length(*given_length).checked(n_steps)


def test_lengths() -> None:
    assert Length(3, None, None).checked() == Length(3, None, None).checked(3) == (3, None, None)
    assert Length(None, None, None).checked(4).horizon == 4
    assert Length(None, 0.9, 0.1).checked() == (None, 0.9, 0.1)


def test_first_states() -> None:
    names = ("1", "b")
    assert (
        initial_of(None, names).tolist() == initial_of("1", names).tolist() == initial_of(1, names).tolist() == [1, 0]
    )
    assert initial_of({1: 0.25, "b": 0.75}, names).tolist() == [0.25, 0.75]
    assert initial_of([0.5, 0.5], names).tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="initial must name a state, one of '1', 'b'; got 0"):
        initial_of(0, names)
    with pytest.raises(TypeError, match=r"initial\['b'\] must be a number"):
        initial_of({"b": "all"}, names)
