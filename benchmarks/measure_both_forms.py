"""Two ideas for tighter bounds that the package does not have, measured: both bets at once, and a maximum for TV.

Writes ``results/both_forms.json``; the appendix of the book has the numbers. Its content::

    delta, seeds, few_seeds   settings; entries of "events" and "total_variation" have few_seeds
    shares                    parts of delta that go to the bet on whole rows; the rest goes to the bets on events
    row                       list of {game, level, medians}: episodes to a certificate by the bet on the row alone,
                              with each share of delta
    events                    list of {game, set, told, level, row, medians}: by the bets on events alone, with what
                              each share leaves, null where it leaves nothing; ``row`` is the default with all of delta
    total_variation           list of {game, level, plain, maximum, seconds}: total variation, the bet on the row:
                              episodes with the kernels of tails, and with the smaller of these and the maximum of
                              linear functions over the whole ball; ``seconds`` is the ratio of processor times

A learner that is told the smaller of the two bounds needs about as many episodes as the better of its halves, each with
its share of delta. Takes about six minutes with one process on a quiet machine.
"""

from __future__ import annotations

import time
from unittest import mock

import common

common.one_thread()

import numpy as np  # noqa: E402
from measure_episodes import GAMES, SETS  # noqa: E402
from measure_floor_of_episodes import episodes_to  # noqa: E402

from mornavi_lite import Mornavi  # noqa: E402
from mornavi_lite.learners.outcomes import Outcomes  # noqa: E402
from mornavi_lite.learners.stage_payoffs import StagePayoffs  # noqa: E402

DELTA, SEEDS, FEW, MOST = 0.05, 10, 3, 10**6
SHARES = (1.0, 0.98, 0.95, 0.9, 0.8, 0.5, 0.0)
ROWS = ("safe_or_risky, opposed", "delayed_coordination", "traffic_merge")
#: Where bets on events need fewer episodes than the bet on the row by more than the seeds differ.
EVENTS = (
    ("safe_or_risky, opposed", "nominal", True, 0.05),
    ("garnet, dense, zero-sum", "KL 0.1", False, 0.05),
    ("garnet, dense, zero-sum", "KL 0.1", True, 0.2),
    ("garnet, dense, zero-sum", "KL 0.1", True, 0.05),
)
VARIED = (
    ("safe_or_risky, shared", 0.2),
    ("safe_or_risky, opposed", 0.2),
    ("intersection", 0.2),
    ("fishing", 0.2),
    ("congestion", 0.2),
    ("garnet, dense, zero-sum", 0.2),
)


class WithMaximum(StagePayoffs):
    """For total variation also the maximum over j of p @ min(v, v_j) - radius (v_j - min v), p in the whole ball."""

    def _by_model(self, step: int, after: Outcomes, signs: np.ndarray) -> np.ndarray:
        found = super()._by_model(step, after, signs)
        if step < self.counts.horizon - 1:
            for g, sign in enumerate(signs):
                value, ball = after.values[g], self.sets[g % len(self.sets)]
                levels = np.unique(value)
                cut = np.minimum(value, levels[:, None])
                means = sign * self.model.highest_means(after.seen, sign * cut, after.possible)
                highest = (means - (ball.radius * (levels - value.min()))[:, None, None]).max(axis=0)
                found[g] = np.minimum(found[g], highest) if sign > 0 else np.maximum(found[g], highest)
        return found


def episodes(learner: Mornavi, game: str, level: float, n_seeds: int) -> float:
    """Median of the episodes until the certificate is at most this."""
    played = GAMES[game]()
    return float(np.median([episodes_to(learner, played, seed, level, MOST) for seed in range(n_seeds)]))


def smallest_probability(game: str) -> float:
    """The smallest positive probability of the kernel."""
    kernel = GAMES[game]().transition
    return float(kernel[kernel > 0].min())


def with_shares() -> dict:
    """Each form alone with a share of delta."""
    row = [
        {
            "game": game,
            "level": 0.2,
            "medians": [
                episodes(Mornavi(SETS["nominal"], confidence="row", delta=DELTA * share), game, 0.2, SEEDS)
                if share > 0
                else None
                for share in SHARES
            ],
        }
        for game in ROWS
    ]
    events = []
    for game, ball, told, level in EVENTS:
        known = smallest_probability(game) if told else None
        left = [round(DELTA * (1 - share), 12) for share in SHARES]
        medians = [
            episodes(Mornavi(SETS[ball], confidence="events", delta=each, min_probability=known), game, level, FEW)
            if each > 0
            else None
            for each in left
        ]
        now = episodes(Mornavi(SETS[ball], confidence="row", delta=DELTA, min_probability=known), game, level, FEW)
        events.append({"game": game, "set": ball, "told": told, "level": level, "row": now, "medians": medians})
        print(events[-1], flush=True)
    return {"row": row, "events": events}


def with_maximum() -> list[dict]:
    """Total variation with and without the maximum of linear functions."""
    lines = []
    for game, level in VARIED:
        learner, spent, needed = Mornavi(SETS["TV 0.1"], confidence="row", delta=DELTA), [], []
        for kind in (StagePayoffs, WithMaximum):
            with mock.patch("mornavi_lite.learners.mornavi.StagePayoffs", kind):
                before = time.process_time()
                needed.append(episodes(learner, game, level, FEW))
                spent.append(time.process_time() - before)
        line = {"game": game, "level": level, "plain": needed[0], "maximum": needed[1]}
        lines.append(line | {"seconds": round(spent[1] / spent[0], 2)})
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Both, and the file."""
    settings = {"delta": DELTA, "seeds": SEEDS, "few_seeds": FEW, "shares": SHARES}
    common.save("both_forms", settings | with_shares() | {"total_variation": with_maximum()})


if __name__ == "__main__":
    main()
