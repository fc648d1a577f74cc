"""The command ``solve``: a game from a file, its robust equilibrium, and a summary of it."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .equilibrium import CONCEPTS, is_product
from .formats import StageGame, read_nfg, read_table, write_policy
from .games import MarkovGame
from .planning import Solution, solve
from .uncertainty import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation, UncertaintySet

#: Uncertainty sets of a radius, by the words of the command line.
SETS: dict[str, Callable[[float], UncertaintySet]] = {
    "tv": TotalVariation,
    "tv-support": lambda radius: TotalVariation(radius, shift_support=False),
    "kl": KullbackLeibler,
    "chi2": ChiSquare,
    "contamination": Contamination,
}
#: Options that say how a table is to be read.
OF_TABLES = ("horizon", "discount", "accuracy", "normalize", "initial")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.add_argument("game", help="table (.csv), stage game of Gambit (.nfg), or saved game (.npz)")
    command.add_argument("--horizon", type=int, help="number of steps, of a table")
    command.add_argument("--discount", type=float, help="discount of a table, in place of a horizon")
    command.add_argument("--accuracy", type=float, help="what a discounted game may leave out at its end")
    command.add_argument("--normalize", action="store_true", help="divide rounded rows of a table by their sum")
    command.add_argument("--initial", help="name of the first state (default: the first of a table)")
    add_goal(command)
    command.add_argument("--select", choices=["pure", "welfare"], default="pure", help="which one (default pure)")
    command.add_argument("--out", help="file for the solution (.npz) or for the policy as a table (.csv)")


def add_goal(command: argparse.ArgumentParser) -> None:
    """What is looked for: an equilibrium of a concept, under sets."""
    command.add_argument(
        "--set", choices=["nominal", *SETS], help="uncertainty set (default tv, nominal without radius)"
    )
    command.add_argument("--radius", type=float, nargs="+", help="radius of the set: one, or one per player")
    command.add_argument("--concept", choices=CONCEPTS, default="cce", help="equilibrium (default cce)")


def solve_file(given: argparse.Namespace) -> str:
    """Do what the command line says; return the summary."""
    out = None if given.out is None else Path(given.out).suffix
    if out not in (None, ".npz", ".csv"):
        raise ValueError(f"--out must end in .npz or .csv, got {given.out}")
    sets = sets_of(given.set, given.radius)
    game, stage = game_of(given)
    solution = solve(game, sets, given.concept, given.select)
    if out == ".npz":
        solution.save(given.out)
    elif out == ".csv":
        write_policy(given.out, game, solution.policy)
    lines = summary(game, solution)
    return "\n".join(lines if stage is None else [*lines, *by_strategies(stage, solution)])


def sets_of(name: str | None, radii: list[float] | None) -> UncertaintySet | list[UncertaintySet]:
    """The uncertainty set, or one per player."""
    name = name or ("tv" if radii else "nominal")
    if name == "nominal":
        if radii:
            raise ValueError("--radius goes with a set that has one, not with nominal")
        return Nominal()
    if not radii:
        raise ValueError(f"--set {name} needs a --radius")
    sets = [SETS[name](radius) for radius in radii]
    return sets[0] if len(sets) == 1 else sets


def game_of(given: argparse.Namespace) -> tuple[MarkovGame, StageGame | None]:
    """The game of a file, and the stage game if it is one."""
    kind = Path(given.game).suffix.lower()
    of_tables = {name: getattr(given, name) for name in OF_TABLES}
    if kind == ".csv":
        return read_table(given.game, name=Path(given.game).stem, **of_tables), None
    if kind in (".nfg", ".npz") and any(of_tables.values()):
        name = next(name for name in OF_TABLES if of_tables[name])
        raise ValueError(f"--{name} is for tables (.csv), not for {given.game}")
    if kind == ".npz":
        return MarkovGame.load(given.game), None
    if kind == ".nfg":
        stage = read_nfg(given.game)
        rows = np.ones((1, stage.payoffs.shape[1], 1))
        names = {"name": stage.title, "action_names": stage.action_names}
        game = MarkovGame.stationary(rows, stage.payoffs[:, None], stage.n_actions, 1, reward_range="observed", **names)
        return game, stage
    raise ValueError(f"{given.game} must end in .csv, .nfg or .npz")


def summary(game: MarkovGame, solution: Solution) -> list[str]:
    """What the solution says of itself, and what a discounted game leaves out."""
    lines = repr(solution).splitlines()
    if game.tail.any():
        lines.append("later steps add: " + ", ".join(f"{low:.3g} to {high:.3g}" for low, high in game.tail))
    return lines


def by_strategies(stage: StageGame, solution: Solution) -> list[str]:
    """A policy of a stage game by the names of strategies: of each player if all draw alone, else of all together."""
    policy = solution.policy.reshape(stage.n_actions)
    if not is_product(solution.policy[0], stage.n_actions).all():
        names = [", ".join(each) for each in itertools.product(*stage.action_names)]
        return [listed("together", names, policy.ravel())]
    players = range(len(stage.n_actions))
    own = [policy.sum(axis=tuple(j for j in players if j != i)) for i in players]
    return [listed(*each) for each in zip(stage.player_names, stage.action_names, own, strict=True)]


def listed(who: str, names: Sequence[str], mixed: np.ndarray) -> str:
    """What is played, the most probable first: "Row: 0.75 up, 0.25 down"."""
    order = np.argsort(-mixed, kind="stable")[: np.count_nonzero(mixed)]
    return f"{who}: " + ", ".join(f"{mixed[k]:.6g} {names[k]}" for k in order)
