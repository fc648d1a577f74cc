"""The command ``learn``: an environment of your own, played to a certificate, and a summary of what was learned."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from .learners import Mornavi
from .runs import History, learn
from .solving import add_goal, sets_of

#: Kinds of rewards, as on the command line.
KINDS = ("deterministic", "next_state", "random")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.add_argument("environment", help="MODULE:NAME of an environment, or of a class or function that makes one")
    add_goal(command)
    command.add_argument("--delta", type=float, default=0.05, help="how likely any bound may ever fail (default 0.05)")
    command.add_argument("--episodes", type=int, default=10**6, help="most episodes (default 1000000)")
    command.add_argument("--until", type=float, help="certificate at which to stop")
    command.add_argument("--seed", type=int, default=0, help="seed of all that is drawn (default 0)")
    command.add_argument("--rewards", choices=KINDS, help="kind of rewards (default: what the environment says)")
    command.add_argument("--support", action="store_true", help="what can follow what is as environment.support states")
    command.add_argument("--stationary", action="store_true", help="the kernel is the same at all steps")
    command.add_argument("--fail-state", type=int, help="index of a state that absorbs and pays the least")
    command.add_argument("--out", help="file for the history (.npz), written at each plan")
    command.add_argument("--resume", action="store_true", help="go on with the history that --out holds")
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def learn_environment(given: argparse.Namespace) -> str:
    """Do what the command line says; return the summary.

    Whatever cuts the run short, ``--out`` then holds all whole episodes, and the exception has a note that says so.
    """
    out = None if given.out is None else Path(given.out)
    if out is not None and out.suffix != ".npz":
        raise ValueError(f"--out must end in .npz, got {given.out}")
    if given.resume and out is None:
        raise ValueError("--resume needs --out, the file with the run to go on with")
    if out is not None and out.exists() and not given.resume:
        raise ValueError(f"{out} is there: --resume goes on with it, another --out leaves it as it is")
    environment = environment_of(given.environment)
    learner = learner_of(given, environment)
    before = History.load(given.out) if given.resume else None
    if given.rewards is not None:
        environment.rewards = given.rewards
    try:
        history = learn(
            learner, environment, given.episodes, None, given.seed, not given.quiet, given.until, before, given.out
        )
    except BaseException as error:
        kept = getattr(error, "history", None)
        if kept is not None and out is not None:
            kept.save(out)
            error.add_note(f"{out} has the run up to episode {kept.checkpoint.episode:,}; --resume goes on from there")
        raise
    if out is not None:
        history.save(out)
    lines = [repr(history)]
    if given.until is not None and history.best_certificate > given.until:
        lines.append(f"not there yet: the certificate is above {given.until:g}; more --episodes, with --resume")
    return "\n".join(lines)


def learner_of(given: argparse.Namespace, environment: Any) -> Mornavi:
    """The learner, with what is stated about the environment."""
    stated: dict[str, Any] = {"fail_state": given.fail_state, "rows": "stationary" if given.stationary else None}
    if given.support:
        if not hasattr(environment, "support"):
            raise ValueError(f"--support needs an environment with support, which {given.environment} has not")
        stated["support"] = environment.support
    return Mornavi(sets_of(given.set, given.radius), given.concept, delta=given.delta, **stated)


def environment_of(place: str) -> Any:
    """The environment at MODULE:NAME, or what a class or function there makes; the folder where we are counts, too."""
    module, _, name = place.partition(":")
    if not module or not name:
        raise ValueError(f"environment must be MODULE:NAME, as in ferry:Ferry, got {place!r}")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            if not hasattr(found, part):
                raise ValueError(f"module {module} has no {name}")
            found = getattr(found, part)
        return found if hasattr(found, "step") and not isinstance(found, type) else found()
    except ValueError:
        raise
    except Exception as error:  # whatever the user's own lines raise
        raise ValueError(f"{place} could not be made: {type(error).__name__}: {error}") from error
