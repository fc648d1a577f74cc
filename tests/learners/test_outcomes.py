"""Plans from counts beside lists of next states are those from counts of all transitions; and they hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    EpsilonGreedy,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    OfflinePessimistic,
    TotalVariation,
    best_response,
    evaluate,
    run,
)
from mornavi_lite.confidence import ConfidenceSet, KnownRows
from mornavi_lite.confidence import counts as module
from mornavi_lite.learners import outcomes
from mornavi_lite.uncertainty import Contamination

N_STATES, N_ACTIONS, HORIZON = 20, (2, 3, 1), 3
FAIL = N_STATES - 1
SETS: dict[str, Any] = {
    "kinds": (TotalVariation(0.1), KullbackLeibler(0.2), ChiSquare(0.3)),
    "rest": (Contamination(0.1), Nominal(), TotalVariation(0.2, shift_support=False)),
    "radii": (
        TotalVariation(np.linspace(0, 0.3, N_STATES).reshape(1, -1, 1)),
        KullbackLeibler(np.array([0.0, 0.1, 2.0]).reshape(-1, 1, 1)),
        KullbackLeibler(0.0),
    ),
}
FORMS = ("model", "row", "events", "chernoff", "bernstein", "hoeffding", "bonus")


def sparse_game(seed: int, by_outcome: bool = False, fail: bool = False, horizon: int = HORIZON) -> MarkovGame:
    """Not symmetric, other rows at each step, of one to four next states."""
    rng = np.random.default_rng(seed)
    shape = (horizon, N_STATES, math.prod(N_ACTIONS), 4)
    next_state = rng.integers(N_STATES, size=shape)
    probability = rng.dirichlet(np.full(4, 0.5), size=shape[:3])
    reward = rng.random((len(N_ACTIONS), *(shape if by_outcome else shape[:3])))
    if fail:
        next_state[:, FAIL] = FAIL
        reward = np.where(next_state == FAIL, 0.0, reward) if by_outcome else reward
        reward[:, :, FAIL] = 0.0
    start = np.r_[0.5, 0.5, np.zeros(N_STATES - 2)]
    return MarkovGame.sparse(next_state, probability, reward, N_ACTIONS, N_STATES, initial=start)


def both_counts(game: MarkovGame, n_episodes: int, patch: pytest.MonkeyPatch) -> tuple[Counts, Counts, np.ndarray]:
    """The same episodes beside lists and as all transitions, and the policy that was played."""
    rng = np.random.default_rng(1)
    policy = rng.dirichlet(np.full(game.n_joint_actions, 0.3), size=(game.horizon, game.n_states))
    counts = []
    for few in (0, 10**9):
        patch.setattr(module, "FEW_STATES", few)
        counts.append(Counts.for_game(game))
        if n_episodes:
            counts[-1].add(game.play(policy, n_episodes, np.random.default_rng(2)), game.reward)
    assert counts[0]._lists is not None and counts[1]._lists is None
    return counts[0], counts[1], policy


def assert_same_bounds(learner: Mornavi, listed: Counts, dense: Counts, policy: np.ndarray) -> None:
    first, second = (learner.certify(each, policy) for each in (listed, dense))
    np.testing.assert_allclose(first.upper, second.upper, rtol=0, atol=1e-12)
    np.testing.assert_allclose(first.lower, second.lower, rtol=0, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_episodes", [0, 40, 10**7])
def test_bounds_of_every_form_are_those_of_all_transitions(
    form: str, n_episodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, dense, policy = both_counts(sparse_game(0), n_episodes, monkeypatch)
    assert (listed.transitions == dense.transitions).all() and (listed.reward == dense.reward).all()
    for name, sets in SETS.items():
        if form != "bonus" or name == "kinds":
            assert_same_bounds(Mornavi(sets, confidence=form), listed, dense, policy)


@pytest.mark.parametrize("by_outcome", [False, True])
@pytest.mark.parametrize("form", ["model", "events"])
def test_so_are_they_with_all_that_can_be_stated(form: str, by_outcome: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    game = sparse_game(1, by_outcome, fail=True)
    listed, dense, policy = both_counts(game, 3000, monkeypatch)
    lists = np.where(game.probability > 0, game.next_state, game.next_state[..., :1])  # type: ignore[index]
    rng = np.random.default_rng(0)
    rows = rng.integers(60, size=policy.shape)
    rows[:, FAIL] = 100
    stated: list[dict[str, Any]] = [
        {"support": game},
        {"support": lists, "fail_state": FAIL},
        {"rows": rows},
        {"rows": rows, "fail_state": FAIL, "scale": 0.5},
        {"min_probability": 1e-6, "scale": 0.3},
        {"min_probability": 1e-6, "support": game, "rows": np.arange(policy.size).reshape(policy.shape) // 1},
    ]
    for each in stated:
        for sets in (SETS["kinds"], SETS["rest"]):
            assert_same_bounds(Mornavi(sets, confidence=form, **each), listed, dense, policy)


def test_shared_rows_are_pooled_and_what_can_follow_them_is_intersected(monkeypatch: pytest.MonkeyPatch) -> None:
    step = sparse_game(2, horizon=1)
    reward = np.random.default_rng(0).random((3, HORIZON, N_STATES, 6))
    lists, rows = (np.broadcast_to(x, (HORIZON, *x.shape[1:])) for x in (step.next_state, step.probability))
    game = MarkovGame.sparse(lists, rows, reward, N_ACTIONS, N_STATES, initial=step.initial)
    listed, dense, policy = both_counts(game, 500, monkeypatch)
    support = game.transition > 0
    support[0] |= np.random.default_rng(3).random(support[0].shape) < 0.2  # what one step allows, the others exclude
    for stated in ({}, {"support": game}, {"support": support}):
        learner = Mornavi(SETS["kinds"], rows="stationary", **stated)
        assert_same_bounds(learner, listed, dense, policy)


@pytest.mark.parametrize("kind", [Mornavi, EpsilonGreedy, OfflinePessimistic])
def test_every_learner_has_the_same_plans(kind: type[Mornavi], monkeypatch: pytest.MonkeyPatch) -> None:
    listed, dense, _ = both_counts(sparse_game(3), 2000, monkeypatch)
    plans = [kind(SETS["kinds"]).plan(each) for each in (listed, dense)]
    assert (plans[0].policy == plans[1].policy).all()
    np.testing.assert_allclose(plans[0].upper, plans[1].upper, rtol=0, atol=1e-12)
    assert plans[0].about.visits is not None and plans[1].about.visits is not None
    np.testing.assert_allclose(plans[0].about.visits, plans[1].about.visits, rtol=0, atol=1e-9)


@pytest.mark.parametrize("form", ["model", "events", "bonus"])
def test_random_rewards_beside_lists_have_the_bounds_of_all_transitions_which_hold(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, rng = sparse_game(6), np.random.default_rng(7)
    policy = rng.dirichlet(np.full(game.n_joint_actions, 0.3), size=(game.horizon, game.n_states))
    plain, both = Counts.for_game(game), []
    plain.add(game.play(policy, 10**5, rng), game.reward)
    paid = rng.binomial(plain.visits, game.reward).astype(np.float64)  # each draw 0 or 1
    for many in (0, 10**9):
        monkeypatch.setattr(module, "MANY_NUMBERS", many)
        both.append(Counts(N_STATES, N_ACTIONS, HORIZON, rewards="random", initial=game.initial))
        both[-1].add(plain.transitions, paid)
    assert both[0]._lists is not None and both[1]._lists is None
    learner = Mornavi(SETS["kinds"], confidence=form)
    assert_same_bounds(learner, *both, policy)
    if form != "bonus":
        plan = learner.certify(both[0], policy)
        assert (plan.lower <= evaluate(game, policy, SETS["kinds"]) + 1e-12).all()
        assert (plan.upper >= best_response(game, policy, SETS["kinds"]) - 1e-12).all()
        known = learner.certify(plain, policy)  # rewards that are known have the narrower bounds
        assert (plan.upper >= known.upper - 1e-12).all() and (plan.upper - known.upper).max() > 0.05


@pytest.mark.parametrize("by_outcome", [False, True])
def test_a_run_beside_lists_is_the_run_of_all_transitions_and_its_certificates_hold(
    by_outcome: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, histories = sparse_game(4, by_outcome, fail=True), []
    for few in (0, 10**9):
        monkeypatch.setattr(module, "FEW_STATES", few)
        learner = Mornavi(SETS["kinds"], fail_state=FAIL, replan="spaced")
        histories.append(run(learner, game, 40))
    assert histories[0].regret.tobytes() == histories[1].regret.tobytes()
    np.testing.assert_allclose(histories[0].certificate, histories[1].certificate, rtol=0, atol=1e-9)
    assert (histories[0].gap <= histories[0].certificate).all()
    plan = histories[0].best_plan
    assert (plan.upper[:, 0] >= best_response(game, plan.policy, SETS["kinds"])[:, 0] - 1e-9).all()
    assert (plan.lower <= evaluate(game, plan.policy, SETS["kinds"]) + 1e-9).all()


def test_what_contradicts_a_statement_is_named_as_it_is_of_all_transitions(monkeypatch: pytest.MonkeyPatch) -> None:
    game = sparse_game(5)
    listed, dense, policy = both_counts(game, 2000, monkeypatch)
    narrow = game.transition > 0
    narrow[1, 3, 2] = np.eye(N_STATES, dtype=bool)[7]
    one = np.zeros(policy.shape, dtype=int)
    wrong: list[dict[str, Any]] = [
        {"support": narrow},
        {"support": game, "rows": one},
        {"fail_state": 4},
        {"min_probability": 0.5},
    ]
    for stated in wrong:
        said = []
        for counts in (listed, dense):
            with pytest.raises(ValueError) as error:
                Mornavi(Nominal(), **stated).plan(counts)
            said.append(str(error.value))
        assert said[0] == said[1]


def test_no_step_is_made_of_all_states_where_lists_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    listed, _, _ = both_counts(sparse_game(6, True), 2000, monkeypatch)
    made = []
    whole = outcomes._of_all_states
    monkeypatch.setattr(outcomes, "_of_all_states", lambda *args: made.append(args[1]) or whole(*args))
    Mornavi(SETS["rest"], fail_state=None, confidence="row").plan(listed)
    assert made == []
    Mornavi(SETS["rest"], confidence="events").plan(listed)  # each row has an order of its own
    assert made == [2, 1, 0]


@pytest.mark.parametrize("confidence", ["model", "events"])
def test_where_all_states_do_not_fit_lists_serve_and_the_bounds_are_no_narrower(
    confidence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = sparse_game(7, True)
    listed, dense, _ = both_counts(game, 2000, monkeypatch)
    learner = Mornavi(SETS["kinds"], confidence=confidence)
    plan = learner.plan(dense)
    known = learner.certify(dense, plan.policy)
    monkeypatch.setattr(outcomes, "MOST_BYTES", 0)
    monkeypatch.setattr(outcomes, "_of_all_states", None)
    found = learner.certify(listed, plan.policy)
    assert (found.upper >= known.upper - 1e-12).all() and (found.lower <= known.lower + 1e-12).all()
    assert (found.upper[:, 0] - known.upper[:, 0]).max() < 0.5
    own = learner.plan(listed)
    assert (own.upper[:, 0] >= best_response(game, own.policy, SETS["kinds"])[:, 0] - 1e-9).all()
    assert (own.lower <= evaluate(game, own.policy, SETS["kinds"]) + 1e-9).all()


@pytest.mark.parametrize("fail", [None, 2])
@pytest.mark.parametrize("best", [0, 1, 3])
@pytest.mark.parametrize("form", ["row", "chernoff"])
def test_rows_of_few_states_are_beside_lists_what_they_are_without(
    form: str, best: int, fail: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four states some rows list all, and some repeat one; the best of all states is among those, or it is not."""
    rng = np.random.default_rng(best)
    next_state = np.where(rng.random((3, 4, 6, 1)) < 0.4, np.arange(4), rng.integers(4, size=(3, 4, 6, 4)))
    next_state[:, 1] = rng.integers(4, size=(3, 6, 1)) if fail is None else best  # one next state, four times
    if fail is not None:
        next_state[:, fail] = fail
    reward = 0.5 * rng.random((3, *next_state.shape))
    reward[:, :, best] += 0.5
    if fail is not None:
        reward[:, :, fail] = 0.0
        reward = np.where(next_state == fail, 0.0, reward)
    probability = rng.dirichlet(np.ones(4), size=next_state.shape[:3])
    game = MarkovGame.sparse(next_state, probability, reward, N_ACTIONS, 4, initial=[0.5, 0.0, 0.25, 0.25])
    listed, dense, policy = both_counts(game, 30, monkeypatch)
    for few in (True, False):
        if not few:
            for counts in (listed, dense):
                monkeypatch.setattr(module, "FEW_STATES", 0 if counts is listed else 10**9)
                counts.add(game.play(policy, 10**5, np.random.default_rng(3)), game.reward)
        for sets in (SETS["kinds"], SETS["rest"]):
            assert_same_bounds(Mornavi(sets, confidence=form, fail_state=fail), listed, dense, policy)
    assert_same_bounds(Mornavi(SETS["kinds"], confidence=form, support=game, fail_state=fail), listed, dense, policy)


def whole_steps(patch: pytest.MonkeyPatch) -> list[int]:
    """At which steps arrays of all states are made, from now on."""
    made: list[int] = []
    whole = outcomes._of_all_states
    patch.setattr(outcomes, "_of_all_states", lambda *args: made.append(args[1]) or whole(*args))
    return made


def test_a_step_of_all_states_is_made_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six vectors of rows by S states, of 8 bytes each; for bonuses alone one that does not fit is an error."""
    listed, dense, policy = both_counts(sparse_game(6, True), 300, monkeypatch)
    size, made = 8 * 6 * (N_STATES * 6) * N_STATES, whole_steps(monkeypatch)
    learner = Mornavi(SETS["kinds"], confidence="events")
    for most, steps in ((size, [2, 1, 0]), (size - 1, [])):
        monkeypatch.setattr(outcomes, "MOST_BYTES", most)
        learner.certify(listed, policy)
        assert made == steps
        made.clear()
    monkeypatch.setattr("mornavi_lite.games.arrays.MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match=r"^a step of the counts would have 0\.0 GiB as a dense array"):
        Mornavi(SETS["kinds"], confidence="bonus").certify(listed, policy)
    monkeypatch.setattr("mornavi_lite.games.arrays.MOST_BYTES", size)
    assert_same_bounds(Mornavi(SETS["kinds"], confidence="bonus"), listed, dense, policy)


@pytest.mark.parametrize("by_outcome", [False, True])
@pytest.mark.parametrize("form", ["row", "events"])
def test_rows_with_one_next_state_have_lists_of_one(
    form: str, by_outcome: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    shape = (HORIZON, N_STATES, 6, 1)
    reward = rng.random((3, *shape)) if by_outcome else rng.random((3, *shape[:3]))
    game = MarkovGame.sparse(rng.integers(N_STATES, size=shape), np.ones(shape), reward, N_ACTIONS, N_STATES)
    listed, dense, policy = both_counts(game, 10**5, monkeypatch)
    assert_same_bounds(Mornavi(SETS["kinds"], confidence=form), listed, dense, policy)


@pytest.mark.parametrize("form", ["row", "events"])
def test_a_step_that_nobody_saw_may_lead_to_the_best_state_of_all(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of the later steps alone, as a simulator has them; and single visits, which differ in where they led."""
    game = sparse_game(8)
    later = game.play(np.full((HORIZON, N_STATES, 6), 1 / 6), 10**6, np.random.default_rng(0))
    later[0] = 0
    once = np.minimum(game.play(np.full((HORIZON, N_STATES, 6), 1 / 6), 200, np.random.default_rng(0)), 1)
    once[2] = later[2]
    for played in (later, once):
        counts = []
        for few in (0, 10**9):
            monkeypatch.setattr(module, "FEW_STATES", few)
            counts.append(Counts.for_game(game))
            counts[-1].add(played, game.reward)
        policy = np.random.default_rng(1).dirichlet(np.ones(6), size=(HORIZON, N_STATES))
        assert_same_bounds(Mornavi(SETS["kinds"], confidence=form), *counts, policy)


@pytest.mark.parametrize("form", ["row", "events"])
def test_places_are_those_in_the_order_of_all_states(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the best state on where the sign is 1, else from the worst. For single events states that tie come in their
    order, as many of the first as any row has seen; else they share a place, and the first of all is there.
    """
    rng = np.random.default_rng(0)
    shape = (2, 60, 2, 3)
    game = MarkovGame.sparse(rng.integers(60, size=shape), np.full(shape, 1 / 3), np.zeros((1, *shape[:3])), (2,), 60)
    monkeypatch.setattr(module, "FEW_STATES", 0)
    counts = Counts.for_game(game)
    counts.add(game.play(np.full((2, 60, 2), 0.5), 50, rng), game.reward)
    rows, signs = KnownRows(counts), np.array([1.0, -1.0, 1.0])
    values = rng.integers(0, 5, (3, 60)) / 4.0  # with many ties
    model = ConfidenceSet(form, 60, 100, 0.05)
    found = outcomes.outcomes(rows, 1, values, signs, model, None)
    listed, (seen, _) = rows.lists[1], rows.at(1)
    most = int((seen > 0).sum(axis=-1).max())
    assert found.floor.ravel().tolist() == values.min(axis=1).tolist()
    for g, (value, sign) in enumerate(zip(values, signs, strict=True)):
        order = sorted(range(60), key=lambda s: (-sign * value[s], s))
        first = order[: most if form == "events" else 1]
        for s, a in np.ndindex(60, 2):
            states = [*listed[s, a], *first]
            if form == "events":
                wanted = [order.index(k) + 1 for k in states]
            else:  # the place of the first of those that tie
                wanted = [1 + next(i for i, k in enumerate(order) if value[k] == value[own]) for own in states]
            assert found.values[g, s, a].tolist() == value[states].tolist()
            assert found.places[g, s, a].tolist() == wanted
            assert found.seen[s, a].tolist() == [*seen[s, a], *[0] * len(first)]
