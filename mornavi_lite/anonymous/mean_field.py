"""Games of a crowd: kernel and rewards by the shares of players, for any number of players and for the limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..planning import Solution, Uncertainty
from ..planning.backup import backward
from ..summaries import About, text_of
from .backup import one_set
from .game import AnonymousGame
from .profiles import profiles

#: The limit's equilibria are looked for between so many shares; two that lie closer together may be missed.
GRID_OF_SHARES = 1024


class MeanFieldGame:
    """A game in which kernel and rewards depend on the share of players on each action, the same at every step.

    Parameters
    ----------
    kernel : callable
        From shares (A,) to probabilities (S, S) of the next state, a row for each state.
    reward : callable
        From shares (A,) to rewards (S, A) of a player who takes an action.
    n_states, n_actions, horizon : int
        Numbers of states, actions of each player, and steps.
    initial, name, state_names, action_names, reward_range
        As :class:`AnonymousGame` takes them.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 14, :prf:ref:`def-mean-field`. All players share the state.

    Examples
    --------
    >>> from mornavi_lite.anonymous import bridge_and_tunnel
    >>> road = bridge_and_tunnel()
    >>> road.with_players(6).n_profiles, road.with_players(600).n_profiles
    (7, 601)
    """

    def __init__(
        self,
        kernel: Callable[[np.ndarray], Any],
        reward: Callable[[np.ndarray], Any],
        n_states: int,
        n_actions: int,
        horizon: int,
        initial: Any = None,
        name: str = "",
        state_names: Sequence[str] | None = None,
        action_names: Sequence[str] | None = None,
        reward_range: Any = None,
    ) -> None:
        if not callable(kernel) or not callable(reward):
            raise TypeError("kernel and reward must be functions of the shares (A,)")
        self.kernel, self.reward = kernel, reward
        self.n_states, self.n_actions = (
            checks.integer("n_states", n_states, 1),
            checks.integer("n_actions", n_actions, 1),
        )
        self.horizon = checks.integer("horizon", horizon, 1)
        self.initial = checks.distribution("initial", initial, self.n_states)
        self.called: dict[str, Any] = {"name": name, "state_names": state_names, "action_names": action_names}
        if reward_range is not None and not isinstance(reward_range, str):
            reward_range = tuple(checks.finite_array("reward_range", reward_range, 1).tolist())
        self.reward_range = reward_range

    def at_shares(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Kernels (N, S, S) and rewards (N, S, A) at shares (N, A)."""
        rows = checks.real_array("kernel", [self.kernel(each) for each in shares])
        checks.has_shape("kernel", rows, (len(shares), self.n_states, self.n_states), "(N, S, S)")
        pays = checks.real_array("reward", [self.reward(each) for each in shares])
        checks.has_shape("reward", pays, (len(shares), self.n_states, self.n_actions), "(N, S, A)")
        return checks.probability_rows("kernel", rows), checks.finite_array("reward", pays)

    def with_players(self, n_players: int) -> AnonymousGame:
        """The game of m players.

        Parameters
        ----------
        n_players : int
            Number of players m.

        Returns
        -------
        AnonymousGame
            With the shares n / m of each profile n.

        Examples
        --------
        >>> from mornavi_lite.anonymous import bridge_and_tunnel
        >>> bridge_and_tunnel(horizon=3).with_players(6)
        AnonymousGame(name='bridge and tunnel', n_players=6, n_actions=2, horizon=3, n_states=2)
        """
        listed = profiles(checks.integer("n_players", n_players, 1), self.n_actions)
        rows, pays = self.at_shares(listed / n_players)
        transition = np.broadcast_to(rows.swapaxes(0, 1), (self.horizon, self.n_states, len(listed), self.n_states))
        reward = np.moveaxis(pays, 0, -1)
        reward = np.broadcast_to(reward, (self.horizon, *reward.shape))
        options = {"reward_range": self.reward_range, **self.called}
        return AnonymousGame(n_players, self.n_actions, transition, reward, self.initial, **options)

    def limit(self, uncertainty: Uncertainty) -> Solution:
        """The symmetric equilibrium of infinitely many players, of whom none moves the shares; two actions.

        Parameters
        ----------
        uncertainty : UncertaintySet
            The set of every player.

        Returns
        -------
        Solution
            Policy (H, S, 2), value (1, H+1, S), and the largest gain at any step and state that rounding leaves.

        Raises
        ------
        ValueError, TypeError
            If there are not two actions, or an argument is not of that form.

        Notes
        -----
        Chapter 14, :eq:`mean-field-equilibrium`. What follows is the same whatever one player does, so the equilibrium
        makes the two rewards equal: a share with r_0 = r_1, or an end. Of several that of the highest payoff is taken.
        They are found between neighbours of a grid of 1024 shares.

        Examples
        --------
        >>> from mornavi_lite import TotalVariation
        >>> from mornavi_lite.anonymous import bridge_and_tunnel, equilibrium_gap
        >>> road, ball = bridge_and_tunnel(), TotalVariation(0.1)
        >>> gaps = [equilibrium_gap(road.with_players(m), road.limit(ball).policy, ball) for m in (100, 200)]
        >>> bool(1.8 < gaps[0] / gaps[1] < 2.2)
        True
        """
        if self.n_actions != 2:
            raise ValueError(f"n_actions must be 2 for the limit to be found, got {self.n_actions}")
        ball = one_set(uncertainty)
        shares = self._candidates()
        places = [np.stack([each, 1 - each], axis=-1) for each in shares]
        found = [self.at_shares(each) for each in places]
        policy, left = np.empty((self.horizon, self.n_states, 2)), 0.0

        def best(h: int, value: np.ndarray) -> np.ndarray:
            worth = np.empty(self.n_states)
            for s, (rows, pays) in enumerate(found):
                values = (places[s] * pays[:, s]).sum(axis=-1) + ball.worst_case_unchecked(rows[:, s], value[0])
                top = len(values) - 1 - int(np.round(values, 10)[::-1].argmax())
                policy[h, s], worth[s] = places[s][top], values[top]
            return worth[None]

        value = backward(self.horizon, (1, self.n_states), best)
        for s, (_, pays) in enumerate(found):
            left = max(left, float((pays[:, s].max(axis=-1) - (places[s] * pays[:, s]).sum(axis=-1)).max()))
        about = About(
            f"{self.called['name'] or 'a game'}, one of infinitely many players",
            (2,),
            checks.names("state_names", self.called["state_names"], self.n_states),
            (checks.names("action_names", self.called["action_names"], 2),),
            concept="nash",
            uncertainty=text_of(uncertainty),
            initial=self.initial,
        )
        return Solution(policy, value, left, about)

    def _candidates(self) -> list[np.ndarray]:
        """For each state the shares (n,) of action 0 at which nobody gains by the other action."""
        grid = np.linspace(0.0, 1.0, GRID_OF_SHARES + 1)

        def gains(at: np.ndarray) -> np.ndarray:
            pays = self.at_shares(np.stack([at, 1 - at], axis=-1))[1]
            return np.asarray(pays[..., 0] - pays[..., 1])

        on_grid, every = gains(grid), []
        for s in range(self.n_states):
            gain = on_grid[:, s]
            found = grid[gain == 0].tolist() + [0.0] * bool(gain[0] < 0) + [1.0] * bool(gain[-1] > 0)
            for k in np.flatnonzero(gain[:-1] * gain[1:] < 0):
                low, high = grid[k], grid[k + 1]
                for _ in range(60):
                    middle = (low + high) / 2
                    same = gains(np.array([middle]))[0, s] * gain[k] > 0
                    low, high = (middle, high) if same else (low, middle)
                found.append((low + high) / 2)
            every.append(np.unique(found))
        return every
