"""What a result remembers of its game and of how it was made, so that it can be read and played by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..contents import ByContents
from ..rounding import power_of_two, rounded

_TEXTS, _ARRAYS = ("game", "concept", "uncertainty", "given"), ("reward_range", "initial", "visits")


@dataclass(frozen=True, eq=False, repr=False)
class About(ByContents):
    """What is known of a result besides its arrays; nothing need be.

    Attributes
    ----------
    game : str
        Name of the game.
    n_actions : tuple of int
        Number of actions of each player.
    state_names : tuple of str
        Name of each state.
    action_names : tuple of tuple of str
        For each player the name of each action.
    reward_range : numpy.ndarray of shape (m, 2) or None
        Between which values each player's rewards lie.
    concept : str
        Which equilibrium.
    uncertainty : str
        The uncertainty sets, as text.
    initial : numpy.ndarray of shape (S,) or None
        Where play starts.
    visits : numpy.ndarray of shape (H, S) or None
        How often an episode of the policy is expected to be in each state, at each step.
    given : str
        What was stated about the game and not learned, as text.
    """

    game: str = ""
    n_actions: tuple[int, ...] = ()
    state_names: tuple[str, ...] = ()
    action_names: tuple[tuple[str, ...], ...] = ()
    reward_range: np.ndarray | None = None
    concept: str = ""
    uncertainty: str = ""
    initial: np.ndarray | None = None
    visits: np.ndarray | None = None
    given: str = ""

    @cached_property
    def state_numbers(self) -> dict[str, int]:
        """Index of each state by its name."""
        return {name: s for s, name in enumerate(self.state_names)}

    def state_name(self, state: int) -> str:
        """Name of a state; its index where it has none."""
        return self.state_names[state] if self.state_names else str(state)

    def joint_action_name(self, joint_action: int) -> str:
        """Name of a joint action, such as "(go, wait)"; with indices where there are no names."""
        if not self.n_actions:
            return str(joint_action)
        return joint_name(self.action_names or [range(n) for n in self.n_actions], joint_action)

    def numbers(self, values: Any) -> np.ndarray:
        """Values, rounded to where they are the same on every processor."""
        scale = 1.0 if self.reward_range is None else power_of_two(self.reward_range)
        return rounded(np.asarray(values, dtype=np.float64), scale) + 0.0  # no -0

    def at_start(self, values: np.ndarray) -> np.ndarray:
        """Values (..., S) at the start, or in the first state where the start is not known."""
        return values[..., 0] if self.initial is None else values @ self.initial

    def parts(self) -> dict[str, np.ndarray]:
        """What is known, as arrays that can be stored."""
        words = [word for own in self.action_names for word in own]
        given = {name: getattr(self, name) for name in (*_TEXTS, *_ARRAYS, "n_actions", "state_names")}
        given["action_names"] = words
        return {name: np.array(each) for name, each in given.items() if each is not None and len(each)}

    @classmethod
    def from_parts(cls, made: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> About:
        """What :meth:`parts` are given of, of a game of ``shape`` (H, S, A); others may be among them."""
        known: dict[str, Any] = {name: np.asarray(made[name]) for name in _ARRAYS if name in made}
        known |= {name: str(made[name]) for name in _TEXTS if name in made}
        if "n_actions" in made:
            known["n_actions"] = tuple(int(n) for n in made["n_actions"])
        if "state_names" in made:
            known["state_names"] = tuple(str(word) for word in made["state_names"])
        if "action_names" in made:
            own = np.split(np.asarray(made["action_names"]), np.cumsum(known["n_actions"])[:-1])
            known["action_names"] = tuple(tuple(str(word) for word in each) for each in own)
        about = cls(**known)
        about.check(shape)
        return about

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise unless all that is known is of a game of ``shape`` (H, S, A)."""
        horizon, n_states, n_joint = shape
        own = tuple(len(words) for words in self.action_names)
        if (self.n_actions and math.prod(self.n_actions) != n_joint) or own not in ((), self.n_actions):
            raise ValueError(f"n_actions {self.n_actions} and {own} action names do not make {n_joint} joint actions")
        if len(self.state_names) not in (0, n_states):
            raise ValueError(f"state_names must be {n_states}, got {len(self.state_names)}")
        if self.initial is not None:
            checks.distribution("initial", self.initial, n_states)
        if self.visits is not None:
            checks.has_shape("visits", checks.finite_array("visits", self.visits), (horizon, n_states), "(H, S)")
        if self.reward_range is not None:
            checks.has_shape("reward_range", self.reward_range, (len(self.n_actions), 2), "(m, 2)")


def joint_name(action_names: Sequence[Sequence[Any]], joint_action: int) -> str:
    """Name of a joint action, such as "(go, wait)"; without brackets if there is one player."""
    each = np.unravel_index(joint_action, [len(names) for names in action_names])
    words = [str(names[int(a)]) for names, a in zip(action_names, each, strict=True)]
    return words[0] if len(words) == 1 else f"({', '.join(words)})"


def text_of(uncertainty: Any) -> str:
    """Uncertainty sets as text: one, or one per player; a set of one's own that has no text by its class."""
    if isinstance(uncertainty, Sequence):
        return f"[{', '.join(map(text_of, uncertainty))}]"
    kind: Any = type(uncertainty)
    return kind.__qualname__ if kind.__repr__ is object.__repr__ else " ".join(repr(uncertainty).split())


def act(self: Any, h: int, state: Any, rng: np.random.Generator) -> int:
    """Draw the joint action to play.

    Parameters
    ----------
    h : int
        Step, from 0 to H - 1.
    state : int or str
        Index of the state, or its name; any other label by the name that it is written as.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    int
        Index of the joint action.

    Raises
    ------
    ValueError, TypeError
        If there is no such step or state.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Nominal, solve, zoo
    >>> game = zoo.traffic_merge()
    >>> solution, rng = solve(game, Nominal()), np.random.default_rng(0)
    >>> action = solution.act(0, game.state_names[0], rng)
    >>> bool(solution.policy[0, 0, action] > 0)
    True
    """
    policy, about = np.asarray(self.policy), self.about
    step, n_states = checks.integer("h", h, 0, len(policy) - 1), policy.shape[1]
    if isinstance(state, (int, np.integer)) and not isinstance(state, (bool, np.bool_)):
        s = checks.integer("state", state, 0, n_states - 1)
    elif not isinstance(state, list) and checks.as_text("state", state) in about.state_numbers:
        s = about.state_numbers[str(state)]
    else:
        names = ", ".join(map(repr, about.state_names[:8])) + (", ..." if len(about.state_names) > 8 else "")
        known = f"an index from 0 to {n_states - 1}" + (f", or one of {names}" if names else "; no names are known")
        raise ValueError(f"state must be {known}; got {checks.brief(state, 80)}")
    checks.generator(rng)
    row = checks.probability_rows(f"policy[{step}, {s}]", policy[step, s], 1)
    return int(rng.choice(len(row), p=row))
