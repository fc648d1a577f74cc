"""Ideas for a certificate after fewer episodes, tried one by one: what each saves against the learner as it is.

Nominal sets, the bet on the row, delta .05, to a certificate of .2. Every certificate here is one of chapter 5, for
some policy at some look, so all of them hold together: which policies are certified, and when, is free. The package has
none of these ideas; the appendix of the book has the numbers. Takes some minutes, and writes ``results/ideas.json``.
"""

from __future__ import annotations

import common

common.one_thread()

import math  # noqa: E402

import numpy as np  # noqa: E402

from mornavi_lite import Counts, Mornavi, Nominal, Plan, equilibrium_gap, zoo  # noqa: E402
from mornavi_lite.confidence import KnownRows, row_cost  # noqa: E402

DELTA, LEVEL, SEEDS, MOST = 0.05, 0.2, 5, 10**6
LEARNER = Mornavi(Nominal(), confidence="row", delta=DELTA)
GAMES = {
    "opposed": zoo.safe_or_risky(rewards="opposed"),
    "delayed": zoo.delayed_coordination(),
    "merge": zoo.traffic_merge(),
}
#: As it is; certify also the equilibrium of the middle payoffs; certify the played and the best again at every look.
IDEAS = ("as it is", "middle", "each look")


def middle(counts: Counts) -> Plan:
    """The equilibrium of (upper + lower) / 2 at each stage, with its bounds."""
    return LEARNER._values(counts, lambda h, high, low: LEARNER._equilibrium(counts, h, (high + low) / 2))


def measure(job: tuple[str, str, int]) -> dict:
    """Episodes until some certificate is at most the level, by one idea."""
    name, idea, seed = job
    game, rng = GAMES[name], np.random.default_rng(seed)
    counts = Counts.for_game(game)
    episodes = since = plans = 0
    best, incumbent, played, before = math.inf, None, None, counts.visits
    while episodes < MOST:
        if since == 0 or (counts.visits >= np.maximum(2 * before, 1)).any():
            made = [LEARNER.plan(counts)]
            if idea == "middle":
                made.append(middle(counts))
            plans += 1
            played = made[0]
            before, since = counts.visits.copy(), 0
        else:
            made = []
        if idea == "each look":
            again = [played.policy] if incumbent is None else [played.policy, incumbent]
            made += [LEARNER.certify(counts, policy) for policy in again]
        for plan in made:
            if plan.certificate(game.initial) < best:
                best, incumbent = plan.certificate(game.initial), plan.policy
        if best <= LEVEL:
            break
        step = max(1, since)  # looks after 1, 2, 4, ... episodes of a plan
        counts.add(game.play(played.policy, step, rng), game.reward)
        episodes, since = episodes + step, since + step
    gap = equilibrium_gap(game, incumbent, Nominal(), "cce")
    seen = KnownRows(counts, starts=counts.starts)
    costs = row_cost(counts.transitions[:-1])  # after the last step nothing follows
    return {
        "episodes": episodes,
        "plans": plans,
        "wrong": bool(gap > best + 1e-9),
        # In nats: what one set for all rows at once would allow, and what the set of one row does, at most.
        "joint": round(float(costs.sum()) + math.log(1 / DELTA), 2),
        "one row": round(float(costs.max()) + math.log(seen.n_rows / DELTA), 2),
    }


def main() -> None:
    """All games, ideas and seeds, and the file."""
    kinds = [(name, idea) for name in GAMES for idea in IDEAS]
    jobs = [(*kind, seed) for kind in kinds for seed in range(SEEDS)]
    answers = common.several("ideas", measure, jobs, processes=1)
    entries = []
    for k, (name, idea) in enumerate(kinds):
        runs = answers[k * SEEDS : (k + 1) * SEEDS]
        line: dict = {"game": name, "idea": idea, "wrong": sum(one["wrong"] for one in runs)}
        line["episodes"] = [one["episodes"] for one in runs]
        line |= {key: float(np.median([one[key] for one in runs])) for key in ("plans", "joint", "one row")}
        line["median"] = float(np.median(line["episodes"]))
        entries.append(line)
        print(line, flush=True)
    common.save("ideas", {"delta": DELTA, "level": LEVEL, "seeds": SEEDS, "entries": entries})
    common.finished("ideas")


if __name__ == "__main__":
    main()
