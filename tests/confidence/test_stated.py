"""What is stated of a game: against loops over the cells, dense and beside lists, and what counts refute of it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, MarkovGame
from mornavi_lite.confidence import KnownRows, pooled_visits, row_numbers, support_mask
from mornavi_lite.confidence import counts as counts_module
from mornavi_lite.confidence import stated as module
from mornavi_lite.confidence.lists import shared, stated_lists
from mornavi_lite.confidence.stated import as_mask

STEPS, STATES, OWN, JOINT = 3, 4, (2, 1, 2), 4
RANGES = [(-1, 2), (0, 5), (10, 11)]
FAIL = 3
LAYOUTS = ("dense", "lists")


def laid_out(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if layout == "lists":
        monkeypatch.setattr(counts_module, "FEW_STATES", 0)
        monkeypatch.setattr(counts_module, "MANY_NUMBERS", 0)
        monkeypatch.setattr(module, "MANY_NUMBERS", 0)


def truth() -> np.ndarray:
    """What can follow (S, A, S), the same for joint actions 2k and 2k + 1; the last state absorbs."""
    can = np.random.default_rng(3).random((STATES, 2, STATES)) < 0.5
    can[:, :, 1] |= ~can.any(axis=-1)
    can[0, 0], can[FAIL] = [False, True, False, False], np.eye(STATES, dtype=bool)[FAIL]
    return can.repeat(2, axis=1)


def walked(kind: str, n_episodes: int, legal: bool = False) -> Counts:
    """Counts of random walks over what can follow; the last state, and under "next_state" the way to it, pays least."""
    rng, can, low = np.random.default_rng(5), truth(), np.array(RANGES)[:, 0]
    masks = [np.ones((STATES, n), dtype=bool) for n in OWN]
    masks[2][1, 0] = masks[0][2, 1] = not legal
    pays = low[:, None, None, None, None] + rng.random((3, STEPS, STATES, JOINT, STATES))
    pays[:, :, FAIL], pays[..., FAIL] = low[:, None, None, None], low[:, None, None, None]
    pays = pays if kind == "next_state" else np.repeat(pays[..., :1], STATES, axis=-1)
    rows = np.broadcast_to(can / can.sum(axis=-1, keepdims=True), (STEPS, STATES, JOINT, STATES))
    paid = pays if kind == "next_state" else pays[..., 0]
    game = MarkovGame(rows, paid, OWN, initial=np.full(STATES, 0.25), reward_range=RANGES, legal=masks)
    counts = Counts(STATES, OWN, STEPS, RANGES, kind)
    counts = counts if kind == "random" else counts.of(game)
    for _ in range(n_episodes):
        path, taken = [int(rng.integers(STATES))], []
        for _ in range(STEPS):
            a = int(rng.integers(JOINT))
            a = a if counts._stand is None else int(counts._stand[path[-1], a])
            taken.append(a)
            path.append(int(rng.choice(np.flatnonzero(can[path[-1], a]))))
        h = np.arange(STEPS)
        counts.record(path, taken, pays[:, h, path[:-1], taken, path[1:]])
    return counts


def supports() -> dict[str, Any]:
    """More than the truth on some cells, so that cells of one row are told different things."""
    more = truth() | (np.random.default_rng(8).random((STEPS, STATES, JOINT, STATES)) < 0.3)
    more[:, FAIL] |= np.eye(STATES, dtype=bool)[FAIL]
    first = np.argmax(truth(), axis=-1)[..., None]
    listed = np.where(truth(), np.arange(STATES), first)
    return {"none": None, "mask": more, "one step": more[0], "listed": listed}


def numbered(which: str) -> np.ndarray | str | None:
    """Rows by the truth: joint actions 2k and 2k + 1 are one; the last step has rows of its own."""
    s, a = np.indices((STATES, JOINT))
    numbers = np.broadcast_to(100 - 7 * (2 * s + a // 2), (STEPS, STATES, JOINT)).copy()
    numbers[-1] -= 1000
    return {"none": None, "stationary": "stationary", "numbers": numbers}[which]


def in_loops(counts: Counts, support: Any, rows: Any, fail: int | None, starts: Any) -> tuple[Any, Any, int]:
    """Pooled counts, what can follow and the number of rows that matter, cell by cell."""
    cells = list(itertools.product(range(STEPS), range(STATES), range(JOINT)))
    row_of = {
        (h, s, a): (s, a) if isinstance(rows, str) else (h, s, a) if rows is None else int(rows[h, s, a])
        for h, s, a in cells
    }
    seen, can = np.zeros((STEPS, STATES, JOINT, STATES), dtype=int), np.ones((STEPS, STATES, JOINT, STATES), dtype=bool)
    for cell, other in itertools.product(cells, cells):
        if row_of[cell] == row_of[other]:
            seen[cell] += counts.transitions[other]
            if support is not None:
                can[cell] &= support[other[-support.ndim + 1 :]]
    if starts is not None and rows is None:
        seen[0, ~starts] = 0
    matter = set()
    for h, s, a in cells:
        legal = counts._stand is None or counts._stand[s, a] == a
        used = (h < STEPS - 1 or counts.rewards == "next_state") and s != fail
        begins = h > 0 or starts is None or starts[s]
        if legal and used and begins and (support is None or can[h, s, a].sum() > 1):
            matter.add(row_of[h, s, a])
    return seen, can, max(1, len(matter))


def on_all_states(known: KnownRows) -> tuple[np.ndarray, np.ndarray]:
    """Counts and what can follow, of all steps, whatever they stand beside."""
    seen, can = (np.zeros((STEPS, STATES, JOINT, STATES), dtype=int) for _ in range(2))
    for h in range(STEPS):
        rows, possible = known.at(h)
        if known.lists is None:
            seen[h], can[h] = rows, 1 if possible is None else possible
            continue
        for s, a, k in itertools.product(range(STATES), range(JOINT), range(rows.shape[-1])):
            then = known.lists[h, s, a, k]
            assert then >= 0 or rows[s, a, k] == 0
            if then >= 0:
                seen[h, s, a, then] += rows[s, a, k]
                can[h, s, a, then] += 1 if possible is None else possible[s, a, k]
    return seen, can


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("kind", "legal"), [("deterministic", True), ("next_state", False), ("random", False)])
def test_rows_are_those_of_loops_over_the_cells(
    kind: str, legal: bool, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out(layout, monkeypatch)
    counts = walked(kind, 15, legal)
    assert (counts._lists is not None) == (layout == "lists")
    before = counts.transitions.copy()
    for (name, told), which, fail, starts in itertools.product(
        supports().items(),
        ("none", "stationary", "numbers"),
        (None, FAIL),
        (None, np.array([True, False, True, False])),
    ):
        support, rows = support_mask(told), row_numbers(numbered(which))
        known = KnownRows(counts, support, rows, fail, 0.25, starts)
        if layout == "lists" and name == "listed":
            assert support is not None and support.dtype != bool
        seen, can, n_rows = in_loops(counts, None if support is None else as_mask(support), rows, fail, starts)
        found, possible = on_all_states(known)
        np.testing.assert_array_equal(found, seen, err_msg=f"{name}, {which}")
        if told is not None:
            np.testing.assert_array_equal(possible, can, err_msg=f"{name}, {which}")
        assert (known.possible is None) == (told is None) and known.at(0)[0].dtype == np.int64
        if known.lists is not None:
            assert known.lists.min() >= -1
            if told is not None:
                assert known.lists.shape[-1] == can.sum(axis=-1).max()
        assert known.n_rows == n_rows, (name, which, fail, starts)
    np.testing.assert_array_equal(counts.transitions, before)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_but_known_rows_counts_as_one(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts = Counts(2, (1,), 2)
    assert KnownRows(counts).n_rows == 2
    assert KnownRows(counts, fail_state=1).n_rows == 1
    assert KnownRows(counts, support_mask([[[0, 1]], [[1, 1]]]), fail_state=1).n_rows == 1
    assert KnownRows(counts, support_mask([[[1, 1]], [[1, 1]]]), fail_state=1).n_rows == 1
    assert KnownRows(counts, starts=np.zeros(2, dtype=bool)).n_rows == 1


# What counts refute


def refuses(message: str, *arguments: Any, **named: Any) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        KnownRows(*arguments, **named)


def three_steps(kind: str = "deterministic", into: float = 0.0, there: float = 0.0) -> Counts:
    """Joint action 1 at steps 0 and 1, 0 at step 2: from state 1 to 1 to 2, where it stays; and once more."""
    counts = Counts(3, (2, 1), 3, reward_range=[(0, 1), (0, 1)], rewards=kind)
    for _ in range(2):
        counts.record([1, 1, 2, 2], [1, 1, 0], [[0.5, 0.0, 0.0], [0.5, into, there]])
    return counts


@pytest.mark.parametrize("layout", LAYOUTS)
def test_counts_refute_supports_and_the_first_cell_is_named(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts, can = three_steps(), np.ones((3, 3, 2, 3), dtype=bool)
    KnownRows(counts, can)
    can[1, 1, 1, 2] = can[2, 2, 0, 2] = False
    refuses("support is contradicted: at step 1, state 1, joint action 1, state 2 followed 2 times", counts, can)
    can[1, 1, 1, 2] = True
    refuses("support is contradicted: at step 2, state 2, joint action 0, state 2 followed 2 times", counts, can)
    can[2, 2, 0, 2], can[2, 1, 1, 1] = True, False
    KnownRows(counts, can)
    refuses(
        "support, with what is stated of cells that share a row, is contradicted: "
        "at step 0, state 1, joint action 1, state 1 followed 2 times",
        counts,
        can,
        "stationary",
    )
    can[2, 0, 1] = [True, False, False]
    can[1, 0, 1] = [False, True, True]
    refuses(
        "rows and support contradict each other: nothing can follow step 0, state 0, joint action 1 "
        "and all cells that share its row",
        counts,
        can,
        "stationary",
    )
    with pytest.raises(ValueError, match=r"support must have shape .* got \(3, 3, 1, 3\)"):
        KnownRows(counts, np.ones((3, 3, 1, 3), dtype=bool))
    with pytest.raises(ValueError, match=r"rows must have shape \(H, S, A\) = \(3, 3, 2\), got \(3, 3, 1\)"):
        KnownRows(counts, rows=np.zeros((3, 3, 1), dtype=int))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_once_is_enough_and_the_first_place_of_a_list_is_not_all(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts = Counts(3, (1,), 1, rewards="next_state")
    counts.record([0, 0], [0], [[0.5]])
    counts.record([0, 1], [0], [[0.25]])
    only = np.array([[[True, False, False]]] * 3)
    refuses("support is contradicted: at step 0, state 0, joint action 0, state 1 followed 1 times", counts, only)
    refuses("fail_state=0 is contradicted: at step 0, joint action 0 led from it to state 1", counts, fail_state=0)
    refuses(
        "fail_state=1 is contradicted: at step 0, state 0, joint action 0, the way into it pays player 0 0.25, "
        "more than 0",
        counts,
        fail_state=1,
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_sampled_where_no_episode_begins_is_left_out(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts = Counts(2, (1,), 1)
    counts.record([1, 0], [0], [[0.5]])
    known = KnownRows(counts, starts=np.array([True, False]))
    assert not known.at(0)[0].any() and counts.transitions.sum() == 1
    assert KnownRows(counts, starts=np.array([False, True])).at(0)[0].sum() == 1
    nothing = Counts(2, (1,), 2)
    assert (
        KnownRows(nothing, rows="stationary").n_rows == 2 and not KnownRows(nothing, rows="stationary").at(0)[0].any()
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_counts_refute_a_smallest_probability(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts = three_steps()
    counts.record([1, 1, 1, 1], [1, 1, 1], [[0.5, 0.0, 0.0], [0.5, 0.0, 0.0]])
    for least in (0.5, 0.5 + 4e-10, (1 + 1e-9) / 2):
        KnownRows(counts, min_probability=least)
    refuses(
        "min_probability=0.6 is contradicted: a row has 2 next states, at step 1, state 1, joint action 1",
        counts,
        min_probability=0.6,
    )
    with pytest.raises(ValueError, match="is contradicted"):
        KnownRows(counts, min_probability=0.5 + 1e-8)
    with pytest.raises(ValueError, match=r"has 2 next states, at step 0, state 1, joint action 1"):
        KnownRows(counts, rows="stationary", min_probability=0.6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_counts_and_supports_refute_a_fail_state(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    said = "fail_state=2 is contradicted"
    for kind in ("deterministic", "next_state", "random"):
        counts = three_steps(kind)
        KnownRows(counts, fail_state=2)
        refuses("fail_state must be below n_states, 3, got 3", counts, fail_state=3)
        refuses("fail_state=1 is contradicted: at step 1, joint action 1 led from it to state 2", counts, fail_state=1)
        can = np.ones((3, 3, 2, 3), dtype=bool)
        KnownRows(counts, can, fail_state=2)
        can[1, 2, 1, 2] = False
        refuses(f"{said} by support: at step 1, joint action 1, it cannot stay there", counts, can, fail_state=2)
    for kind, share in itertools.product(("deterministic", "next_state"), (0.9e-9, 0.25)):
        there = three_steps(kind, there=share)
        if share < 1e-3:
            KnownRows(there, fail_state=2)
        elif kind == "deterministic":
            refuses(f"{said}: at step 2, joint action 0 pays player 1 there 0.25, more than 0", there, fail_state=2)
        into = three_steps(kind, into=share)
        if share < 1e-3 or kind == "deterministic":
            KnownRows(into, fail_state=2)
        else:
            refuses(
                f"{said}: at step 1, state 1, joint action 1, the way into it pays player 1 0.25, more than 0",
                into,
                fail_state=2,
            )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["deterministic", "next_state"])
def test_least_rewards_are_those_of_the_player_and_the_step(
    kind: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each player and step another range: the least is fine, as much as the rounding, and not more."""
    laid_out(layout, monkeypatch)
    ranges = np.array([[(0, 1), (-3, 5)], [(2, 4), (7, 17)]], dtype=float)
    least, width = ranges[..., 0], ranges[..., 1] - ranges[..., 0]
    for more, fine in ((0.0, True), (0.5e-9, True), (2e-9, False), (1.0, False)):
        for player, step in itertools.product(range(2), range(2)):
            counts = Counts(2, (1, 1), 2, reward_range=ranges, rewards=kind)
            paid = least.copy()
            paid[player, step] += more * width[player, step]
            counts.record([1, 1, 1], [0, 0], paid)
            if fine:
                KnownRows(counts, fail_state=1)
                continue
            with pytest.raises(ValueError, match=rf"at step {step}, .*pays player {player} .*, more than") as error:
                KnownRows(counts, fail_state=1)
            assert str(error.value).endswith(f"more than {least[player, step]:g}")


@pytest.mark.parametrize("kind", ["deterministic", "next_state"])
def test_a_range_of_one_value_pays_the_least(kind: str) -> None:
    counts = Counts(2, (1,), 1, reward_range=(4, 4), rewards=kind)
    counts.record([1, 1], [0], [[4.0]])
    assert KnownRows(counts, fail_state=1).n_rows == 1


# Forms of a support, and of rows


def test_supports_are_masks_and_long_ones_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all forms the same mask; where it would be larger than allowed, next states with -1."""
    rng = np.random.default_rng(0)
    listed = np.stack([rng.permutation(5)[:3] for _ in range(20)]).reshape(2, 5, 2, 3)
    probability = rng.dirichlet(np.ones(2), size=(2, 5, 2))
    probability = np.concatenate([probability, np.zeros((2, 5, 2, 1))], axis=-1)
    mask = np.zeros((2, 5, 2, 5), dtype=bool)
    for h, s, a in itertools.product(range(2), range(5), range(2)):
        mask[h, s, a, listed[h, s, a, :2]] = True
    game = MarkovGame.sparse(listed, probability, np.zeros((1, 2, 5, 2)), (2,), 5)
    pairs = listed[..., :2]
    assert support_mask(None) is None
    for told in (mask, mask.tolist(), game, game.dense(), pairs, pairs.tolist(), pairs.astype(np.uint8)):
        found = support_mask(told)
        assert found is not None and found.dtype == bool and not found.flags.writeable
        np.testing.assert_array_equal(found, mask)
    for told in (mask[1], pairs[1]):
        np.testing.assert_array_equal(support_mask(told), mask[1])
    assert mask.flags.writeable and pairs.flags.writeable
    monkeypatch.setattr(module, "MANY_NUMBERS", mask.size)
    for told in (game, pairs):
        np.testing.assert_array_equal(support_mask(told), mask)
    monkeypatch.setattr(module, "MANY_NUMBERS", mask.size - 1)
    for told, wanted in ((game, np.where(probability > 0, listed, -1)), (pairs, pairs)):
        long = support_mask(told)
        assert long is not None and not long.flags.writeable
        np.testing.assert_array_equal(np.sort(long), np.sort(wanted))
        np.testing.assert_array_equal(as_mask(long), mask)
    same = MarkovGame.sparse(listed[0], probability[0], np.zeros((1, 5, 2)), (2,), 5, horizon=2)
    monkeypatch.setattr(module, "MANY_NUMBERS", 0)
    np.testing.assert_array_equal(np.sort(support_mask(same)), np.sort(np.where(probability[0] > 0, listed[0], -1)))
    assert as_mask(mask) is mask
    zeros = [[[0]], [[0]]]
    one = MarkovGame.sparse(zeros, np.ones((2, 1, 1)), np.zeros((1, 2, 1)), (1,), 2, horizon=1)
    for told in (zeros, one):
        found = support_mask(told)
        assert found is not None and found.reshape(2, 1, 1).tolist() == zeros and found.dtype != bool
        assert stated_lists(found, (1, 2, 1)).tolist() == [zeros]


def test_lists_of_a_support_of_other_sizes_are_refused() -> None:
    for wrong in (np.ones((2, 1, 3), dtype=bool), np.ones((3, 1, 2), dtype=bool), np.zeros((3, 1, 2), dtype=int)):
        with pytest.raises(ValueError, match="support must have shape"):
            stated_lists(wrong, (1, 2, 1))


def test_lists_of_a_group_are_what_all_its_cells_can_lead_to() -> None:
    groups = np.array([[[0], [1], [0], [1], [2]]])
    lists = np.array([[[[3, 1]], [[2, -1]], [[1, 4]], [[2, -1]], [[0, 3]]]])
    assert [set(row) - {-1} for row in shared(groups, lists).tolist()] == [{1}, {2}, {0, 3}]
    lists[0, 2, 0] = [3, 1]
    assert [set(row) - {-1} for row in shared(groups, lists).tolist()] == [{1, 3}, {2}, {0, 3}]


@pytest.mark.parametrize(
    ("support", "message"),
    [
        ([[True, False]], "support must have shape (S, A, S) or (H, S, A, S), got shape (1, 2)"),
        (np.ones((1, 1, 1, 1, 1), dtype=bool), "support must have shape (S, A, S) or (H, S, A, S), got shape (1, 1"),
        (np.ones((2, 1, 3), dtype=bool), "support must have shape (..., S, A, S) = (2, 1, 2), got (2, 1, 3)"),
        ([[[0, 2]], [[0, 0]]], "support[0, 0, 1] must be from 0 to 1, got 2"),
        ([[[0, 0]], [[-1, 0]]], "support[1, 0, 0] must be from 0 to 1, got -1"),
        ([[[False, True]], [[False, False]]], "support[1, 0] must allow a next state, got none"),
        (np.zeros((1, 2, 0), dtype=int), "support[0, 0] must allow a next state, got none"),
        ([[[0.5]]], "support must be an array of integers, got"),
        ("all", "support must be an array of"),
    ],
)
def test_what_is_no_support_is_an_error(support: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        support_mask(support)


def test_rows_by_number_and_by_name() -> None:
    assert row_numbers(None) is None and row_numbers("stationary") == "stationary"
    told = np.arange(12).reshape(2, 3, 2)
    found = row_numbers(told)
    assert isinstance(found, np.ndarray) and not found.flags.writeable and told.flags.writeable
    np.testing.assert_array_equal(found, told)
    for wrong, message in (
        ("same", "rows must be"),
        (told[0], 'rows must be "stationary" or integers of shape (H, S, A), got shape (3, 2)'),
        (told * 1.0, "rows must be an array of integers"),
    ):
        with pytest.raises((ValueError, TypeError), match=re.escape(message)):
            row_numbers(wrong)


def test_visits_are_pooled_by_row_and_each_cell_was_visited_or_not() -> None:
    visits = np.random.default_rng(2).integers(0, 4, size=(STEPS, STATES, JOINT))
    np.testing.assert_array_equal(pooled_visits(None, visits), visits.ravel())
    for which in ("stationary", "numbers"):
        rows, total = numbered(which), {}
        for h, s, a in itertools.product(range(STEPS), range(STATES), range(JOINT)):
            row = (s, a) if isinstance(rows, str) else int(rows[h, s, a])  # type: ignore[index]
            total[row] = total.get(row, 0) + int(visits[h, s, a])
        expected = [*(total[row] for row in sorted(total)), *(int(n > 0) for n in visits.ravel())]
        found = pooled_visits(rows, visits)
        assert found.tolist() == expected and found.dtype == visits.dtype
