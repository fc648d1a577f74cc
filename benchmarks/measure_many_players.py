"""Many players: episodes to a certificate by profile, by joint action, and player by player; seconds of a plan.

Writes ``results/many_players.json``, which the chapter on many players shows. Its content::

    radius, delta, most_episodes, confidence   settings of every run; what has no certificate by then is null
    entries   list of {learner, m, level, episodes, median}: one number or null per seed 0, 1, ...
        "profiles"         AnonymousMornavi, rewards learned; symmetric Nash equilibria
        "profiles, told"   the same, rewards known
        "joint"            Mornavi on the game of joint actions, rewards learned; coarse correlated equilibria
        "joint, rows"      the same, told which joint actions share a kernel
        "each"             certify_each of the solved policy, for one player; rewards learned
        "each, told"       the same, mean rewards known
    beyond    plans, of all runs, whose true gap exceeds their certificate
    planning  {m, gap, seconds, goal_s}: solve for two thousand players
    joint_planning  {m, ours_s, reference_s, ratio}: value and best response of a policy, by profile and by joint action

All on ``bridge_and_tunnel()`` with a total-variation ball and the confidence sets "events".
Takes about ten minutes with two processes.
"""

from __future__ import annotations

import math

import common

common.one_thread()

import numpy as np  # noqa: E402

import mornavi_lite  # noqa: E402
from mornavi_lite import Mornavi, TotalVariation, run  # noqa: E402
from mornavi_lite.anonymous import (  # noqa: E402
    AnonymousGame,
    AnonymousMornavi,
    best_response,
    bridge_and_tunnel,
    certify_each,
    evaluate,
    solve,
)
from mornavi_lite.anonymous.backup import averages  # noqa: E402

RADIUS, DELTA, MOST, LEVELS, SEEDS = 0.1, 0.05, 10**7, (0.2, 0.05), 10
BALL, FORM = TotalVariation(RADIUS), "events"
PLAYERS, JOINT_PLAYERS, EACH_PLAYERS = (2, 3, 4, 6, 10, 20, 50), (2, 3, 4), (2, 4, 6, 10, 20, 50, 600)
LEARNERS = {
    "profiles": PLAYERS,
    "profiles, told": PLAYERS,
    "joint": JOINT_PLAYERS,
    "joint, rows": JOINT_PLAYERS,
    "each": EACH_PLAYERS,
    "each, told": EACH_PLAYERS,
}


def mean_reward(game: AnonymousGame, policy: np.ndarray) -> np.ndarray:
    """What each action pays one player (H, S, A) while the others follow the policy."""
    return np.stack([averages(game.reward[h], game.n_players, policy[h]) for h in range(game.horizon)])


def measure(job: tuple) -> dict:
    """One run: episodes before the first certificate of each level."""
    name, m, seed = job
    game = bridge_and_tunnel().with_players(m)
    if name.startswith("each"):
        policy = solve(game, BALL).policy
        reward = mean_reward(game, policy) if "told" in name else None
        found: list[int | None] = []
        for level in LEVELS:
            try:
                bounds = certify_each(
                    game, policy, BALL, level, DELTA, seed, reward=reward, n_episodes=MOST, confidence=FORM
                )
                found.append(int(bounds.episodes[0]))
            except RuntimeError:
                found.append(None)
        return {"episodes": found, "beyond": 0}
    if name.startswith("profiles"):
        learner = AnonymousMornavi(BALL, DELTA, FORM, reward=game.reward if "told" in name else None)
    else:
        learner = Mornavi(BALL, confidence=FORM, delta=DELTA, rows=game.shared_rows() if "rows" in name else None)
        game = game.tabular()
    history = run(learner, game, MOST, seed=seed, until=LEVELS[-1])
    starts = np.concatenate([[0], history.episode[:-1]])
    reached = [np.flatnonzero(history.certificate <= level) for level in LEVELS]
    return {
        "episodes": [int(starts[each[0]]) if len(each) else None for each in reached],
        "beyond": int((history.gap > history.certificate + 1e-9).sum()),
    }


def median(numbers: list[int | None]) -> int | None:
    """The median, with null as more than any number."""
    middle = float(np.median([math.inf if n is None else n for n in numbers]))
    return None if math.isinf(middle) else round(middle)


def planning() -> dict:
    """Seconds of two thousand players' plan."""
    game = bridge_and_tunnel().with_players(2000)
    found = solve(game, BALL)
    return {"m": 2000, "gap": found.gap, "seconds": common.seconds(lambda: solve(game, BALL)), "goal_s": 1.0}


def joint_planning(m: int) -> dict:
    """The same numbers by profile and by joint action."""
    game = bridge_and_tunnel().with_players(m)
    policy, joint = solve(game, BALL).policy, game.tabular()
    together = game.joint_policy(policy)
    ours = common.seconds(lambda: (evaluate(game, policy, BALL), best_response(game, policy, BALL)))
    theirs = common.seconds(
        lambda: (mornavi_lite.evaluate(joint, together, BALL), mornavi_lite.best_response(joint, together, BALL))
    )
    return {"m": m, "ours_s": ours, "reference_s": theirs, "ratio": theirs / ours}


def main() -> None:
    """All runs, and the file."""
    times = {"planning": planning(), "joint_planning": [joint_planning(m) for m in (4, 8, 12)]}
    jobs = [(name, m, seed) for name, players in LEARNERS.items() for m in players for seed in range(SEEDS)]
    answers = dict(zip(jobs, common.several("many_players", measure, jobs), strict=True))
    entries = []
    for name, players in LEARNERS.items():
        for m in players:
            for k, level in enumerate(LEVELS):
                episodes = [answers[name, m, seed]["episodes"][k] for seed in range(SEEDS)]
                line = {"learner": name, "m": m, "level": level, "episodes": episodes, "median": median(episodes)}
                entries.append(line)
                print(f"{name}, m = {m}, to {level}: {line['median']}", flush=True)
    settings = {"radius": RADIUS, "delta": DELTA, "most_episodes": MOST, "confidence": FORM}
    beyond = sum(each["beyond"] for each in answers.values())
    common.save("many_players", settings | {"entries": entries, "beyond": beyond} | times)
    common.finished("many_players")


if __name__ == "__main__":
    main()
