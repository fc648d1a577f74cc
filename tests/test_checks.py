"""The checks that every public function calls: numbers beyond float64 and int64, masked arrays, long messages."""

from __future__ import annotations

import sys
import tracemalloc
import types
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    EpsilonGreedy,
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    OfflinePessimistic,
    TotalVariation,
    best_response,
    checks,
    deviation_gain,
    equilibrium_gap,
    evaluate,
    plots,
    run,
    solve,
    solve_stage,
    zoo,
)
from mornavi_lite.confidence import ConfidenceSet
from mornavi_lite.deployment import worst_game
from mornavi_lite.uncertainty import sets_per_player

HUGE = 10**400
GAME = zoo.garnet(3, (2, 3, 2), 2, 2, seed=0)
POLICY = np.full((2, 3, 12), 1 / 12)
RNG = np.random.default_rng(0)
ROW = ConfidenceSet("events", 3, 60, 0.05)


def masked(array: Any, hidden: bool = True) -> np.ma.MaskedArray:
    """The numbers, the last of them masked."""
    mask = np.zeros(np.shape(array), dtype=bool)
    mask.flat[-1] = hidden
    return np.ma.MaskedArray(array, mask)


def arrays_of_counts(played: Any, reward: Any = None) -> None:
    Counts(1, (2,), 1).add(played, [[[[0.5, 0.5]]]] if reward is None else reward)


NUMBERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("radius", TotalVariation),
    ("radius", KullbackLeibler),
    ("radius", ChiSquare),
    ("n_states", lambda n: Counts(n, (2,), 1)),
    ("horizon", lambda n: Counts(2, (2,), n)),
    (r"n_actions\[1\]", lambda n: Counts(2, (2, n), 1)),
    ("n_states", lambda n: ConfidenceSet("events", n, 60, 0.05)),
    ("n_rows", lambda n: ConfidenceSet("events", 3, n, 0.05)),
    ("delta", lambda x: ConfidenceSet("events", 3, 60, x)),
    ("scale", lambda x: ConfidenceSet("events", 3, 60, 0.05, x)),
    ("min_probability", lambda x: ConfidenceSet("events", 3, 60, 0.05, 1.0, x)),
    ("delta", lambda x: Mornavi(Nominal(), delta=x)),
    ("scale", lambda x: Mornavi(Nominal(), scale=x)),
    ("epsilon", lambda x: EpsilonGreedy(Nominal(), epsilon=x)),
    ("n_episodes", lambda n: GAME.play(POLICY, n, RNG)),
    ("n_episodes", lambda n: run(Mornavi(Nominal()), GAME, n)),
    ("until", lambda x: run(Mornavi(Nominal()), GAME, 10, until=x)),
    ("joint_action", GAME.joint_action_name),
    ("initial", lambda n: Mornavi(Nominal()).plan(Counts(2, (2,), 1)).certificate(n)),
    ("horizon", lambda n: MarkovGame.stationary(GAME.transition[0], GAME.reward[:, 0], (2, 3, 2), n)),
    ("horizon", zoo.traffic_merge),
    ("p", lambda x: zoo.support_shift(1, p=x)),
    ("goal", zoo.gambler),
]


@pytest.mark.parametrize("name, call", NUMBERS)
@pytest.mark.parametrize("value", [HUGE, 10**5000, -HUGE], ids=["long", "longer", "negative"])
def test_an_integer_of_any_length_gets_the_usual_message(name: str, call: Callable[[Any], Any], value: int) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must .*got ") as caught:
        call(value)
    assert len(str(caught.value)) < 200


ARRAYS: list[tuple[str, Callable[[Any], Any], Any]] = [
    ("p", lambda p: ChiSquare(0.1).worst_case(p, [0, 1]), [0.5, 0.5]),
    ("v", lambda v: ChiSquare(0.1).worst_case([0.5, 0.5], v), [0.0, 1.0]),
    ("p", lambda p: ChiSquare(0.1).worst_kernel(p, [0, 1]), [0.5, 0.5]),
    ("q", lambda q: ChiSquare(0.1).divergence(q, [0.5, 0.5]), [0.5, 0.5]),
    ("transition", lambda p: MarkovGame(p, [[[[0.5, 0.5]]]], (2,)), [[[[1.0], [1.0]]]]),
    ("reward", lambda r: MarkovGame([[[[1.0], [1.0]]]], r, (2,)), [[[[0.5, 0.5]]]]),
    ("initial", lambda x: MarkovGame([[[[1.0], [1.0]]]], [[[[0.5, 0.5]]]], (2,), x), [1.0]),
    ("policy", lambda x: evaluate(GAME, x, Nominal()), POLICY),
    ("policy", lambda x: Mornavi(Nominal()).certify(Counts.copy(COUNTS), x), POLICY),
    ("payoffs", lambda x: solve_stage(x, (2, 2)), [[1.0, 0, 0, 1], [1, 0, 0, 1]]),
    ("policy", lambda x: deviation_gain(np.eye(4)[:2], x, (2, 2), "cce"), [0.5, 0, 0, 0.5]),
    ("reward", lambda r: arrays_of_counts([[[[3], [1]]]], r), [[[[0.5, 0.5]]]]),
    ("rewards?", lambda r: Counts(1, (2,), 1).record([0, 0], [1], r), [[0.5]]),
    ("value", lambda v: ROW.optimistic([1, 2, 3], v), [0.0, 1.0, 2.0]),
    ("value", lambda v: ROW.pessimistic([1, 2, 3], v), [0.0, 1.0, 2.0]),
    ("played", arrays_of_counts, [[[[3], [0]]]]),
    ("states", lambda s: Counts(1, (2,), 1).record(s, [1], [[0.5]]), [0, 0]),
    ("joint_actions", lambda a: Counts(1, (2,), 1).record([0, 0], a, [[0.5]]), [1]),
    ("seen", lambda n: ROW.event_bound(n, 9), [0, 3]),
    ("visits", lambda n: ROW.event_bound(1, n), [3, 9]),
    ("size", lambda n: ROW.event_bound(1, 9, n), [1, 2]),
    ("transitions", lambda n: ROW.optimistic(n, [0, 1, 2]), [1, 2, 3]),
    ("transitions", lambda n: ROW.pessimistic(n, [0, 1, 2]), [1, 2, 3]),
    ("episodes", lambda n: HISTORY.regret_at(n), [1, 2]),
]
COUNTS = Counts(3, (2, 3, 2), 2)
HISTORY: History = run(Mornavi(Nominal()), zoo.traffic_merge(), 10)


def spoiled(array: Any, value: Any) -> Any:
    """The array as nested lists, with another last entry."""
    if not isinstance(array, list):
        return value
    return [*array[:-1], spoiled(array[-1], value)]


@pytest.mark.parametrize("name, call, fine", ARRAYS)
def test_arrays_with_what_a_number_cannot_hold_are_named(name: str, call: Callable[[Any], Any], fine: Any) -> None:
    lists = np.asarray(fine).tolist()
    for value in (HUGE, 10**5000, 1j, None, "1", *([] if isinstance(np.asarray(fine).flat[0], float) else [2**64])):
        with pytest.raises((TypeError, ValueError), match=rf"^{name}.* must ") as caught:
            call(spoiled(lists, value))
        assert len(str(caught.value)) < 200
    if np.asarray(fine).dtype.kind == "f" and np.finfo(np.longdouble).max > np.finfo(float).max:
        beyond = np.array(fine, dtype=np.longdouble)
        beyond.flat[-1] = np.longdouble(2) ** 2000
        with pytest.raises(ValueError, match=rf"^{name}.* must .*got inf"):
            call(beyond)


def test_a_module_that_another_thread_is_about_to_import_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed before it is filled, and a run of a sweep failed of that on a worker with two threads."""
    monkeypatch.setitem(sys.modules, "numpy.ma", types.ModuleType("numpy.ma"))
    assert checks.real_array("p", [[0.5], [0.25]]).tolist() == [[0.5], [0.25]]


@pytest.mark.parametrize("name, call, fine", ARRAYS)
def test_what_is_masked_is_refused_and_a_mask_of_nothing_is_not(
    name: str, call: Callable[[Any], Any], fine: Any
) -> None:
    call(masked(fine, hidden=False))
    lists = np.asarray(fine).tolist()
    for hidden in (masked(fine), spoiled(lists, np.ma.masked), [masked(each) for each in np.atleast_2d(fine)]):
        with pytest.raises(ValueError, match=f"^{name} must not have masked entries: fill them, or drop"):
            call(hidden)


def test_sums_of_counts_are_exact_beyond_64_bits() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 2**63 - 1, (4, 3, 5), endpoint=True)
    counts[0] = 2**63 - 1
    expected = [[sum(map(int, row)) for row in rows] for rows in counts]
    assert checks.exact_sums(counts, 1).tolist() == expected
    assert checks.exact_sums(counts, 3).item() == sum(map(sum, expected))


def test_a_first_state_takes_memory_in_proportion_to_the_states() -> None:
    tracemalloc.start()
    try:
        start = checks.distribution("initial", 3, 100_000)
        assert start[3] == start.sum() == 1 and tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


SOLVED, LEARNED = solve(GAME, Nominal()), run(Mornavi(Nominal()), GAME, 5)
POLICIES: list[tuple[str, Callable[[Any], Any]]] = [
    ("policy", lambda x: evaluate(GAME, x, Nominal())),
    ("policy", lambda x: best_response(GAME, x, Nominal())),
    ("policy", lambda x: equilibrium_gap(GAME, x, Nominal(), "cce")),
    ("policy", lambda x: GAME.play(x, 5, RNG)),
    ("policy", GAME.check_policy),
    ("policy", lambda x: Mornavi(Nominal()).certify(COUNTS, x)),
    ("behaviour", lambda x: OfflinePessimistic(Nominal(), behaviour=x)),
    ("policy", lambda x: deviation_gain(np.zeros((2, 3, 3, 12)), x, (2, 3, 2), "cce")),
    ("policy", lambda x: worst_game(GAME, x, Nominal(), 0)),
    ("policy", lambda x: plots.policy_table(GAME, x)),
    ("policy", lambda x: plots.policy_heatmap(GAME, x)),
    (r"points\['it'\]", lambda x: plots.payoff_region([[6, 2, 7, 0], [6, 7, 2, 0]], (2, 2), {"it": x})),
]


@pytest.mark.parametrize("name, call", POLICIES)
@pytest.mark.parametrize("given", [SOLVED, LEARNED, LEARNED.checkpoint.plan], ids=["solution", "history", "plan"])
def test_what_has_a_policy_is_not_one_and_the_message_says_what_to_pass(
    name: str, call: Callable[[Any], Any], given: Any
) -> None:
    kind = type(given).__name__
    message = f"^{name} must be an array of real numbers, got a {kind}: pass {kind.lower()}.policy$"
    with pytest.raises(TypeError, match=message):
        call(given)


LONG = [np.arange(1000.0).reshape(10, 100), LEARNED, [["left", "right"]] * 99, {"n": HUGE}, [10**5000], "x" * 999]


@pytest.mark.parametrize("value", LONG, ids=["array", "history", "list", "dict", "integer", "word"])
@pytest.mark.parametrize(
    "call",
    [
        checks.action_counts,
        lambda value: checks.names("names", value, 7),
        lambda value: sets_per_player(value, 2),
        lambda value: checks.one_of("concept", value, ("ce", "cce")),
        lambda value: checks.number("scale", value, 0.0),
    ],
)
def test_messages_show_how_a_value_begins(call: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call(value)
    assert len(str(caught.value)) < 180 and "\n" not in str(caught.value)


def test_exact_fractions_are_real_numbers() -> None:
    """Alone, beside integers of any length that a float64 holds, and not beside what is none."""
    found = checks.real_array("v", [[Fraction(1, 3), 2**70], [0, 0.5]])
    assert found.dtype == np.float64 and found.tolist() == [[1 / 3, 2.0**70], [0.0, 0.5]]
    for wrong in (Decimal("0.5"), None, 1j, "1", HUGE):
        with pytest.raises(TypeError, match="v must be an array of real numbers, got list"):
            checks.real_array("v", [Fraction(1, 3), wrong])
    with pytest.raises(TypeError, match="n must be an array of integers"):
        checks.integer_array("n", [Fraction(4, 2)])


def test_a_least_probability_is_above_zero_or_none() -> None:
    assert checks.min_probability(None) is None and checks.min_probability(0.5) == 0.5
    with pytest.raises(ValueError, match="min_probability must be above 0, or None, got 0"):
        checks.min_probability(0)
