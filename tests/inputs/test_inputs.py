"""Every argument of every public function, with every kind of wrong: it works and is right, or the error names it.

An argument is right in many forms: lists, single precision, read-only arrays, exact fractions. It is wrong in more. A
wrong one is a ValueError or TypeError with the argument's name in it, before anything is computed or written; there is
no other exception and no warning, and what the caller passed stays as it was.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Contamination,
    Counts,
    History,
    KullbackLeibler,
    MarkovGame,
    Nominal,
    TotalVariation,
)
from mornavi_lite.uncertainty import UncertaintySet
from tests.inputs.rows import GAME, INNER, inner, public, rows
from tests.inputs.wrong import WRONG, Hostile, forms, is_array, misshapen, spoiled

PUBLIC = {name: (function, arguments) for name, function, arguments in public() if not inner(name)}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], dict[str, Any]]]:
    return rows(tmp_path_factory.mktemp("inputs"))


def test_every_public_function_has_a_row_with_every_argument(calls: dict[str, Callable[[], dict[str, Any]]]) -> None:
    assert {*calls} - {*PUBLIC} == {*PUBLIC} - {*calls} == set()
    for name, (_, arguments) in PUBLIC.items():
        assert sorted({*calls[name]()} - {"self"}) == sorted(arguments), name


def test_what_is_exempt_is_there() -> None:
    """A name in the list of exceptions that nothing has is a mistake in the list."""
    names = {name for name, _, _ in public()}
    there = names | {name.rpartition(".")[2] for name in names} | {".".join(name.split(".")[1:]) for name in names}
    assert {name for name in INNER if name not in there} <= {"unchecked", "Sweep", "AtStart"}


def called(name: str, given: dict[str, Any]) -> Any:
    """What the function returns, every warning being an error."""
    function = PUBLIC[name][0]
    with warnings.catch_warnings(action="error"):
        if "self" not in given:
            return consumed(function(**given))
        given = dict(given)
        owner = given.pop("self")
        made = getattr(owner, name.rpartition(".")[2])(**given)
        return (owner, made) if isinstance(owner, Counts) or made is None else consumed(made)


def consumed(made: Any) -> Any:
    return list(made) if hasattr(made, "__next__") else made


def plain(value: Any) -> Any:
    """What a result is, to the byte, in what Python compares."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()
    if isinstance(value, MarkovGame):
        return value  # compared by its contents
    if isinstance(value, (History, Counts)) or (is_dataclass(value) and not isinstance(value, type)):
        names = [each.name for each in fields(value)] if is_dataclass(value) else sorted(vars(value))
        return type(value).__name__, [plain(getattr(value, each)) for each in names]
    if isinstance(value, dict):
        return [(key, plain(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (str, bytes, int, float, type(None), np.generic)):
        return repr(value)
    if hasattr(value, "__array__"):
        return type(value).__name__, plain(np.asarray(value))
    return {key: plain(each) for key, each in vars(value).items()} if hasattr(value, "__dict__") else type(value)


#: What a message calls an argument where it says more than the name does.
CALLED = {"label": "state", "h": "step", "P": "state", "joint_actions": "joint_action", "transition": "probability"}
CALLED |= {"uncertainty": "radius", "ball": "radius", "content": "grid", "n_actions": "counts would have"}
CALLED |= {"state_names": "not listed", "action_names": "not listed"}
#: Functions of the caller's: what they raise is theirs.
THEIRS = {("MarkovGame.from_step", "step"), ("MarkovGame.from_step", "by_step"), ("MarkovGame.from_step", "actions")}
#: What cannot happen is not looked at: what an action pays that nobody takes, rewards that are known already.
NOT_ALL_OF_IT = {
    ("anonymous.AnonymousGame", "reward"),
    ("anonymous.ProfileCounts.add", "reward"),
    ("anonymous.symmetric_equilibria", "payoffs"),
    ("linear.FeatureCounts.add", "reward"),
}
#: Only arrays are arrays here: a list might be meant as one entry per player.
ARRAYS_ONLY = {"radius", "between"}


def named(arguments: Iterable[str], error: Exception) -> bool:
    """Whether the message says which argument, in a line or two."""
    said = str(error)
    return len(said) < 400 and any(each.rstrip("s") in said or CALLED.get(each, each) in said for each in arguments)


def may_be_another(name: str, argument: str, value: Any) -> list[str]:
    """Where numbers are of the right kind they may not fit to another argument, which the message may name instead."""
    numbers = (int, float, np.generic, np.ndarray, list, tuple, range)
    fits = value is None or isinstance(value, (*numbers, MarkovGame, UncertaintySet, Counts))
    return PUBLIC[name][1] if fits else [argument]


PLACES = [(name, argument) for name, (_, arguments) in PUBLIC.items() for argument in arguments]
#: What is sampled in `make test`, and whole in `make check-all`: calls that plan or learn take a thousand times longer.
SLOW = {"run", "learn", "sweep.sweep", "calibration.flips", "anonymous.certify_each"}


def every_set(given: Any) -> list[Any]:
    """Each kind of set in the place of what is given, which is a set, one for each player, or a kind of sets."""
    kinds = (TotalVariation, KullbackLeibler, ChiSquare, Contamination)
    if isinstance(given, type) and issubclass(given, UncertaintySet):
        return [*kinds, Nominal]
    sets: list[Any] = [*(kind(radius) for kind in kinds for radius in (0.0, 0.25, 1.0)), Nominal()]
    sets += [TotalVariation(radius, shift_support=False) for radius in (0.0, 0.25, 1.0)]
    if isinstance(given, UncertaintySet):
        return sets
    alike = isinstance(given, (list, tuple)) and len(given) and all(isinstance(one, UncertaintySet) for one in given)
    return [[one, *given[1:]] for one in sets] if alike else []


@pytest.mark.parametrize("name", PUBLIC)
def test_each_kind_of_set_works_or_is_refused_in_words(
    name: str, calls: dict[str, Callable[[], dict[str, Any]]], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for argument, given in calls[name]().items():
        for one in every_set(given) if argument != "self" else []:
            try:
                called(name, calls[name]() | {argument: one})
            except (TypeError, ValueError) as error:
                assert named([*PUBLIC[name][1], type(one).__name__], error), (one, str(error))
            except RuntimeError as error:
                assert "certificate is" in str(error), (one, str(error))


def every_game() -> dict[str, MarkovGame]:
    """The game of the table with each kind of rewards, rows, ranges, and actions that are not there."""
    lists = np.argsort(GAME.transition, axis=-1)[..., ::-1]
    weights = np.take_along_axis(GAME.transition, lists, axis=-1)
    told = {"initial": GAME.initial, "state_names": GAME.state_names, "action_names": GAME.action_names}
    by_outcome = np.repeat(GAME.reward[..., None], GAME.n_states, axis=-1) * np.array([0.5, 1.0, 0.25])
    legal = [np.ones((GAME.n_states, n), dtype=bool) for n in GAME.n_actions]
    legal[0][0, 0] = legal[2][1, 1] = False
    dense, sizes = {**told, "n_actions": GAME.n_actions}, {"n_actions": GAME.n_actions, "n_states": GAME.n_states}
    ranges = np.array([[[-1, 2]] * GAME.horizon, [[0, 1]] * GAME.horizon, [[0, 5]] * GAME.horizon])
    return {
        "outcome": MarkovGame(GAME.transition, by_outcome, **dense),
        "sparse": MarkovGame.sparse(lists, weights, GAME.reward, **sizes, **told),
        "sparse, outcome": MarkovGame.sparse(
            lists, weights, np.take_along_axis(by_outcome, lists[None], axis=-1), **sizes, **told
        ),
        "legal": MarkovGame(GAME.transition, GAME.reward, **dense, legal=legal),
        "legal, sparse": MarkovGame.sparse(lists, weights, GAME.reward, **sizes, **told, legal=legal),
        "money": MarkovGame(GAME.transition, 1000 * GAME.reward - 500, **dense, reward_range=(-500, 500)),
        "ranges": MarkovGame(GAME.transition, GAME.reward, **dense, reward_range=ranges),
        "one": MarkovGame(np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1)), (1,)),
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_each_kind_of_game_works_or_is_refused_in_words(
    name: str, calls: dict[str, Callable[[], dict[str, Any]]], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for argument, given in calls[name]().items():
        for kind, one in every_game().items() if isinstance(given, MarkovGame) else []:
            try:
                called(name, calls[name]() | {argument: one})
            except (TypeError, ValueError) as error:
                assert named(PUBLIC[name][1], error), (kind, str(error))
            except RuntimeError as error:
                assert "certificate is" in str(error), (kind, str(error))


@pytest.mark.parametrize("name, argument", PLACES)
def test_what_is_wrong_is_named(
    name: str, argument: str, calls: dict[str, Callable[[], dict[str, Any]]], tmp_path: Path, monkeypatch: Any
) -> None:
    """A TypeError or ValueError with the argument in it, or a result; nothing else, and no file that nobody named."""
    monkeypatch.chdir(tmp_path)
    found = []
    for what, value in WRONG.items():
        try:
            called(name, calls[name]() | {argument: value})
        except (TypeError, ValueError) as error:
            theirs = (name, argument) in THEIRS and "argument" in str(error)
            if not theirs and not named(may_be_another(name, argument, value), error):
                found.append((what, f"{type(error).__name__}: {error}"[:200]))
        except OSError as error:
            if argument not in ("path", "out", "checkpoint"):
                found.append((what, repr(error)))
        except Exception as error:
            if "certificate is" not in str(error):  # the goal was not reached, and that is said
                found.append((what, f"{type(error).__name__}: {str(error)[:200]}"))
    assert found == []
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".partial"] == []


@pytest.mark.parametrize("name, argument", PLACES)
def test_arrays_that_are_wrong_are_named_and_the_same_numbers_are_the_same(
    name: str, argument: str, calls: dict[str, Callable[[], dict[str, Any]]], tmp_path: Path, monkeypatch: Any
) -> None:
    value = calls[name]()[argument]
    if not is_array(value):
        return
    monkeypatch.chdir(tmp_path)
    found = []
    for what, bad in spoiled(value):
        try:
            called(name, calls[name]() | {argument: bad})
            if (name, argument) not in NOT_ALL_OF_IT:
                found.append((what, "nothing is raised"))
        except (TypeError, ValueError) as error:
            if not named([argument], error):
                found.append((what, f"{type(error).__name__}: {error}"[:200]))
            elif "the middle" in what and np.ndim(value) and not re.search(r"\w\[\d|at step \d", str(error)):
                found.append((what, f"no place: {error}"[:200]))
        except Exception as error:
            found.append((what, f"{type(error).__name__}: {str(error)[:200]}"))
    for what, bad in misshapen(value):
        try:
            called(name, calls[name]() | {argument: bad})
        except (TypeError, ValueError) as error:
            if not named(PUBLIC[name][1], error):
                found.append((what, f"{type(error).__name__}: {error}"[:200]))
        except Exception as error:
            found.append((what, f"{type(error).__name__}: {str(error)[:200]}"))
    wanted = plain(called(name, calls[name]()))
    for what, same in forms(value):
        before = copy.deepcopy(same) if not isinstance(same, memoryview) else bytes(same)
        try:
            if plain(called(name, calls[name]() | {argument: same})) != wanted:
                found.append((what, "another result"))
        except Exception as error:
            refused = isinstance(error, (TypeError, ValueError)) and argument in ARRAYS_ONLY
            if not refused or not named([argument], error):
                found.append((what, f"{type(error).__name__}: {str(error)[:200]}"))
        after = bytes(same) if isinstance(same, memoryview) else same
        if plain(before) != plain(after):
            found.append((what, "the caller's array is another"))
    assert found == []


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_are_among_the_forms(library: str) -> None:
    """The tests above have them too, where the library is installed; here that it is not installed is said."""
    pytest.importorskip(library)
    for shape in ((3,), (2, 3)):
        array = np.arange(6.0)[: np.prod(shape)].reshape(shape)
        made = {what: np.asarray(each) for what, each in forms(array)}
        assert (made[f"a data frame of {library}"] == array).all()
    assert f"a gap in a column of {library}" in WRONG


def test_the_table_would_see_it() -> None:
    """What has no text is among them; an error about something else is none about the argument."""
    with pytest.raises(RuntimeError):
        repr(Hostile())
    assert not named(["policy"], ValueError("payoffs must be finite")) and named(
        ["policy"], ValueError("policy[0] is bad")
    )
