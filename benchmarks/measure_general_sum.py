"""A floor of episodes where interests differ, for ``zoo.safe_or_risky(rewards="opposed")``.

Writes ``results/general_sum.json``, from which chapter 12 is made. In the alternatives every policy is worth less to
player 1, or a player can win more than before against every policy, at the high state. Its content is a list of
{epsilon, floor, learner, ratio, lines}. The learner is the median of chapter 6. Each of the lines is a tangent of one
alternative in the bound::

    player, rise      the player whom the alternative is about, and by how much every policy is worth less to it (then
                      negative), or a deviation is worth more than the policy was
    action, again     the deviation at the high state, null for none, and with which probability it is paid again
    rows              rows (joint actions, next states) of the start in it
    refutes           numbers of the kinds of outputs that are wrong in it; kind j has player 1's upper value between
                      j / KINDS and (j + 1) / KINDS of epsilon above what the policy is worth to player 1
    never_likelier    whether nothing is likelier in it that is seen
    at, weight        where the tangent touches, and its multiplier

Takes some seconds.
"""

from __future__ import annotations

import itertools

import common

common.one_thread()

import numpy as np  # noqa: E402
from measure_floor_of_episodes import stored  # noqa: E402

from mornavi_lite import MarkovGame, zoo  # noqa: E402
from mornavi_lite.lower_bounds.allocation import Cut, Program, information_of, requirement  # noqa: E402
from mornavi_lite.lower_bounds.tilts import nearest  # noqa: E402

KINDS, DELTA, LEVELS, MARGIN = 10, 0.05, (0.2, 0.05), 1e-9
AGAIN = 1 - np.geomspace(1, 0.5, 60)[1:]
START, HIGH, MEDIUM = 0, 1, 2


def alternative(player: int, rise: float, action: int | None, again: float) -> tuple[MarkovGame, np.ndarray] | None:
    """The game and the rows of its start, or None where there is none."""
    game = zoo.safe_or_risky(rewards="opposed")
    kernel, pays = game.transition.copy(), game.reward[player, 1, :, 0].copy()
    before = kernel[0, START] @ pays
    if action is not None:
        goal = (HIGH, MEDIUM)[player]  # pays this player at the last step as well, where nobody ever is
        deviates = np.arange(4).reshape(2, 2).take(action, axis=player)
        kernel[1, HIGH, deviates] *= 1 - again
        kernel[1, HIGH, deviates, goal] += again
        pays[HIGH] += again
    sign = 1.0 if rise > 0 else -1.0
    values = np.broadcast_to(sign * pays, (4, 5))
    allowed = np.broadcast_to(np.arange(5) != START, (4, 5))  # what that is worth later depends on the policy
    cost, _, rows = nearest(kernel[0, START], values, sign * (before + rise), allowed)
    if not np.isfinite(cost).all():
        return None
    kernel[0, START] = np.where(cost[:, None] > 0, rows, kernel[0, START])
    return MarkovGame(kernel, game.reward, game.n_actions), kernel[0, START]


def candidates(epsilon: float) -> list[tuple[dict, MarkovGame]]:
    """Alternatives for all kinds."""
    found = []
    for player, edge, action in itertools.product((0, 1), range(KINDS + 1), (None, 0, 1)):
        rise = -epsilon * (1 - edge / KINDS) if action is None else epsilon * edge / KINDS
        refutes = list(range(edge, KINDS)) if action is None else list(range(edge))
        if not refutes or (player == 1 and (action is None or edge < KINDS)):
            continue
        rise += MARGIN if rise > 0 else -MARGIN
        for again in [0.0] if action is None else [x for x in AGAIN.tolist() if x < 2.5 * rise + 0.01]:
            made = alternative(player, rise, action, again)
            if made is not None:
                about = {"player": player, "rise": rise, "action": action, "again": again}
                found.append((about | {"rows": made[1].tolist(), "refutes": refutes}, made[0]))
    return found


def floor(epsilon: float) -> dict:
    """The floor, with the tangents that prove it."""
    game = zoo.safe_or_risky(rewards="opposed")
    legal = np.ones((game.n_states, game.n_joint_actions), dtype=bool)
    reached = np.zeros((game.horizon, game.n_states, 1), dtype=bool)
    reached[0, START] = reached[1, 1:4] = reached[2, 4] = True
    program = Program(game.transition, game.initial, legal, KINDS)
    found, cuts = candidates(epsilon), []
    for about, other in found:
        told = np.where(reached, information_of(game.transition, other.transition), 0.0)
        seen = (game.transition > 0) & reached[..., None]
        about["never_likelier"] = bool((other.transition <= game.transition)[seen].all())
        cuts.append(Cut(told, np.isin(np.arange(KINDS), about["refutes"]), about["never_likelier"]))
    lines = [requirement(DELTA, cut.never_likelier) for cut in cuts]
    each = [(k, t) for k, (slope, _) in enumerate(lines) for t in range(len(slope))]
    for last in (False, True):  # once more with those that matter
        chosen = [(lines[k][0][[t]], lines[k][1][[t]]) for k, t in each]
        solved = program.solve([cuts[k] for k, _ in each], chosen, 1 - DELTA)
        if not last:
            each = [pair for pair, weight in zip(each, solved.weights, strict=True) if weight > 0]
    return {
        "floor": solved.episodes,
        "lines": [
            found[k][0] | {"at": DELTA + (1 - 2 * DELTA) * ((t + 1) / len(lines[k][0])) ** 1.5, "weight": float(weight)}
            for (k, t), weight in zip(each, solved.weights, strict=True)
            if weight > 0
        ],
    }


def main() -> None:
    """Both levels."""
    results = []
    for level in LEVELS:
        found, learner = floor(level), stored("safe_or_risky, opposed", "nominal", level)
        results.append({"epsilon": level, "learner": learner, "ratio": learner / found["floor"], **found})
        print(level, found["floor"], learner, len(found["lines"]), flush=True)
    common.save("general_sum", results)


if __name__ == "__main__":
    main()
