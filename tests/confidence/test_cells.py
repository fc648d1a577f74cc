"""Where observations belong: illegal joint actions, a start that is told, lists that grow; and where policies lead."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, MarkovGame
from mornavi_lite.confidence import counts as module
from mornavi_lite.confidence import highest_average
from mornavi_lite.confidence.cells import flow, frequencies

OWN = (2, 3)


def laid_out(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if layout == "lists":
        monkeypatch.setattr(module, "FEW_STATES", 0)
        monkeypatch.setattr(module, "MANY_NUMBERS", 0)


def game_of(kind: str, sparse: bool = False, horizon: int = 2) -> MarkovGame:
    """Three states, actions that not every state has, one next state listed twice, names."""
    rng = np.random.default_rng(0)
    listed = np.array([[[a % 3, (a + 1) % 3, 0 if a == 5 else a % 3] for a in range(6)]] * 3)
    listed[1, 4] = 1
    reward = rng.random((2, 3, 6) if kind != "next_state" else (2, 3, 6, 3))
    if kind == "next_state":
        reward[:, :, :5, 2], reward[:, :, 5, 2] = reward[:, :, :5, 0], reward[:, :, 5, 1]
        reward[:, 1, 4] = reward[:, 1, 4, :1]
    legal = [np.ones((3, n), dtype=bool) for n in OWN]
    legal[0][1, 0] = legal[1][0, 1] = legal[1][2, 0] = False
    rows = np.full((3, 6, 3), 1 / 3)
    game = MarkovGame.sparse(
        listed,
        rows,
        reward,
        OWN,
        3,
        horizon=horizon,
        initial=[0.5, 0.5, 0],
        legal=legal,
        name="a game",
        state_names=("here", "there", "away"),
        action_names=(("up", "down"), ("left", "right", "stay")),
    )
    return game if sparse else game.dense()


def stands(game: MarkovGame, s: int, a: int) -> int:
    """The joint action that is meant: an illegal part is the first legal one."""
    assert game.legal is not None
    own = divmod(a, OWN[1])
    meant = [b if mask[s, b] else int(np.flatnonzero(mask[s])[0]) for b, mask in zip(own, game.legal, strict=True)]
    return OWN[1] * meant[0] + meant[1]


@pytest.mark.parametrize("layout", ["dense", "lists"])
@pytest.mark.parametrize("kind", ["deterministic", "next_state", "random"])
@pytest.mark.parametrize("sparse", [False, True])
def test_illegal_joint_actions_are_counted_as_what_they_stand_for(
    kind: str, layout: str, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added with and without checks, and recorded; what was not played has no reward that is looked at."""
    laid_out(layout, monkeypatch)
    game, rng = game_of(kind, sparse), np.random.default_rng(1)
    fresh = Counts(3, OWN, 2, rewards=kind).of(game) if kind == "random" else Counts.for_game(game)
    dense, last = game.dense(), 3 if game.next_state is None else game.next_state.shape[-1]
    played = np.zeros((2, 3, 6, last), dtype=int)
    told = np.full((2, 2, 3, 6, last) if kind == "next_state" else (2, 2, 3, 6), np.nan)
    expected, sums = np.zeros((2, 3, 6, 3), dtype=int), np.zeros((2, 2, 3, 6))
    for h, s, a, b in itertools.product(range(2), range(3), range(6), range(last)):
        short = sparse and (s, a) == (1, 4)  # its second place repeats its only next state
        if rng.random() < 0.5 * (not short) or (h == 0 and s == 2) or (short and b == 1):
            continue
        n = int(rng.integers(1, 4))
        then = int(dense_next(game, s, a, b)) if sparse else b
        played[h, s, a, b] = n
        expected[h, s, stands(game, s, a), then] += n
        if kind == "next_state":
            told[:, h, s, a, b] = dense.reward[:, h, s, stands(game, s, a), then]
        elif kind == "deterministic":
            told[:, h, s, a] = dense.reward[:, h, s, stands(game, s, a)]
    if kind == "random":
        visits = played.sum(axis=-1)
        told = np.where(visits > 0, rng.random((2, 2, 3, 6)) * visits, np.nan)
        for h, s, a in itertools.product(range(2), range(3), range(6)):
            sums[:, h, s, stands(game, s, a)] += np.nan_to_num(told[:, h, s, a])
    for add in (Counts.add, Counts.add_unchecked):
        counts = fresh.copy()
        with np.errstate(invalid="ignore"):
            add(counts, played, told)
        np.testing.assert_array_equal(counts.transitions, expected)
        np.testing.assert_array_equal(counts.visits, expected.sum(axis=-1))
        for h, s, a, then in itertools.product(range(2), range(3), range(6), range(3)):
            if kind == "next_state":
                wanted = dense.reward[:, h, s, a, then] if expected[h, s, a, then] else np.zeros(2)
                np.testing.assert_array_equal(counts.reward[:, h, s, a, then], wanted)
                continue
            n = expected[h, s, a].sum()
            wanted = sums[:, h, s, a] / max(n, 1) if kind == "random" else dense.reward[:, h, s, a] * (n > 0)
            np.testing.assert_allclose(counts.reward[:, h, s, a], wanted, rtol=1e-12)
    assert not fresh.visits.any() and not fresh.reward.any()
    counts = fresh.copy()
    counts.record([1, 2, 1], [1, 3], [[0.25, 0.5], [0.75, 1.0]])
    assert stands(game, 1, 1) == 4 and counts.visits[0, 1, 4] == 1
    assert stands(game, 2, 3) == 4 and counts.visits[1, 2, 4] == 1 and counts.visits.sum() == 2


def dense_next(game: MarkovGame, s: int, a: int, b: int) -> int:
    assert game.next_state is not None
    return int(game.next_state[0, s, a, b])


def test_policies_and_payoffs_of_illegal_joint_actions_are_those_of_what_they_stand_for() -> None:
    game, rng = game_of("deterministic"), np.random.default_rng(2)
    counts = Counts.for_game(game)
    policy, payoffs = rng.random((2, 3, 6)), rng.random((2, 3, 6))
    folded, wanted = np.zeros((2, 3, 6)), np.zeros((2, 3, 6))
    for s, a in itertools.product(range(3), range(6)):
        folded[:, s, stands(game, s, a)] += policy[:, s, a]
        wanted[:, s, a] = payoffs[:, s, stands(game, s, a)]
    np.testing.assert_allclose(counts.fold(policy), folded, rtol=1e-14)
    np.testing.assert_array_equal(counts.standing(payoffs), wanted)
    np.testing.assert_array_equal(counts.standing(payoffs[0]), wanted[0])
    legal = [[stands(game, s, a) == a for a in range(6)] for s in range(3)]
    assert counts.is_cell.tolist() == [legal] and counts.n_cells == 2 * sum(map(sum, legal))
    free = Counts(3, OWN, 2)
    assert free.fold(policy) is policy and free.standing(payoffs) is payoffs and free.n_cells == 36


def test_counts_of_a_game_know_its_names_kind_and_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, horizon in itertools.product(("deterministic", "next_state"), (1, 2)):
        for sparse in (False, True):
            game = game_of(kind, sparse, horizon)
            counts = Counts.for_game(game)
            assert (counts.rewards, counts.horizon, counts.n_actions) == (kind, horizon, OWN)
            about = counts.about
            assert (about.game, about.state_names, about.action_names) == (
                "a game",
                game.state_names,
                game.action_names,
            )
            assert counts.starts is not None and counts.starts.tolist() == [True, True, False]
            for few, listed in ((3, False), (2, sparse)):
                with monkeypatch.context() as patch:
                    patch.setattr(module, "FEW_STATES", few)
                    assert (Counts.for_game(game)._lists is not None) == listed


def test_counts_are_told_names_and_where_episodes_begin() -> None:
    names = ("here", "there"), (("stay",), ("left", "right"))
    counts = Counts(2, (1, 2), 2, initial=[0, 1], state_names=names[0], action_names=names[1])
    assert (counts.about.state_names, counts.about.action_names) == names
    assert counts.starts is not None and counts.starts.tolist() == [False, True] and counts.start_row is None
    plain = Counts(2, (1, 2), 2)
    assert (plain.about.state_names, plain.about.action_names, plain.starts) == ((), (), None)
    for wrong in ({"state_names": ("a",)}, {"action_names": (("a",), ("b",))}, {"action_names": (("a",),)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Counts(2, (1, 2), 2, **wrong)  # type: ignore[arg-type]


def test_counts_of_many_states_begin_with_empty_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY_NUMBERS", 2 * 3 * 4 * 3)
    assert Counts(3, (2, 2), 2)._lists is None
    monkeypatch.setattr(module, "MANY_NUMBERS", 2 * 3 * 4 * 3 - 1)
    lists = Counts(3, (2, 2), 2)._lists
    assert lists is not None and lists.shape == (2, 3, 4, 1) and (lists == -1).all()
    large = Counts(3, (2, 2), 2)
    large._visits = np.broadcast_to(np.int64(0), (1, 2**14, 2))
    with pytest.raises(ValueError, match=r"^the counts would have"):
        large._lay_out("deterministic", np.zeros((1, 1, 2)), None)


def test_counts_of_a_sparse_game_are_added_in_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, axes in (("deterministic", "(m, H, S, A)"), ("next_state", "(m, H, S, A, B)")):
        counts = Counts.for_game(game_of(kind, sparse=True))
        with pytest.raises(ValueError, match=re.escape("played must have shape (H, S, A, B) = (2, 3, 6, 2), got")):
            counts.add(np.zeros((2, 3, 6, 3), dtype=int), np.zeros((2, 2, 3, 6)))
        with pytest.raises(ValueError, match=re.escape(f"reward must have shape {axes} = (2, 2, 3, 6")):
            counts.add(np.zeros((2, 3, 6, 2), dtype=int), np.zeros((2, 2, 3, 5)))
    laid_out("lists", monkeypatch)
    listed, played = Counts(4, (1,), 1, rewards="next_state"), np.zeros((1, 4, 1, 4), dtype=int)
    played[0, 1, 0, 3] = 2
    with pytest.raises(ValueError, match=r"state 1, joint action 0, next state 3 must be in \[0, 1\], got 7"):
        listed.add(played, np.full((1, 1, 4, 1, 4), 7.0))


def test_what_is_printed_of_counts() -> None:
    counts = Counts(2, (1, 2), 2, reward_range=[(0, 2), (-1, 1)], rewards="next_state")
    for _ in range(2):
        counts.record([0, 1, 0], [0, 1], [[0.5, 0.5], [0.5, 0.5]])
    counts.record([1, 1, 0], [0, 1], [[0.5, 0.5], [0.5, 0.5]])
    assert repr(counts).splitlines() == [
        "Counts: 3 episodes",
        "2 players, 2 steps, 2 states, 1 x 2 actions",
        "tried: 3 of 8 joint actions, over all steps and states",
        "rewards: next state, 0 to 2 (player 1), -1 to 1 (player 2)",
    ]
    assert repr(Counts(2, (1, 2), 2, (0, 5))).splitlines()[-1] == "rewards: deterministic, 0 to 5"
    assert repr(Counts(2, (1,), 2, (0, 5))).splitlines()[-1] == "rewards: deterministic, 0 to 5"


@pytest.mark.parametrize("layout", ["dense", "lists"])
def test_a_start_may_be_told_later_or_be_learned(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(layout, monkeypatch)
    counts = Counts(4, (1, 2), 1)
    for start in (1, 1, 3):
        counts.record([start, 0], [1], [[0.5], [0.5]])
    assert counts.starts is None and counts.start_row is None
    learned = counts.with_start()
    assert learned.start_row is not None and learned.start_row.tolist() == [0, 2, 0, 1] and learned.starts is None
    for told, starts in (([0, 0.5, 0.2, 0.3], [False, True, True, True]), ([0, 0.75, 0, 0.25], [0, 1, 0, 1])):
        known = counts.with_start(told)
        assert known.starts is not None and known.starts.tolist() == starts and known.start_row is None
        assert known.transitions.tobytes() == counts.transitions.tobytes() and counts.starts is None
        known.record([1, 0], [1], [[0.5], [0.5]])
        assert known.n_episodes == 4 and counts.n_episodes == 3
    for told, state in ((1, 3), (3, 1), ([0.5, 0, 0, 0.5], 1)):
        message = f"initial is contradicted by counts: episodes began in state {state}, where it has no mass"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            counts.with_start(told)
    with pytest.raises(ValueError, match=r"states\[0\] must be an initial state, \[1, 3\], got 0"):
        counts.with_start([0, 0.75, 0, 0.25]).record([0, 0], [1], [[0.5], [0.5]])


def test_a_copy_keeps_rewards_of_its_own() -> None:
    for kind in ("deterministic", "next_state", "random"):
        counts = Counts(2, (1,), 1, rewards=kind)
        other = counts.copy()
        other.record([0, 1], [0], [[0.5]])
        assert not counts.reward.any() and other.reward.any()
        again = other.copy()
        again.record([1, 1], [0], [[0.25]])
        assert again.reward.sum() == 0.75 and other.reward.sum() == 0.5


def test_one_more_episode_than_there_is_room_for() -> None:
    """With one step, so that all visits are those of this step; the last one that fits is recorded."""
    counts = Counts(1, (1,), 1)
    counts.add([[[[2**63 - 2]]]], [[[[0.5]]]])
    counts.record([0, 0], [0], [[0.5]])
    assert counts.n_episodes == 2**63 - 1
    with pytest.raises(
        ValueError, match=r"must leave at most 2\*\*63 - 1 transitions of step 0, got 9223372036854775808"
    ):
        counts.record([0, 0], [0], [[0.5]])


def test_lists_are_no_longer_than_they_must_be_and_messages_name_states(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out("lists", monkeypatch)
    rng, counts, seen = np.random.default_rng(4), Counts(9, (2,), 1, rewards="next_state"), set()
    for _ in range(40):
        s, a, then = (int(rng.integers(n)) for n in (2, 2, 9))
        counts.record([s, then], [a], [[then / 9]])
        seen.add((s, a, then))
        most = max(sum((s, a, then) in seen for then in range(9)) for s, a in itertools.product(range(2), range(2)))
        assert counts._lists is not None and counts._lists.shape[-1] == most and counts._lists.min() == -1
        for where in itertools.product(range(2), range(2)):
            row = counts._lists[0][where]
            assert {(*where, int(then)) for then in row if then >= 0} == {each for each in seen if each[:2] == where}
        if len(seen) > 3:
            s, a, then = sorted(seen)[2]
            message = f"state {s}, joint action {a}, next state {then} differs from the one seen before"
            with pytest.raises(ValueError, match=message):
                counts.record([s, then], [a], [[then / 9 + 0.05]])


def test_lists_of_a_file_are_copied_before_a_state_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step's row is shorter than the longest, so there is room in the lists, which all steps share."""
    laid_out("lists", monkeypatch)
    counts = Counts(3, (1,), 1)
    for path in ([0, 0], [0, 1], [1, 2]):
        counts.record(path, [0], [[0.5]])
    again = Counts.from_parts(counts.parts())
    lists = again._lists
    assert lists is not None and not lists.flags.writeable and again.copy()._lists is lists
    before = lists.copy()
    again.record([1, 0], [0], [[0.5]])
    assert again.transitions[0, :, 0].tolist() == [[1, 1, 0], [1, 0, 1], [0, 0, 0]]
    np.testing.assert_array_equal(lists, before)
    other = again.copy()
    other.record([2, 1], [0], [[0.5]])
    assert again.transitions[0, 2, 0].tolist() == [0, 0, 0] and other.transitions[0, 2, 0].tolist() == [0, 1, 0]


def test_counts_of_a_file_stand_beside_the_lists_of_their_game_again(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out("lists", monkeypatch)
    game = game_of("deterministic", sparse=True)
    counts = Counts.for_game(game)
    counts.add(game.play(np.full((2, 3, 6), 1 / 6), 20, np.random.default_rng(0)), game.reward)
    again = Counts.from_parts(counts.parts())
    assert again._lists is not game.next_state
    assert again.of(game)._lists is game.next_state and again.of(game)._listed is game.next_state
    other = Counts(3, OWN, 2)
    other.record([0, 1, 2], [0, 4], [[0.5, 0.5], [0.5, 0.5]])
    taken = other.of(game)
    assert taken._lists is not game.next_state and taken.transitions.tobytes() == other.transitions.tobytes()
    assert taken.starts is not None and taken.about.game == "a game" and taken.legal is game.legal


def test_a_random_reward_out_of_its_range_is_one_of_one_visit() -> None:
    counts = Counts(2, (2,), 2, rewards="random")
    message = "reward of player 0 at step 1, state 1, joint action 1 must be in [0, 1] for each of 1 visits, got 1.5"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        counts.record([0, 1, 0], [0, 1], [[0.5, 1.5]])


def test_bounds_of_rewards_cell_by_cell() -> None:
    """Known where seen, or a mean between its bounds, of each player's range at each step."""
    ranges, rng = np.array([[(0, 2), (-3, 1)], [(5, 6), (4, 4)]], dtype=float), np.random.default_rng(6)
    for kind in ("deterministic", "next_state", "random"):
        counts = Counts(2, (1, 2), 2, ranges, kind)
        for k in range(9):
            share = np.array([1.0, 0.25]) if k % 2 else rng.random(2)
            states, taken = [k % 2, 1, 1], [0, k % 2]
            paid = ranges[..., 0] + (share if kind == "random" else 0.5) * (ranges[..., 1] - ranges[..., 0])
            counts.record(states, taken, paid)
        share = 0.25 if kind == "random" else 0.5  # and some cells once
        counts.record([1, 0, 0], [1, 1], ranges[..., 0] + share * (ranges[..., 1] - ranges[..., 0]))
        for step, scale in itertools.product(range(2), (None, 1.0, 0.5)):
            high, low = counts.reward_bounds(step, 0.1, *(() if scale is None else (scale,)))
            for i, s, a in itertools.product(range(2), range(2), range(2)):
                least, most = ranges[i, step]
                n = counts.visits[step, s, a]
                if kind != "random":
                    then = (slice(None),) if kind == "next_state" else ()
                    seen = counts.transitions[step, s, a] if kind == "next_state" else n
                    middle = (least + most) / 2
                    np.testing.assert_array_equal(high[i, s, a][then], np.where(np.asarray(seen) > 0, middle, most))
                    np.testing.assert_array_equal(low[i, s, a][then], np.where(np.asarray(seen) > 0, middle, least))
                    continue
                if n == 0 or least == most:
                    assert (low[i, s, a], high[i, s, a]) == (least, most)
                    continue
                mean = (counts.reward[i, step, s, a] - least) / (most - least)
                flags = counts._rewards.constant
                assert flags is not None
                cost, constant = np.array(math.log(16 / 0.1)), flags[:, i, step, s, a].any()
                top, rest = (highest_average(np.array(n * t), n, cost, constant) for t in (mean, 1 - mean))
                found = [mean + (scale or 1.0) * (bound - mean) for bound in (1 - rest, top)]
                wanted = least + np.clip(found, 0, 1) * (most - least)
                np.testing.assert_allclose([low[i, s, a], high[i, s, a]], wanted, atol=1e-9)


def test_sums_of_very_many_draws_are_rounded_outwards_and_not_out_of_the_range() -> None:
    """The last digits of a sum of N draws are not known: some sqrt(N) of them."""
    visits, ranges = 10**14, (2.0, 6.0)
    for share in (0.0, 0.3, 1.0):
        counts = Counts(1, (1,), 1, ranges, "random")
        counts.add([[[[visits]]]], [[[[visits * (2 + 4 * share)]]]])
        high, low = (float(each[0, 0, 0]) for each in counts.reward_bounds(0, 0.1))
        cost, never = np.array(math.log(1 / 0.1)), np.array(False)
        top, rest = (
            float(highest_average(np.array(visits * each), np.array(visits), cost, never))
            for each in (share, 1 - share)
        )
        assert 2 <= low <= 2 + 4 * share <= high <= 6
        assert high == pytest.approx(min(6, 2 + 4 * (top + 1e-8)), abs=1e-9)
        assert low == pytest.approx(max(2, 2 + 4 * (1 - rest - 1e-8)), abs=1e-9)


# Where policies lead


@pytest.mark.parametrize("layout", ["dense", "lists"])
def test_the_flow_of_a_policy_is_that_of_a_loop_over_what_was_seen(
    layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out(layout, monkeypatch)
    rng = np.random.default_rng(7)
    counts = Counts(5, (2, 2), 4)
    policy = rng.dirichlet(np.ones(4), size=(4, 5))
    policy[1, 2] = [0, 1, 0, 0]
    assert flow(counts, policy) is None
    for _ in range(25):
        path = rng.integers(4, size=5)  # nothing leads to the last state
        path[0] = rng.integers(0, 3)
        counts.record(path, rng.integers(4, size=4), np.full((2, 4), 0.5))
    wanted = np.zeros((4, 5))
    wanted[0] = [counts.visits[0, s].sum() / 25 for s in range(5)]
    for h, s, a, then in itertools.product(range(3), range(5), range(4), range(5)):
        if counts.visits[h, s, a]:
            seen = counts.transitions[h, s, a, then] / counts.visits[h, s, a]
            wanted[h + 1, then] += wanted[h, s] * policy[h, s, a] * seen
    found = flow(counts, policy)
    assert found is not None and found.sum(axis=1).min() < 0.99  # what nobody tried leads nowhere
    np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_frequencies_of_rows_of_any_shape() -> None:
    rows = np.array([[[0, 3, 1, 0], [0, 0, 0, 0]]])
    assert frequencies(rows, rows.sum(axis=-1)).tolist() == [[[0, 0.75, 0.25, 0], [0.25] * 4]]


# Rewards


def shown(counts: Counts, *arguments: Any) -> str:
    with pytest.raises(ValueError, match="reward of player") as error:
        counts.add(*arguments)
    return str(error.value)


def test_sums_of_drawn_rewards_are_in_the_range_of_their_visits_up_to_rounding() -> None:
    ranges = np.array([(-1.0, 3.0), (10.0, 20.0)])
    for n, player, end in itertools.product((1, 7), range(2), range(2)):
        played, outwards = np.array([[[[0]], [[n]]]]).reshape(1, 1, 2, 1), (-1, 1)[end]
        fine = np.full((2, 1, 1, 2), np.nan)
        fine[:, 0, 0, 1] = n * ranges.mean(axis=1)
        width = ranges[player, 1] - ranges[player, 0]
        for more, inside in ((0.0, True), (0.8e-9, True), (1.3e-9, False), (0.5, False)):
            told = fine.copy()
            told[player, 0, 0, 1] = n * (ranges[player, end] + outwards * more * width)
            counts = Counts(1, (2, 1), 1, ranges, "random")
            if inside:
                counts.add(played, told)
                assert counts.n_episodes == n
                means = counts.reward[:, 0, 0]  # the least where nothing was seen
                assert (means[:, 0] == ranges[:, 0]).all()
                assert (means[:, 1] >= ranges[:, 0]).all() and (means[:, 1] <= ranges[:, 1]).all()
                np.testing.assert_allclose(means[:, 1], told[:, 0, 0, 1] / n, rtol=0, atol=1e-8)
                continue
            message = shown(counts, played, told)
            low, high = ranges[player]
            said = f"player {player} at step 0, state 0, joint action 1 must be in [{low:g}, {high:g}]"
            assert f"{said} for each of {n} visits, got" in message


def test_a_reward_may_be_off_by_the_rounding_of_its_own_range() -> None:
    for kind, last in (("deterministic", ()), ("next_state", (1,))):
        for more, fine in ((0.0, True), (0.9e-9, True), (1.5e-9, False)):
            counts = Counts(1, (1, 1), 1, [(-1, 3), (10, 20)], kind)
            paid = np.array([1.0, 12.0]).reshape(2, 1, 1, 1, *last)
            counts.add([[[[1]]]], paid)
            again = paid + np.array([0.0, 10 * more]).reshape(paid.shape)
            if fine:
                counts.add([[[[1]]]], again)
                continue
            assert "reward of player 1 at step 0, state 0, joint action 0" in shown(counts, [[[[1]]]], again)
    exact = Counts(1, (1,), 1, (0, 3))
    exact.record([0, 0], [0], [[0.0]])
    exact.record([0, 0], [0], [[1e-9 * 3.0]])


def test_draws_that_were_all_the_least_or_all_the_most_are_told_from_others() -> None:
    """By every way in which they come: one at a time, added one by one, or several of which nobody knows each."""
    ranges = (2.0, 4.0)
    ways = {"all least": [2, 2], "all most": [4, 4], "both": [2, 4], "between": [3, 3], "one of them": [4, 3]}
    for name, draws in ways.items():
        recorded, added, together = (Counts(1, (2,), 1, ranges, "random") for _ in range(3))
        for draw in draws:
            recorded.record([0, 0], [1], [[draw]])
            added.add([[[[0], [1]]]], [[[[np.nan, draw]]]])
        together.add([[[[0], [2]]]], [[[[np.nan, sum(draws)]]]])
        for counts in (recorded, added, together):
            assert counts.reward[0, 0, 0].tolist() == [2, sum(draws) / 2]
            flags = counts._rewards.constant
            assert flags is not None and flags[:, 0, 0, 0, 0].tolist() == [True, True]
            known = [name == "all least", name == "all most"] if counts is not together else [False, False]
            assert flags[:, 0, 0, 0, 1].tolist() == known, name
            counts.add([[[[3], [0]]]], [[[[7.5, np.nan]]]])
            assert counts.reward[0, 0, 0].tolist() == [2.5, sum(draws) / 2]
