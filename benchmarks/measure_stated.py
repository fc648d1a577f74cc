"""How often a certificate is wrong where something is stated about the game, truly or falsely: 1,000 runs and 40.

Prints one line per form of the confidence set and per subset of the statements. A run is wrong if for any of its plans,
at any step and state, an upper value is below the robust value of the policy or of a player's best deviation in the
true game, or a lower value above that of the policy. Takes about ten minutes.
"""

from __future__ import annotations

import sys
from collections import Counter

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import (  # noqa: E402  # noqa: E402
    ChiSquare,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    TotalVariation,
    best_response,
    evaluate,
    run,
    zoo,
)

RUNS, EPISODES, DELTA = 1000, 150, 0.05
FORMS = ("row", "row", "events", "chernoff", "hoeffding")
SETS = (Nominal(), TotalVariation(0.2), TotalVariation(0.2, False), KullbackLeibler(0.2), ChiSquare(0.3))


def random_game(rng: np.random.Generator) -> MarkovGame:
    """The same kernel at all steps, with few next states; the last state absorbs and pays 0; rewards change by step."""
    n_states, horizon, n_actions = int(rng.integers(3, 5)), 3, [(2, 2), (3,), (2, 3)][int(rng.integers(3))]
    n_joint = int(np.prod(n_actions))
    kernel = rng.dirichlet(np.full(n_states, 0.5), size=(n_states, n_joint)) * (
        rng.random((n_states, n_joint, n_states)) < 0.6
    )
    kernel[kernel.sum(axis=-1) == 0, 1] = 1
    kernel /= kernel.sum(axis=-1, keepdims=True)
    kernel[-1] = np.eye(n_states)[-1]
    by_outcome = rng.random() < 0.3
    shape = (len(n_actions), horizon, n_states, n_joint)
    reward = rng.random((*shape, n_states) if by_outcome else shape)
    reward[:, :, -1] = 0
    if by_outcome:
        reward[..., -1] = 0
    return MarkovGame(np.broadcast_to(kernel, (horizon, *kernel.shape)), reward, n_actions, initial=0)


def told(game: MarkovGame, which: int) -> dict:
    """A subset of what is true, by the bits of ``which``."""
    found = {"support": game} if which & 1 else {}
    found |= {"rows": "stationary"} if which & 2 else {}
    return found | ({"fail_state": game.n_states - 1} if which & 4 else {})


def is_wrong(game: MarkovGame, learner: Mornavi, seed: int, n_episodes: int) -> bool:
    """Whether any plan of a run fails anywhere."""
    plans: list = []

    class Watched(Mornavi):
        def plan(self, counts):
            plans.append(super().plan(counts))
            return plans[-1]

    watched = object.__new__(Watched)
    watched.__dict__.update(learner.__dict__)
    run(watched, game, n_episodes, seed)
    for plan in plans:
        value = evaluate(game, plan.policy, learner.uncertainty)
        deviated = np.maximum(value, best_response(game, plan.policy, learner.uncertainty))
        if (plan.upper < deviated - 1e-8).any() or (plan.lower > value + 1e-8).any():
            return True
    return False


def main(n_runs: int) -> None:
    """The table."""
    runs, wrong = Counter(), Counter()
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        form, ball, which = FORMS[seed % 5], SETS[seed // 5 % 5], 1 + seed % 7
        game = random_game(rng)
        learner = Mornavi(ball, confidence=form, delta=DELTA, **told(game, which))
        runs[form, which] += 1
        wrong[form, which] += is_wrong(game, learner, seed, EPISODES)
        if seed % 100 == 99:
            print(f"{seed + 1} runs, {sum(wrong.values())} wrong", flush=True)
    for key in sorted(runs):
        print(f"{key[0]:10s} statements {key[1]:03b}: {wrong[key]} of {runs[key]} runs wrong", flush=True)
    print(f"all: {sum(wrong.values())} of {sum(runs.values())}")
    false = [Mornavi(TotalVariation(0.1), rows="stationary", confidence=form) for form in ("row", "events")]
    for learner in false:
        bad = sum(is_wrong(zoo.garnet(3, (2, 2), 3, 2, seed), learner, seed, 3000) for seed in range(20))
        print(f"{learner.confidence}: steps that differ, stated to be the same: {bad} of 20 runs wrong")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
