"""Cases of many states with few that follow: counts in lists against counts of all pairs, and the truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mornavi_lite import Counts, KullbackLeibler, MarkovGame, Mornavi, equilibrium_gap, evaluate, run, solve
from tests.fuzz.draws import CONCEPTS, Seen, rows, sets_of
from tests.fuzz.told import FORMS, NEVER, random_policy


def listed(seed: int) -> Seen:
    """The same game sparse and dense: the same plans, the same bounds from the same episodes, and they hold."""
    rng = np.random.default_rng(seed)
    n_states, horizon, n_follow = (int(rng.choice(sizes)) for sizes in ([65, 80, 150], [1, 2, 3], [1, 2, 4]))
    n_actions, same = [(2,), (2, 2), (1, 2)][rng.integers(3)], bool(rng.random() < 0.4)
    n_joint, m = math.prod(n_actions), len(n_actions)
    lists = rng.integers(n_states, size=(1 if same else horizon, n_states, n_joint, n_follow))
    weights = rows(rng, lists.shape[:-1], n_follow)
    if rng.random() < 0.5:
        lists %= 10  # so few that play comes back
    shape = (horizon, n_states, n_joint)
    lists, weights = (np.broadcast_to(each, (*shape, n_follow)) for each in (lists, weights))
    kernel = np.zeros((*shape, n_states))
    np.add.at(kernel, (*np.indices(lists.shape)[:3], lists), weights)
    by_outcome = bool(rng.random() < 0.5)
    reward = rng.integers(0, 5, (m, *shape, n_states) if by_outcome else (m, *shape)) / 4
    start = int(rng.integers(10))
    dense = MarkovGame(kernel, reward, n_actions, start, normalize=True)
    pays = np.take_along_axis(reward, lists[None], axis=-1) if by_outcome else reward
    sparse = MarkovGame.sparse(lists, weights, pays, n_actions, n_states, initial=start)
    sets, concept = sets_of(rng, dense), CONCEPTS[rng.integers(3)]
    if by_outcome:  # what a state pays that is not listed a sparse game does not say
        sets = [KullbackLeibler(0.2) if each.shift_support else each for each in sets]
    policy, value, _ = solve(sparse, sets, concept)
    assert np.abs(evaluate(dense, policy, sets) - value).max() <= 1e-9
    stated: dict[str, Any] = {"rows": "stationary"} if same and rng.random() < 0.5 else {}
    if rng.random() < 0.4:
        stated["support"] = (sparse, dense)[rng.integers(2)]
    ours, theirs = Counts.for_game(sparse), Counts.for_game(dense)
    for _ in range(int(rng.integers(0, 4))):
        seen = sparse.play(random_policy(rng, sparse), int(rng.choice([1, 10, 1000, 10**6])), rng)
        ours.add(seen, sparse.reward)
        pairs = np.zeros(kernel.shape, dtype=np.int64)
        np.add.at(pairs, (*np.indices(seen.shape)[:3], sparse.next_state), seen)
        theirs.add(pairs, dense.reward)
    learner = Mornavi(sets, concept, str(rng.choice(FORMS)), NEVER, **stated)
    plan, other = learner.plan(ours), learner.plan(theirs)
    assert np.abs(plan.upper - other.upper).max() <= 1e-8 and np.abs(plan.lower - other.lower).max() <= 1e-8
    value = evaluate(sparse, plan.policy, sets)
    assert (plan.lower <= value + 1e-8).all() and (value <= plan.upper + 1e-8).all()
    assert equilibrium_gap(sparse, plan.policy, sets, concept) <= plan.certificate(sparse.initial) + 1e-8
    history = run(learner, sparse, int(rng.choice([1, 5])), seed=seed)
    assert (history.gap <= history.certificate + 1e-8).all()
    return 1, (n_states, horizon)
