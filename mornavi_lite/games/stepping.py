"""From a function that says what one step does to the rows of a game: states are found from the start on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import checks
from .sparse import merged

if TYPE_CHECKING:
    from .markov_game import MarkovGame


#: ``from_step`` stores a dense kernel up to this many states, and where rows are at least this full.
DENSE_UP_TO, DENSE_FROM = 64, 0.25


class Labels(dict[Hashable, int]):
    """Numbers for labels, in the order in which they are first asked for; ``listed`` has the labels in that order."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[Hashable] = []

    def __missing__(self, label: Hashable) -> int:
        number = self[label] = len(self.listed)
        self.listed.append(label)
        return number


class Outcomes(NamedTuple):
    """What a step function said: one block for each step, state and legal joint action, and its outcomes in lists."""

    states: Labels
    actions: list[Labels]
    legal: list[tuple[tuple[int, ...], ...]]  # per state and player: numbers of the legal actions
    block: list[tuple[int, ...]]  # step, state, action of each player
    size: list[int]  # outcomes of the block
    following: list[int]
    probability: list[float]
    reward: list[Any]


class Rows(NamedTuple):
    """Rows (steps, S, A, B) of a game, rewards (m, steps, S, A, B), and who may do what (S, A_i)."""

    next_state: np.ndarray
    probability: np.ndarray
    reward: np.ndarray
    legal: tuple[np.ndarray, ...]


def from_step(
    cls: type[MarkovGame],
    /,
    step: Callable[..., Any],
    actions: Any,
    horizon: int,
    initial: Any,
    states: Any = None,
    by_step: bool = False,
    reward_range: Any = None,
    name: str = "",
) -> MarkovGame:
    """Make a game from a function that says what one step does; its states are found by following it.

    Parameters
    ----------
    step : callable
        ``step(state, joint_action)``, with ``by_step`` ``step(state, joint_action, h)``: an iterable of (probability,
        next state, rewards), the joint action a tuple with one action per player, rewards one number per player.
        Nothing, whatever is done, makes a terminal state: it stays and pays 0.
    actions : sequence, or callable
        One sequence of actions per player; or a function from a state to the *legal* actions there, one sequence per
        player. States and actions are any hashable objects; actions are numbered by first appearance.
    horizon : int
        Number of steps H.
    initial : hashable or dict
        First state, or the probability of each first state.
    states : iterable or None
        All states, in the order in which they are numbered. None: those that can be reached, breadth first.
    by_step : bool
        Whether ``step`` depends on the step. It is then asked about every state at every step.
    reward_range, name
        As in :class:`mornavi_lite.MarkovGame`.

    Returns
    -------
    MarkovGame
        Named by the labels; sparse where that is smaller. Rewards may depend on the next state. Entries for one next
        state add up, and their rewards are averaged by probability.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or what ``step`` yields is not; the message says at which state and actions.

    Notes
    -----
    Chapter 3, "Your own game". The reward of a next state that ``step`` does not name is the lowest of the range.

    Examples
    --------
    Two players walk on a line of five places and are paid for meeting:

    >>> from mornavi_lite import MarkovGame, TotalVariation, solve
    >>> def step(places, moves):
    ...     after = tuple(min(4, max(0, place + move)) for place, move in zip(places, moves))
    ...     met = float(after[0] == after[1])
    ...     yield 0.9, after, (met, met)
    ...     yield 0.1, places, (0, 0)
    >>> game = MarkovGame.from_step(step, [(-1, 0, 1)] * 2, horizon=4, initial=(0, 4))
    >>> solution = solve(game, TotalVariation(0.05))
    >>> game.n_states, bool(0 < solution.value[0, 0, game.state((0, 4))] < 3)
    (25, True)
    """
    if not callable(step):
        raise TypeError(f"step must be a function, got {type(step).__name__}")
    steps, starts, layered = checks.integer("horizon", horizon, 1), start_of(initial), checks.truth("by_step", by_step)
    found = explore(step, actions, steps, starts, states, layered)
    rows = rows_of(found, steps if layered else 1)
    n_states, counts = len(found.states.listed), [len(each.listed) for each in found.actions]
    start = np.zeros(n_states)
    for state, chance in starts.items():
        start[found.states[state]] = checks.number(f"initial[{state!r}]", chance, 0.0, 1.0)
    next_state, probability = (np.broadcast_to(each, (steps, *each.shape[1:])) for each in rows[:2])
    reward = rows.reward[..., 0] if (rows.reward == rows.reward[..., :1]).all() else rows.reward
    game = cls._made(
        next_state,
        probability,
        np.broadcast_to(reward, (len(counts), steps, *reward.shape[2:])),
        counts,
        n_states,
        start,
        name=name,
        state_names=found.states.listed,
        action_names=[each.listed for each in found.actions],
        reward_range=reward_range,
        legal=rows.legal,
    )
    full = rows.next_state.shape[-1] >= DENSE_FROM * n_states
    return game.dense() if n_states <= DENSE_UP_TO or full else game


def start_of(initial: Any) -> dict[Hashable, float]:
    """Probability of each first state."""
    if isinstance(initial, Mapping):
        if not initial:
            raise ValueError("initial must name at least one state, got none")
        return dict(initial)
    return {hashable("initial", initial): 1.0}


def hashable(name: str, label: Any) -> Hashable:
    """A label, if it can be one."""
    try:
        hash(label)
    except TypeError:
        raise TypeError(f"{name} must be hashable, got {checks.shown(label)}") from None
    return label


def legal_actions(actions: Any, state: Hashable) -> tuple[tuple[Hashable, ...], ...]:
    """The legal actions at a state, one tuple per player."""
    given = actions(state) if callable(actions) else actions
    if not checks.is_sequence(given) or len(given) == 0:
        raise TypeError(
            f"actions must be one sequence per player, or a function of the state, got {checks.brief(given)}"
        )
    each = []
    for i, own in enumerate(given):
        where = f"actions of player {i}" + (f" at state {state!r}" if callable(actions) else "")
        if isinstance(own, (str, bytes)) or not isinstance(own, Iterable):
            raise TypeError(f"{where} must be a sequence, got {checks.brief(own, 80)}")
        each.append(tuple(hashable(where, action) for action in own))
        if not each[-1] or len(set(each[-1])) < len(each[-1]):
            raise ValueError(f"{where} must be one or more, all different, got {each[-1]!r:.80}")
    return tuple(each)


def explore(
    step: Callable[..., Any], actions: Any, horizon: int, starts: Iterable[Hashable], states: Any, by_step: bool
) -> Outcomes:
    """Follow ``step`` from the first states on, breadth first, until no new state turns up."""
    numbers = Labels()
    if states is not None and (not isinstance(states, Iterable) or getattr(states, "ndim", 1) == 0):
        raise TypeError(f"states must be an iterable of labels, got {checks.shown(states)}")
    for state in starts if states is None else states:
        numbers[hashable("states", state)]
    n_given = None if states is None else len(numbers.listed)
    for state in starts:
        if state not in numbers:
            raise ValueError(f"initial names the state {checks.brief(state, 80)}, which states does not list")
    found = Outcomes(numbers, [], [], [], [], [], [], [])
    following, probability, reward = found.following, found.probability, found.reward
    for at, state in enumerate(numbers.listed):  # which grows meanwhile
        each = legal_actions(actions, state)
        if at == 0:
            found.actions.extend(Labels() for _ in each)
        elif len(each) != len(found.actions):
            raise ValueError(f"actions at state {state!r} have {len(each)} players, elsewhere {len(found.actions)}")
        own = tuple(tuple(names[a] for a in mine) for names, mine in zip(found.actions, each, strict=True))
        found.legal.append(own)
        moves = list(zip(itertools.product(*each), itertools.product(*own), strict=True))
        for h in range(horizon if by_step else 1):
            for joint, indices in moves:
                before = len(following)
                for entry in (step(state, joint, h) if by_step else step(state, joint)) or ():
                    try:
                        chance, then, paid = entry
                        following.append(numbers[then])
                    except (TypeError, ValueError):
                        raise ValueError(
                            f"step at state {state!r}, actions {joint!r}, must yield (probability, next state, "
                            f"rewards), got {checks.brief(entry, 80)}"
                        ) from None
                    probability.append(chance)
                    reward.append(paid)
                found.block.append((h, at, *indices))
                found.size.append(len(following) - before)
        if n_given is not None and len(numbers.listed) > n_given:
            raise ValueError(f"step at state {state!r} leads to {numbers.listed[n_given]!r}, which states lacks")
    return found


def rows_of(found: Outcomes, n_steps: int) -> Rows:
    """The rows of all steps, states and joint actions: terminal states stay and pay 0, illegal actions stand in."""
    n_actions = tuple(len(each.listed) for each in found.actions)
    n_states, n_joint = len(found.states.listed), int(np.prod(n_actions))
    blocks, size = np.array(found.block), np.array(found.size)
    joint = np.ravel_multi_index(tuple(blocks[:, 2:].T), n_actions)
    row = (blocks[:, 0] * n_states + blocks[:, 1]) * n_joint + joint
    rewards, weights = _rewards(found, len(n_actions)), _numbers(found)
    ended = _terminal(found, blocks, size, n_steps)
    width, n_rows = max(1, int(size.max())), n_steps * n_states * n_joint
    stay = np.tile(np.repeat(np.arange(n_states), n_joint), n_steps)
    next_state, probability = np.repeat(stay[:, None], width, axis=1), np.zeros((n_rows, width))
    reward = np.zeros((len(n_actions), n_rows, width))
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    entry = np.repeat(row, size)
    following = np.array(found.following, dtype=np.int64)
    next_state[row[size > 0]] = following[np.cumsum(size)[size > 0] - 1, None]  # what a shorter row repeats
    next_state[entry, place] = following
    probability[entry, place] = weights
    reward[:, entry, place] = rewards.T
    probability[row[ended], 0] = 1.0
    states, weights, pays = merged(next_state, probability, reward)
    assert pays is not None
    masks = tuple(np.zeros((n_states, n), dtype=bool) for n in n_actions)
    for s, each in enumerate(found.legal):
        for mask, own in zip(masks, each, strict=True):
            mask[s, list(own)] = True
    shape = (n_steps, n_states, n_joint, states.shape[1])
    return Rows(states.reshape(shape), weights.reshape(shape), pays.reshape(len(n_actions), *shape), masks)


def _terminal(found: Outcomes, blocks: np.ndarray, size: np.ndarray, n_steps: int) -> np.ndarray:
    """Which blocks are of terminal states: those at which nothing is yielded, whatever is done."""
    cell = blocks[:, 0] * len(found.states.listed) + blocks[:, 1]
    most = np.zeros(n_steps * len(found.states.listed), dtype=np.int64)
    np.maximum.at(most, cell, size)
    mixed = (size == 0) & (most[cell] > 0)
    if mixed.any():
        raise ValueError(
            f"step yields nothing for {_place(found, int(mixed.argmax()))}, but something for other actions there; "
            "a terminal state yields nothing whatever is done"
        )
    return np.asarray(size == 0)


def _numbers(found: Outcomes) -> np.ndarray:
    """Probabilities of all outcomes, checked block by block."""
    size, weights = np.array(found.size), np.empty(len(found.probability))
    for k, each in enumerate(found.probability):
        try:
            weights[k] = _as_float(each)
        except (TypeError, ValueError, OverflowError):
            said = checks.brief(each, 80)
            raise TypeError(f"step at {_place_of(found, k)} must yield probabilities, got {said}") from None
    wrong = ~((weights >= 0) & (weights <= 1 + checks.ROW_TOLERANCE))
    if wrong.any():
        k = int(wrong.argmax())
        raise ValueError(f"step at {_place_of(found, k)} yields a probability of {weights[k]}, not in [0, 1]")
    total = np.bincount(np.repeat(np.arange(len(size)), size), weights, minlength=len(size))
    off = (size > 0) & (np.abs(total - 1) > checks.ROW_TOLERANCE)
    if off.any():
        k = int(off.argmax())
        raise ValueError(f"step at {_place(found, k)} yields probabilities that must sum to 1, got {total[k]}")
    return weights


def _rewards(found: Outcomes, n_players: int) -> np.ndarray:
    """Rewards (outcomes, m)."""
    try:
        rewards = checks.real_array("rewards", found.reward).reshape(len(found.reward), n_players)
    except (TypeError, ValueError):  # some are no numbers, or too many, or of a kind that NumPy does not know
        rewards = np.array([_own_rewards(found, k, n_players) for k in range(len(found.reward))])
    bad = ~np.isfinite(rewards)
    if bad.any():
        k, i = checks.first_true(bad)
        raise ValueError(f"step at {_place_of(found, k)} yields a reward of {rewards[k, i]} for player {i}")
    return rewards


def _own_rewards(found: Outcomes, k: int, n_players: int) -> list[float]:
    """Rewards of an outcome, one number per player."""
    try:
        own = [_as_float(each) for each in np.array(found.reward[k]).ravel()]
    except (TypeError, ValueError, OverflowError):
        own = []
    if len(own) != n_players:
        said = f"must yield one reward per player, {n_players}, got {checks.brief(found.reward[k])}"
        raise ValueError(f"step at {_place_of(found, k)} {said}")
    return own


def _as_float(value: Any) -> float:
    """A number of any kind, fractions and decimals too, but not a text, which Python would read as one."""
    if isinstance(value, (str, bytes)):
        raise TypeError
    return float(value)


def _place_of(found: Outcomes, outcome: int) -> str:
    """Words for the block of an outcome."""
    return _place(found, int(np.searchsorted(np.cumsum(found.size), outcome, "right")))


def _place(found: Outcomes, block: int) -> str:
    """Words for a block: state and actions by their labels."""
    _, state, *own = found.block[block]
    joint = tuple(names.listed[a] for names, a in zip(found.actions, own, strict=True))
    return f"state {found.states.listed[state]!r}, actions {joint!r}"
