"""How many games of three players and more ``solve_stage`` finds no Nash equilibrium of, and how long it takes.

Writes ``results/nash.json``. All games are without a pure equilibrium; each is made by its own seed, see :func:`game`.
Content::

    goal    what was set for the first list: share of games unanswered, seconds for any of them
    random  list of {n_actions, payoffs, games, unanswered, mean_s, longest_s, played}
    larger  the same for shapes without a goal
    kinds   list of {n_actions, games, unanswered, longest_s}: near-degenerate and malicious ones of stage_kinds.py

``unanswered`` lists seeds, or name and number of the game. Seconds are those of the processor, in one thread.
``played`` counts the games by the number of actions that all players play together. Takes about five minutes.
"""

from __future__ import annotations

import time
from collections import Counter

import common

common.one_thread()

import numpy as np  # noqa: E402
from stage_kinds import kinds  # noqa: E402

from mornavi_lite import deviation_gain, solve_stage  # noqa: E402

GOAL = {"unanswered": 1 / 200, "seconds": 2.0}
SHAPES, GAMES = [(2, 2, 2), (2, 2, 2, 2), (3, 3, 3), (4, 4, 4)], 250
LARGER, LARGER_GAMES = [(2, 3, 4), (3, 3, 3, 3), (2, 2, 2, 2, 2), (5, 5, 5), (6, 6, 6)], 40
KINDS, KINDS_GAMES = [(2, 2, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2)], 40
CERTIFIED = 1e-9


def without_pure(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> bool:
    """Whether no joint action of a game is a Nash equilibrium."""
    tables = payoffs.reshape(-1, *n_actions)
    stable = np.ones(n_actions, dtype=bool)
    for player, table in enumerate(tables):
        stable &= table == table.max(axis=player, keepdims=True)
    return not stable.any()


def game(n_actions: tuple[int, ...], payoffs: str, seed: int) -> np.ndarray:
    """The first game (m, A) of this seed that has no pure equilibrium.

    Payoffs are "uniform", or normal and "opposed": what one player gets the others lose, nearly.
    """
    rng = np.random.default_rng([seed, *n_actions])
    shape = (len(n_actions), int(np.prod(n_actions)))
    while True:
        drawn = rng.random(shape) if payoffs == "uniform" else rng.normal(size=shape)
        if payoffs == "opposed":
            drawn -= 0.95 * drawn.mean(axis=0)
        if without_pure(drawn, n_actions):
            return drawn


def solved(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> tuple[np.ndarray | None, float]:
    """The policy, None if there is no answer, and the seconds it took."""
    start = time.process_time()
    try:
        policy = solve_stage(payoffs, n_actions, "nash")
    except RuntimeError:
        return None, time.process_time() - start
    took = time.process_time() - start
    gain = deviation_gain(payoffs, policy, n_actions, "nash")
    assert gain <= 1.01 * CERTIFIED * np.ptp(payoffs, axis=1).max(), gain
    return policy, took


def actions_played(policy: np.ndarray, n_actions: tuple[int, ...]) -> int:
    """How many actions all players play together."""
    table = policy.reshape(n_actions) > 0
    axes = range(len(n_actions))
    return sum(int(table.any(axis=tuple(other for other in axes if other != player)).sum()) for player in axes)


def measured(n_actions: tuple[int, ...], payoffs: str, n_games: int) -> dict:
    """One line: all games of one shape and distribution."""
    unanswered, seconds, played = [], [], Counter()
    for seed in range(n_games):
        policy, took = solved(game(n_actions, payoffs, seed), n_actions)
        seconds.append(took)
        if policy is None:
            unanswered.append(seed)
        else:
            played[actions_played(policy, n_actions)] += 1
    line = {
        "n_actions": n_actions,
        "payoffs": payoffs,
        "games": n_games,
        "unanswered": unanswered,
        "mean_s": float(np.mean(seconds)),
        "longest_s": max(seconds),
        "played": {str(number): played[number] for number in sorted(played)},
    }
    print(
        f"{n_actions}, {payoffs}: {len(unanswered)} of {n_games} unanswered {unanswered}, "
        f"{line['mean_s'] * 1e3:.1f} ms, at most {line['longest_s']:.2f} s",
        flush=True,
    )
    return line


def malicious(n_actions: tuple[int, ...]) -> dict:
    """One line: games of all kinds of ``stage_kinds.py``."""
    unanswered, seconds = [], []
    for name, games in kinds(KINDS_GAMES, n_actions, seed=3).items():
        for number, payoffs in enumerate(games):
            if without_pure(payoffs, n_actions):
                policy, took = solved(payoffs, n_actions)
                seconds.append(took)
                if policy is None:
                    unanswered.append([name, number])
    print(f"{n_actions}, all kinds: {len(unanswered)} of {len(seconds)} unanswered {unanswered}", flush=True)
    return {"n_actions": n_actions, "games": len(seconds), "unanswered": unanswered, "longest_s": max(seconds)}


def main() -> None:
    """Measure all shapes, and say whether the goal is reached."""
    solved(game((2, 2, 2), "uniform", 0), (2, 2, 2))
    random = [measured(n, payoffs, GAMES) for n in SHAPES for payoffs in ("uniform", "opposed")]
    share = sum(len(line["unanswered"]) for line in random) / sum(line["games"] for line in random)
    longest = max(line["longest_s"] for line in random)
    print(f"{share:.2%} unanswered (goal {GOAL['unanswered']:.2%}), at most {longest:.2f} s (goal {GOAL['seconds']} s)")
    larger = [measured(n, payoffs, LARGER_GAMES) for n in LARGER for payoffs in ("uniform", "opposed")]
    common.save("nash", {"goal": GOAL, "random": random, "larger": larger, "kinds": [malicious(n) for n in KINDS]})


if __name__ == "__main__":
    main()
