"""Histories: regret between records, what a file holds, and what happens to damaged ones."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    RandomPlay,
    TotalVariation,
    run,
    zoo,
)
from mornavi_lite.files import read_arrays, write_arrays
from mornavi_lite.summaries import number
from tests.learners.small_games import MIXED, Recorded, varied_game
from tests.planning.test_models import made, radii
from tests.summaries.shown import Page, named_game


def made_up(episode: list[int], gap: list[float]) -> History:
    """A history of which only the episodes and gaps matter."""
    like = run(Mornavi(Nominal()), zoo.fishing(), 1)
    n = len(episode)
    ones = np.ones((n, 2))
    return dataclasses.replace(like, episode=np.array(episode), gap=np.array(gap), value=ones, upper=ones, lower=ones)


def test_regret_between_records_is_exact() -> None:
    history = made_up([1, 2, 2, 6, 10**12], [1.0, 0.5, 9.0, 0.25, 2.0**-30])
    assert history.regret.tolist() == [1.0, 1.5, 1.5, 2.5, 2.5 + (10**12 - 6) * 2.0**-30]
    at = {0: 0.0, 1: 1.0, 2: 1.5, 3: 1.75, 4: 2.0, 5: 2.25, 6: 2.5, 7: 2.5 + 2.0**-30, 10**12: history.regret[-1]}
    for k, expected in at.items():
        assert history.regret_at(k) == expected, k
    assert isinstance(float(history.regret_at(np.int32(3))), float)
    found = history.regret_at(np.array([[0, 3], [6, 10**12]], dtype=np.uint64))
    assert found.tolist() == [[0.0, 1.75], [2.5, history.regret[-1]]]
    assert made_up([0], [0.7]).regret_at(0) == 0
    for episodes, message in (
        (-1, "episodes must be from 0 to 1000000000000, got -1"),
        ([3, 10**12 + 1], r"episodes\[1\] must be from 0 to 1000000000000, got 1000000000001"),
        (1.0, "episodes must be an array of integers, got float 1.0"),
        ("x", "episodes must be an array of integers"),
        (True, "episodes must be an array of integers"),
        (None, "episodes must be an array of integers"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            history.regret_at(episodes)


def test_two_histories_can_be_compared() -> None:
    history = run(Mornavi(Nominal()), zoo.fishing(), 5)
    assert history == history
    assert (history == run(Mornavi(Nominal()), zoo.fishing(), 6)) in (True, False)


@pytest.mark.parametrize("n_episodes", [1, 12])
def test_a_history_says_what_it_holds(n_episodes: int) -> None:
    """Every line and the page, from the arrays: three players, in units of money."""
    town = named_game()
    history = run(Mornavi(MIXED, "ce"), town, n_episodes, seed=1)
    best, last = int(history.certificate.argmin()), history.n_plans - 1
    lines = repr(history).splitlines()
    assert lines[0].startswith(f"History of {town.name}: ce, [TotalVariation(radius=0.1")
    assert lines[1].startswith("3 players, 4 steps, 5 states (") and lines[1].endswith("2 x 3 x 2 actions")
    how_many = f"12 episodes, {history.n_plans} plans" if last else "1 episode, 1 plan"
    regret, gap = number(history.regret[-1]), number(history.gap[last])
    assert lines[2] == f"{how_many}; regret {regret}, gap of the last plan {gap}"
    certificate = f"certificate {number(history.certificate[best])}, gap {number(history.gap[best])}"
    assert lines[3] == f"best plan, number {best + 1}: {certificate}"
    told = [
        f"{number(history.value[best, i])} within {number(history.lower[best, i])} to "
        f"{number(history.upper[best, i])} (player {i + 1})"
        for i in range(3)
    ]
    assert lines[4] == f"value at the start: {', '.join(told)}" and len(lines) == 6
    page = Page(history._repr_html_())
    assert page.lines == repr(history) and "visits" in page.rows[0]
    unit = 128 * 2.0**-33  # rewards range over 70
    for name in ("gap", "value", "upper", "lower"):
        multiples = getattr(history, name) / unit
        np.testing.assert_array_equal(multiples, np.round(multiples))


def test_the_best_plan_is_the_policy_with_the_smallest_certificate_and_its_bounds(game: MarkovGame) -> None:
    learner = Recorded(Mornavi(MIXED))
    history = run(learner, game, 3000, seed=2)
    best = int(history.certificate.argmin())
    policy, upper, lower = history.best_plan
    assert 0 < best and policy is history.best_policy
    made = learner.plans[best][1].rounded(1.0)
    assert all(ours.tobytes() == theirs.tobytes() for ours, theirs in zip(history.best_plan, made, strict=True))
    np.testing.assert_allclose(upper[:, 0] @ game.initial, history.upper[best], rtol=0, atol=1e-9)
    np.testing.assert_allclose(lower[:, 0] @ game.initial, history.lower[best], rtol=0, atol=1e-9)
    assert history.best_plan.certificate(game.initial) == pytest.approx(history.best_certificate, abs=1e-9)
    assert policy[1, 2, history.best_plan.act(1, 2, np.random.default_rng(0))] > 0


# Files


def run_in_pieces(learner: Mornavi, game: MarkovGame, ends: list[int], path: Path) -> History:
    """A run that is saved, loaded and taken up again after so many episodes each."""
    history = None
    for end in ends:
        history = run(learner, game, end, seed=5, resume=history)
        history.save(path)
        history = History.load(path)
    assert history is not None
    return history


@pytest.mark.parametrize(
    ("per_outcome", "sparse"),
    [(False, False), (True, True), *(pytest.param(k, not k, marks=pytest.mark.slow) for k in (False, True))],
)
def test_a_run_in_money_that_is_saved_and_taken_up_is_the_undisturbed_one(
    per_outcome: bool, sparse: bool, tmp_path: Path
) -> None:
    """Three players, rewards in ranges of their own, illegal actions: the same file, byte for byte."""
    game = made(21, per_outcome, sparse)
    learner = Mornavi([TotalVariation(radii(6, "per row")), KullbackLeibler(0.05), ChiSquare(0.1)], "ce")
    whole = run(learner, game, 1000, seed=5)
    whole.save(tmp_path / "whole.npz")
    again = run_in_pieces(learner, game, [1, 2, 37, 500, 1000], tmp_path / "pieces.npz")
    assert (tmp_path / "pieces.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert repr(again) == repr(whole) and again._repr_html_() == whole._repr_html_()
    plans = learner.plan(again.checkpoint.counts), learner.plan(whole.checkpoint.counts)
    assert all(ours.tobytes() == theirs.tobytes() for ours, theirs in zip(*plans, strict=True))


def test_a_file_of_version_0_1_0_loads(saved: tuple[History, Path]) -> None:
    """It knows neither names nor the bounds of the best plan, and says so by NaN."""
    history, path = saved
    new = {name for name in read_arrays(path, "History") if name.startswith(("best_", "plan_"))}
    new -= {"plan_policy", "plan_upper", "plan_lower", "best_policy"}
    new |= {"game", "state_names", "action_names", "starts"}
    kept = {name: array for name, array in read_arrays(path, "History").items() if name not in new}
    write_arrays(path, "History", kept)
    old = History.load(path)
    for bound in (old.best_plan.upper, old.best_plan.lower):
        assert np.isnan(bound).all() and bound.shape == (3, 3, 3)
    assert old.best_policy.tobytes() == history.best_policy.tobytes()
    assert old.regret.tobytes() == history.regret.tobytes() and len(repr(old).splitlines()) == 6
    game = varied_game(11, (2, 3, 2))
    again = run(Mornavi(MIXED), game, 120, resume=old)
    assert again.gap.tobytes() == run(Mornavi(MIXED), game, 120, seed=4).gap.tobytes()
    assert again.checkpoint.counts.about.state_names == game.state_names != old.checkpoint.counts.about.state_names


def test_a_file_holds_every_number(saved: tuple[History, Path]) -> None:
    history, path = saved
    again = History.load(path)
    for name in ("episode", "gap", "value", "upper", "lower", "policy", "best_policy", "certificate", "regret"):
        first, second = getattr(history, name), getattr(again, name)
        assert first.dtype == second.dtype and first.tobytes() == second.tobytes() and first.shape == second.shape
    at, other = history.checkpoint, again.checkpoint
    for name in ("transitions", "visits", "reward"):
        assert getattr(at.counts, name).tobytes() == getattr(other.counts, name).tobytes()
    assert all(a.tobytes() == b.tobytes() for a, b in zip(at.plan, other.plan, strict=True))
    assert at.planned_visits.tolist() == other.planned_visits.tolist()
    assert (at.episode, at.since_plan, at.generator, at.origin) == (
        other.episode,
        other.since_plan,
        other.generator,
        other.origin,
    )
    again.save(path.with_name("again.npz"))
    assert path.with_name("again.npz").read_bytes() == path.read_bytes()


def test_a_file_needs_no_suffix_and_holds_neither_time_nor_place(saved: tuple[History, Path]) -> None:
    history, path = saved
    time.sleep(2.1)  # zip files keep times to two seconds
    history.save(str(path.with_name("no suffix")))
    assert path.with_name("no suffix").read_bytes() == path.read_bytes()
    assert os.uname().nodename.encode() not in path.read_bytes() if hasattr(os, "uname") else True
    assert {p.name for p in path.parent.iterdir()} == {"run.npz", "no suffix"}


def test_a_write_that_fails_leaves_the_old_file(saved: tuple[History, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of the arrays, at the flush, at the renaming; by an error or by Ctrl-C. Nothing is left over."""
    _, path = saved
    other = run(Mornavi(MIXED), varied_game(11, (2, 3, 2)), 7)
    before = path.read_bytes()

    def broken(error: BaseException, after: int) -> Any:
        real, calls = np.lib.format.write_array, []

        def write(*arguments: Any, **options: Any) -> None:
            calls.append(1)
            if len(calls) > after:
                raise error
            real(*arguments, **options)

        return write

    def failing(*arguments: Any, **options: Any) -> None:
        raise OSError("no space left on device")

    for error in (OSError("no space left on device"), KeyboardInterrupt()):
        with monkeypatch.context() as patch:
            patch.setattr(np.lib.format, "write_array", broken(error, after=4))
            with pytest.raises(type(error)):
                other.save(path)
    for place in ("os.fsync", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(place, failing)
            with pytest.raises(OSError, match="no space left"):
                other.save(path)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["run.npz"]
    other.save(path)
    assert History.load(path).n_plans == other.n_plans and [p.name for p in path.parent.iterdir()] == ["run.npz"]


def test_a_file_that_cannot_be_written_or_found_is_an_os_error(saved: tuple[History, Path]) -> None:
    history, path = saved
    with pytest.raises(OSError):
        history.save(path.parent / "nowhere" / "run.npz")
    with pytest.raises(OSError):
        history.save(path.parent)
    assert [p.name for p in path.parent.iterdir()] == ["run.npz"]
    with pytest.raises(FileNotFoundError):
        History.load(path.parent / "nothing.npz")
    with pytest.raises(OSError):
        History.load(path.parent)


def test_a_truncated_file_is_an_error(saved: tuple[History, Path]) -> None:
    _, path = saved
    whole = path.read_bytes()
    lengths = {0, 1, 2, 3, 4, 21, 22, 30, *range(50, len(whole), len(whole) // 60), *range(len(whole) - 30, len(whole))}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"run\.npz"):
            History.load(path)


def test_a_damaged_byte_is_an_error_or_does_no_harm(saved: tuple[History, Path]) -> None:
    """Any one bit, above all in headers: ValueError, or the same history. Never another one, never another error."""
    _, path = saved
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    headers = [
        i for i in range(len(whole)) if b"PK" in whole[max(0, i - 60) : i] or b"NUMPY" in whole[max(0, i - 90) : i]
    ]
    directory = whole.index(b"PK\x01\x02")
    chosen = [*rng.choice(headers, 500, replace=False), *rng.integers(len(whole), size=150)]
    chosen += [*rng.integers(directory, len(whole), size=200), *range(len(whole) - 22, len(whole))]
    again = path.with_name("again.npz")
    for place in map(int, chosen):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            History.load(path).save(again)
        except ValueError:
            continue
        assert again.read_bytes() == whole, place


def test_foreign_files_are_an_error(saved: tuple[History, Path]) -> None:
    _, path = saved
    foreign = path.with_name("foreign.npz")
    texts = [b"", b"no run at all", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x80\x04K\x01.", bytes(range(256)) * 20]
    for text in texts:
        foreign.write_bytes(text)
        with pytest.raises(ValueError, match=r"foreign\.npz"):
            History.load(foreign)
    with foreign.open("wb") as handle:
        np.save(handle, np.arange(3))
    with pytest.raises(ValueError, match=r"foreign\.npz"):
        History.load(foreign)
    with foreign.open("wb") as handle:
        np.save(handle, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"foreign\.npz"):
        History.load(foreign)
    for arrays in (
        {},
        {"a": np.arange(3)},
        {"kind": np.array("History")},
        {"kind": np.array("Sweep"), "format": np.array(1)},
        {"kind": np.array("History"), "format": np.array("one")},
        {"kind": np.array("History"), "format": np.arange(3)},
    ):
        np.savez(foreign, **arrays)
        with pytest.raises(ValueError, match=r"foreign\.npz"):
            History.load(foreign)


def rewritten(path: Path, **change: Any) -> Path:
    """The file with some arrays exchanged, or left out where they are None."""
    with np.load(path) as stored:
        arrays = {**stored, **change}
    target = path.with_name("changed.npz")
    with target.open("wb") as handle:
        np.savez(handle, **{name: array for name, array in arrays.items() if array is not None})
    return target


def test_what_does_not_fit_together_is_named(game: MarkovGame, tmp_path: Path) -> None:
    """Arrays that were written together, so that their digest holds: one of each kind, or without one."""
    path = tmp_path / "run.npz"
    run(RandomPlay(MIXED), game, 3).save(path)
    good = read_arrays(path, "History")
    wrong: list[dict[str, Any]] = [
        {"best_policy": np.ones(3)},
        {"generator": np.array("x")},
        {"checkpoint": np.ones(3)},
    ]
    changed = [good | each for each in wrong]
    left_out = ("plan_policy", "plan_upper", "plan_lower", "best_policy", "generator", "gap", "planned_visits")
    changed += [{name: each for name, each in good.items() if name != missing} for missing in left_out]
    for arrays in changed:
        write_arrays(path, "History", arrays)
        with pytest.raises(ValueError, match=r"run\.npz is damaged"):
            History.load(path)
    write_arrays(path, "History", good)
    assert History.load(path).n_plans > 1


def test_a_newer_format_says_so(saved: tuple[History, Path]) -> None:
    _, path = saved
    with pytest.raises(ValueError, match=r"changed\.npz has format 99; this version of mornavi_lite reads up to"):
        History.load(rewritten(path, format=np.array(99)))
    assert History.load(rewritten(path)).n_plans > 1


def test_a_file_without_one_of_its_arrays_is_an_error(saved: tuple[History, Path]) -> None:
    _, path = saved
    with np.load(path) as stored:
        names = stored.files
    for name in set(names) - {"format"}:
        with pytest.raises(ValueError, match=r"changed\.npz"):
            History.load(rewritten(path, **{name: None}))


def test_arrays_that_do_not_belong_together_are_an_error(saved: tuple[History, Path]) -> None:
    """Every array cut, stretched, turned into another kind of number, or with a number that cannot be."""
    _, path = saved
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files if stored[name].ndim}
    for name, array in arrays.items():
        worse = [array[:-1], np.concatenate([array, array[-1:]]), array[None]]
        if array.dtype.kind == "U":
            worse += [array.astype(bytes), np.where(array == array[-1], "x", array)]
        else:
            worse += [array.astype(str), array.astype(complex)]
        if array.dtype.kind == "f":
            worse += [np.where(np.arange(array.size).reshape(array.shape) == array.size - 1, np.nan, array)]
        elif array.dtype.kind == "i":
            worse += [array.astype(float), -array - 1]
        if array.ndim > 1:
            worse += [array[..., :-1], array[:, :-1]]
        for wrong in worse:
            with pytest.raises(ValueError, match=r"changed\.npz"):
                History.load(rewritten(path, **{name: wrong}))


def test_numbers_that_contradict_each_other_are_an_error(saved: tuple[History, Path]) -> None:
    _, path = saved
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    episode, since_plan = arrays["checkpoint"]
    policy = next(name for name in arrays if name.endswith("policy") and name != "best_policy")
    for change in (
        {"checkpoint": np.array([episode + 1, since_plan])},
        {"checkpoint": np.array([episode, episode + 1])},
        {"episode": arrays["episode"][::-1].copy()},
        {"episode": np.minimum(arrays["episode"], episode - 1)},
        {"planned_visits": arrays["planned_visits"] + 10**6},
        {"generator": np.array("{}")},
        {"generator": np.array("[1, 2]")},
        {"generator": np.array(json.dumps({"bit_generator": "MT19937", "state": {}}))},
        {policy: arrays[policy] * 1.01},
        {"best_policy": 1 - arrays["best_policy"]},
        {"transitions": arrays["transitions"] * 2},
        {"n_actions": arrays["n_actions"][::-1].copy() * 2},
    ):
        with pytest.raises(ValueError, match=r"changed\.npz"):
            History.load(rewritten(path, **change))
