"""Environments of PettingZoo and gymnasium as ``learn`` asks for them: states and joint actions are numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import checks
from ..games import MarkovGame
from .episodes import Environment

if TYPE_CHECKING:
    from .parallel import ParallelGame

_NEEDED = ("possible_agents", "reset", "step", "observation_space", "action_space")


def from_parallel_env(
    env: Any,
    horizon: int,
    reward_range: Any = (0, 1),
    rewards: str = "deterministic",
    observations: str | None = None,
    states: Iterable[Any] | None = None,
    ends: str = "observed",
    initial: Any = None,
) -> Environment:
    """Make an environment that can be learned of a PettingZoo ``ParallelEnv`` with finite spaces.

    Parameters
    ----------
    env : ParallelEnv
        Its agents are the players, in the order of ``possible_agents``. Spaces are Discrete, MultiDiscrete,
        MultiBinary, a Box of integers with bounds, or a Tuple of such; actions are no Box.
    horizon : int
        Number of steps H, at which an episode is cut off.
    reward_range : (lo, hi), or array_like of shape (m, 2) or (m, H, 2)
        Between which values rewards lie: what a learner is told before it has seen any.
    rewards : {"deterministic", "next_state", "random"}
        As in :class:`mornavi_lite.Counts`.
    observations : {"shared", "joint", "state"} or None
        What the state is: the observation that all agents share; the tuple of the agents' observations, so that every
        player sees what all see; or what ``env.state()`` returns. None: "state" where ``env.state_space`` is finite,
        else "shared".
    states : iterable or None
        The observations that can occur, in the order in which they are numbered. None: all of the space.
    ends : {"observed", "one"}
        Where an episode stays, and pays 0, that ends before the horizon: in the state that was observed last; or in one
        more state, the last, that stands for every end.
    initial : int, array_like of shape (S,) or None
        The state in which every episode begins, or the distribution of the first state. None: it is learned.

    Returns
    -------
    Environment
        What ``learn`` asks for, with ``support``, and ``state`` and ``actions`` to play what was learned.

    Raises
    ------
    TypeError
        If ``env`` is no such environment, or a space is not finite; the message names the agent and the space.
    ValueError
        If an argument is not of that form; later, at the step where it is seen, if agents that should share their
        observations do not, an observation is not among the states, a mask forbids actions, or what an agent's leaving
        changes cannot be told from the state.

    Notes
    -----
    Chapter 5, "Your own environment". Whether the state is one, so that it decides the law of what follows, is the
    user's word. Each episode is reset with a seed from the learner's generator: an environment that draws all from that
    seed is the same to the byte when a run is taken up again.

    *Ends.* Terminations and truncations, also by a time limit of the environment, end the episode for an agent; once
    all have left, the rest of the horizon pays 0. "observed" adds no state, to which an uncertainty set might move
    mass; a state in which an episode has ended is then an end whenever it is reached at that step. Where the
    environment goes on from it at other times, "one" is right: ``support=environment.support`` may then be stated, and
    ``fail_state=environment.end`` if 0 is the least of ``reward_range`` and nothing else is paid on the way to an end.

    *Agents that leave* pay 0 from then on, and what they would play is not passed on. Which agents are there must
    follow from step and state.

    Examples
    --------
    Anything with these methods will do; spaces are known by their attributes:

    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from mornavi_lite.formats import from_parallel_env
    >>> class Meeting:
    ...     possible_agents = ["a", "b"]
    ...     def observation_space(self, agent): return SimpleNamespace(n=2)
    ...     def action_space(self, agent): return SimpleNamespace(n=3)
    ...     def reset(self, seed=None, options=None):
    ...         self.agents, self.rng = ["a", "b"], np.random.default_rng(seed)
    ...         return {"a": 0, "b": 0}, {}
    ...     def step(self, actions):
    ...         met = actions["a"] == actions["b"]
    ...         self.agents = [] if met else ["a", "b"]
    ...         seen, paid = int(self.rng.random() < 0.5), float(met)
    ...         both = (dict.fromkeys("ab", each) for each in (seen, paid, met, False))
    ...         return *both, {}
    >>> environment = from_parallel_env(Meeting(), horizon=5, ends="one", initial=0)
    >>> environment.n_states, environment.n_actions, environment.state_names
    (3, (3, 3), ('0', '1', 'end'))
    >>> rng = np.random.default_rng(0)
    >>> environment.reset(rng), environment.step(4, rng)[0] == environment.end
    (0, True)
    """
    for name in _NEEDED:
        if not hasattr(env, name):
            raise TypeError(f"env must be a PettingZoo ParallelEnv, got {type(env).__name__}, which has no {name}")
    return Environment(env, horizon, reward_range, rewards, observations, states, ends, initial)


def from_gymnasium_env(
    env: Any,
    horizon: int,
    reward_range: Any = (0, 1),
    rewards: str = "deterministic",
    states: Iterable[Any] | None = None,
    ends: str = "observed",
    initial: Any = None,
) -> Environment:
    """Make an environment that can be learned of a gymnasium environment with finite spaces: a game of one player.

    Parameters
    ----------
    env : gymnasium.Env
        Where it has its kernel as a table, :func:`from_gymnasium` makes a known game of it.
    horizon, reward_range, rewards, states, ends, initial
        As in :func:`from_parallel_env`.

    Returns
    -------
    Environment
        What ``learn`` asks for.

    Raises
    ------
    TypeError, ValueError
        As :func:`from_parallel_env`.

    Notes
    -----
    Chapter 5, "Your own environment".

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from mornavi_lite.formats import from_gymnasium_env
    >>> class Coin:
    ...     observation_space, action_space = SimpleNamespace(n=2), SimpleNamespace(n=2)
    ...     def reset(self, seed=None, options=None):
    ...         self.rng = np.random.default_rng(seed)
    ...         return 0, {}
    ...     def step(self, action):
    ...         side = int(self.rng.random() < 0.5)
    ...         return side, float(side == action), False, False, {}
    >>> environment = from_gymnasium_env(Coin(), horizon=3)
    >>> environment.n_states, environment.n_actions, environment.reset(np.random.default_rng(0))
    (2, (2,), 0)
    """
    for name in _NEEDED[1:]:
        if not hasattr(env, name):
            raise TypeError(f"env must be a gymnasium environment, got {type(env).__name__}, which has no {name}")
    return Environment(_Alone(env), horizon, reward_range, rewards, None, states, ends, initial)


def to_parallel_env(game: MarkovGame, render_mode: str | None = None) -> ParallelGame:
    """Make a PettingZoo ``ParallelEnv`` of a game.

    Parameters
    ----------
    game : MarkovGame
        Dense or sparse. Its players are the agents ``player_0``, ``player_1``, ...
    render_mode : "ansi" or None
        With "ansi", ``render()`` returns a line of text: the step and the state by name, and what led there.

    Returns
    -------
    pettingzoo.ParallelEnv
        Every agent observes the number of the state, which ``state()`` returns as well; rewards are those of the game,
        and the end of the horizon terminates all agents. Where the game has legal actions, ``infos[agent]`` has an
        ``action_mask``, and an illegal action stands for the player's first legal one.

    Raises
    ------
    ImportError
        If PettingZoo is missing: ``pip install 'mornavi-lite[pettingzoo]'``.
    TypeError, ValueError
        If an argument is not of that form.

    Notes
    -----
    Chapter 1, :prf:ref:`def-markov-game`. Episodes have the law of :meth:`mornavi_lite.MarkovGame.play`.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.formats import to_parallel_env
    >>> env = to_parallel_env(zoo.delayed_coordination(), render_mode="ansi")
    >>> observations, infos = env.reset(seed=0)
    >>> env.render()
    'step 0 of 5: 0'
    >>> env.step({"player_0": 1, "player_1": 1})[2]
    {'player_0': False, 'player_1': False}
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    if render_mode is not None:
        checks.one_of("render_mode", render_mode, ("ansi",))
    try:
        from .parallel import ParallelGame
    except ImportError as error:
        raise ImportError(
            "to_parallel_env makes an environment of PettingZoo, and that is missing: "
            "pip install 'mornavi-lite[pettingzoo]'"
        ) from error
    return ParallelGame(game, render_mode)


class _Alone:
    """A gymnasium environment in PettingZoo's form, with one agent."""

    possible_agents = ("player",)

    def __init__(self, env: Any) -> None:
        self.env, self.agents = env, ["player"]

    def __str__(self) -> str:
        spec = getattr(self.env, "spec", None)
        return str(getattr(spec, "id", None) or type(self.env).__name__)

    def observation_space(self, agent: str) -> Any:
        return self.env.observation_space

    def action_space(self, agent: str) -> Any:
        return self.env.action_space

    def reset(self, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        observation, info = self.env.reset(seed=seed)
        self.agents = ["player"]
        return {"player": observation}, {"player": info}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        said = self.env.step(actions["player"])
        self.agents = [] if said[2] or said[3] else ["player"]
        return tuple({"player": each} for each in said)
