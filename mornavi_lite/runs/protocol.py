"""What a run asks of a game and of a learner. The face of the room says it in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..confidence import Counts
from ..games import MarkovGame
from ..planning import gap_and_value
from ..uncertainty import UncertaintySet

_OF_GAMES = ("horizon", "n_states", "n_actions", "initial", "reward", "counts", "play", "gap_and_value", "digest")
_OF_LEARNERS = ("plan", "uncertainty", "concept", "replan")


def check_learner(learner: Any) -> None:
    """Raise unless a run has all of a learner that it uses."""
    for name in _OF_LEARNERS:
        if not hasattr(learner, name):
            raise TypeError(f"learner must have {name}, as Mornavi has; got {type(learner).__name__}")
    if not (hasattr(learner, "behaviour") or hasattr(learner, "collect")):
        raise TypeError(f"learner must have behaviour, as Mornavi has; got {type(learner).__name__}")


def check_game(game: Any) -> None:
    """Raise unless a run has all of a game that it uses."""
    if isinstance(game, MarkovGame):
        return
    for name in _OF_GAMES:
        if not hasattr(game, name):
            raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}, which has no {name} for run to use")


def counts_of(game: Any, counts: Any = None) -> Any:
    """Counts of which nothing was seen, or a copy of those of a run that is taken up, fit for what the game plays."""
    if isinstance(game, MarkovGame):
        return Counts.for_game(game) if counts is None else counts.of(game)
    return game.counts() if counts is None else counts.copy()


def behaviour_of(learner: Any, plan: Any) -> np.ndarray:
    """The policy that a learner plays in order to learn; ``OfflinePessimistic`` keeps an array of that name."""
    if callable(learner.behaviour):
        return np.asarray(learner.behaviour(plan))
    if learner.behaviour is None:
        return np.full(plan.policy.shape, 1 / plan.policy.shape[-1])
    return np.asarray(learner.behaviour)


def episodes_of(learner: Any, game: Any, plan: Any, n_episodes: int, rng: np.random.Generator) -> Any:
    """Counts of so many episodes of a plan: where it can be, gathered as the learner says."""
    if hasattr(learner, "collect") and (isinstance(game, MarkovGame) or not hasattr(learner, "behaviour")):
        return learner.collect(game, plan, n_episodes, rng)
    play = getattr(game, "play_unchecked", game.play)  # an array of all transitions may be large
    return play(behaviour_of(learner, plan), n_episodes, rng)


def worth(game: Any, policy: np.ndarray, sets: list[UncertaintySet], concept: str) -> tuple[float, np.ndarray]:
    """Gap and values (m, H+1, S) of a policy in the true game."""
    if isinstance(game, MarkovGame):
        return gap_and_value(game, policy, sets, concept, at_once=True)
    gap, value = game.gap_and_value(policy, sets, concept)
    return gap, value


def contents_of(game: Any) -> Iterable[bytes]:
    """What tells a game from others."""
    return game.contents() if isinstance(game, MarkovGame) else (str(game.digest()).encode(),)
