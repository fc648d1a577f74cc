"""Equilibria of stage games: ours for 1,000 at once against one solver call per game, and a stress count.

Writes ``results/stage_games.json``; the page "Speed" of the book is made from it. With ``--stress`` it first solves
10^5 games for every concept, of all kinds and shapes of ``stage_kinds.py``, and writes what failed to
``results/stage_games_stress.json``.
"""

from __future__ import annotations

import sys
import warnings

import common

common.one_thread()

import nashpy  # noqa: E402
import numpy as np  # noqa: E402
import quantecon.game_theory as quantecon  # noqa: E402
from stage_kinds import SHAPES, kinds  # noqa: E402
from straightforward import correlated_program  # noqa: E402

from mornavi_lite import deviation_gain, solve_stage  # noqa: E402

GAMES, CERTIFIED = 1000, 1e-9
#: Concept, shape, most microseconds a game, least ratio; None where nothing is promised.
PROGRAMS = [
    ("cce", (2, 2), None, 60),
    ("cce", (3, 3), 10, 60),
    ("cce", (3, 3, 3), 12, 60),
    ("cce", (5, 5), None, 60),
    ("ce", (2, 2), None, 60),
    ("ce", (3, 3), 20, 60),
    ("ce", (3, 3, 3), None, 60),
]
PATHS = [((2, 2), None), ((3, 3), 7), ((5, 5), None)]


def random_games(n_games: int, n_actions: tuple[int, ...]) -> np.ndarray:
    """Uniform payoffs, unselected: some games have a pure equilibrium."""
    return np.random.default_rng(0).random((n_games, len(n_actions), int(np.prod(n_actions))))


def without_pure(n_games: int, n_actions: tuple[int, ...]) -> np.ndarray:
    """Uniform payoffs of games without a pure equilibrium: the solver's work alone."""
    payoffs = random_games(20 * n_games, n_actions)
    return payoffs[(solve_stage(payoffs, n_actions, "cce") < 1).all(axis=1)][:n_games]


def path_nashpy(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """One game by Nashpy's Lemke-Howson."""
    return np.outer(*nashpy.Game(*payoffs.reshape(2, *n_actions)).lemke_howson(initial_dropped_label=0)).ravel()


def path_quantecon(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """One game by QuantEcon's compiled Lemke-Howson."""
    first, second = payoffs.reshape(2, *n_actions)
    players = [quantecon.Player(first), quantecon.Player(np.ascontiguousarray(second.T))]
    return np.outer(*quantecon.lemke_howson(quantecon.NormalFormGame(players))).ravel()


def uncertified(payoffs: np.ndarray, policies: list, n_actions: tuple[int, ...], concept: str) -> int:
    """How many policies are missing, are none, or leave a gain above 1e-9 of the largest range."""
    failed = 0
    for game, policy in zip(payoffs, policies, strict=True):
        try:
            gain = float(deviation_gain(game, policy, n_actions, concept))
            failed += gain > CERTIFIED * float(np.ptp(game, axis=1).max())
        except (TypeError, ValueError):
            failed += 1
    return failed


def one_by_one(call, payoffs: np.ndarray, *arguments) -> tuple[float, list]:
    """Seconds for all games, one call each, and the policies found; None where the solver raised an error."""

    def attempt(game: np.ndarray):
        try:
            return call(np.array(game), *arguments)
        except Exception:
            return None

    found: list = []
    attempt(payoffs[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        took = common.once(lambda: found.extend(attempt(game) for game in payoffs))
    return took, found


def compare(concept: str, n_actions: tuple[int, ...], against: str, call, goal: float, most: float | None) -> dict:
    """One row of the table: ours for all games at once, the other solver one game at a time."""
    payoffs = random_games(GAMES, n_actions)
    ours = common.seconds(lambda: solve_stage(payoffs, n_actions, concept), at_least=0.5)
    hard = without_pure(GAMES, n_actions)
    mixed = common.seconds(lambda: solve_stage(hard, n_actions, concept), at_least=0.5)
    arguments = (n_actions, concept) if call is correlated_program else (n_actions,)
    theirs, found = one_by_one(call, payoffs, *arguments)
    case = f"{' x '.join(map(str, n_actions))}, {GAMES} games"
    line = common.row(concept.upper() if concept != "nash" else "Nash", case, ours, theirs, against, goal)
    line["ours_microseconds"] = ours / GAMES * 1e6
    line["ours_microseconds_without_pure"] = mixed / len(hard) * 1e6
    line["goal_microseconds"] = most
    line["reference_uncertified"] = uncertified(payoffs, found, n_actions, concept)
    slow = most is not None and line["ours_microseconds"] > most
    print(
        f"    {line['ours_microseconds']:.1f} us a game ({line['ours_microseconds_without_pure']:.1f} without pure "
        f"equilibria){f', goal {most}' if most else ''}{'   <-- above the goal' if slow else ''}; "
        f"theirs not certified: {line['reference_uncertified']} of {GAMES}",
        flush=True,
    )
    return line


def small_batches() -> list[dict]:
    """Microseconds a call for 30 games, as planning on a small game asks for."""
    lines = []
    for concept, n_actions in (("cce", (2, 2)), ("cce", (3, 3)), ("ce", (3, 3)), ("nash", (3, 3))):
        hard = without_pure(30, n_actions)
        pure = random_games(2000, n_actions)
        pure = pure[(solve_stage(pure, n_actions, concept) == 1).any(axis=1)][:30]
        times = [common.seconds(lambda u=u, n=n_actions, c=concept: solve_stage(u, n, c)) * 1e6 for u in (pure, hard)]
        lines.append({"concept": concept, "n_actions": n_actions, "all_pure_us": times[0], "none_pure_us": times[1]})
        print(f"30 games, {concept} {n_actions}: {times[0]:.0f} us all pure, {times[1]:.0f} us none pure", flush=True)
    return lines


def stress(n_games: int = 10**5) -> list[dict]:
    """Count uncertified answers among ``n_games`` of each concept, over all kinds and shapes."""
    lines = []
    for concept in ("cce", "ce", "nash"):
        # Many players' Nash equilibria are counted by measure_nash.py.
        shapes = [n for n in SHAPES if concept != "nash" or len(n) == 2]
        each = -(-n_games // (len(shapes) * len(kinds(1, (2, 2), 0))))
        solved = failed = 0
        for n_actions in shapes:
            for payoffs in kinds(each, n_actions, seed=1).values():
                solved += each
                try:
                    solve_stage(payoffs, n_actions, concept)
                except RuntimeError as error:
                    failed += int(str(error).rsplit("(", 1)[1].split()[0])
        lines.append({"concept": concept, "games": solved, "uncertified": failed})
        print(f"stress, {concept}: {failed} of {solved} games uncertified", flush=True)
    return lines


def others_under_stress(each: int = 40) -> list[dict]:
    """Count what the other solvers leave uncertified on 3 x 3 games of all kinds.

    Nashpy is left out: on degenerate games its method may not stop.
    """
    lines = []
    for concept, name, call in (
        ("cce", "linprog", correlated_program),
        ("ce", "linprog", correlated_program),
        ("nash", "QuantEcon", path_quantecon),
    ):
        arguments = ((3, 3),) if concept == "nash" else ((3, 3), concept)
        failed = {}
        for kind, payoffs in kinds(each, (3, 3), seed=2).items():
            failed[kind] = uncertified(payoffs, one_by_one(call, payoffs, *arguments)[1], (3, 3), concept)
        games = each * len(failed)
        lines.append(
            {"concept": concept, "solver": name, "games": games, "uncertified": sum(failed.values()), "by_kind": failed}
        )
        print(f"stress, {concept}, {name} one by one: {sum(failed.values())} of {games} uncertified", flush=True)
    return lines


def main() -> None:
    """Time each case, once for the solvers that go one by one, as often as fits for ours."""
    if "--stress" in sys.argv:
        common.save("stage_games_stress", {"ours": stress(), "others": others_under_stress()})
    content: dict = {"small_batches": small_batches()}
    content["ratios"] = [
        compare(c, n, "linprog one by one", correlated_program, goal, most) for c, n, most, goal in PROGRAMS
    ]
    for n_actions, most in PATHS:
        content["ratios"].append(compare("nash", n_actions, "Nashpy one by one", path_nashpy, 10, most))
        content["ratios"].append(compare("nash", n_actions, "QuantEcon one by one", path_quantecon, 1, most))
    common.save("stage_games", content)


if __name__ == "__main__":
    main()
