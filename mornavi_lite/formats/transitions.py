"""From a list of transitions to a game: what tables and environments have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import MOST_BYTES, NORMALIZED_WITHIN
from ..games.stepping import DENSE_FROM, DENSE_UP_TO

#: Where an entry's probability stands, or a player's reward, in words for a message.
Place = Callable[..., str]


class Transitions(NamedTuple):
    """Transitions of a game, n of them: arrays (n,), and the rewards of each player (m, n)."""

    step: np.ndarray
    state: np.ndarray
    joint_action: np.ndarray
    next_state: np.ndarray
    probability: np.ndarray
    reward: np.ndarray


class Length(NamedTuple):
    """How long a game is: a horizon, or a discount with the accuracy at which it is cut off."""

    horizon: int | None
    discount: float | None
    accuracy: float | None

    def checked(self, n_steps: int | None = None) -> Length:
        """The same, if it says one of the two; ``n_steps`` is the number of steps that a table lists itself."""
        horizon, discount, accuracy = self
        if (discount is None) != (accuracy is None):
            got = f"discount={checks.brief(discount)}, accuracy={checks.brief(accuracy)}"
            raise ValueError(f"discount and accuracy go together, got {got}")
        if discount is not None and (horizon is not None or n_steps is not None):
            raise ValueError("discount goes without a horizon and without a column of steps")
        if discount is None and horizon is None and n_steps is None:
            raise ValueError("horizon must be a number of steps, got None and no discount")
        if horizon is not None:
            horizon = checks.integer("horizon", horizon, 1)
            if n_steps is not None and horizon != n_steps:
                raise ValueError(
                    f"horizon must be {n_steps}, the number of steps that are listed, or None; got {horizon}"
                )
        return self._replace(horizon=horizon if n_steps is None else n_steps)


def game_of(
    found: Transitions,
    place: Place,
    state_names: Sequence[str],
    action_names: Sequence[Sequence[str]],
    length: Length,
    n_steps: int | None,
    reward_range: Any,
    normalize: bool,
    initial: Any,
    name: str,
) -> MarkovGame:
    """The game of a list of transitions, of which those of one row for one next state add up.

    Actions that a state does not list are illegal there; a state that lists none is terminal: it stays and pays 0.
    """
    check_probabilities(found.probability, place)
    check_rewards(found.reward, reward_range, place)
    n_actions, n_states = tuple(map(len, action_names)), len(state_names)
    n_joint, m, layers = math.prod(n_actions), len(action_names), n_steps or 1
    refuse_too_many(layers * n_states * n_joint, 1, m)
    row = (found.step * n_states + found.state) * n_joint + found.joint_action
    check_sums(found, row, place, normalize, state_names, action_names)
    entries = combined(found, row, n_states)
    size = np.bincount(entries.row.astype(np.intp, copy=False), minlength=layers * n_states * n_joint)
    listed = size.reshape(layers, n_states, n_joint) > 0
    masks = legal_actions(listed, state_names, action_names)
    rows = [each.reshape(layers, n_states, n_joint, -1) for each in rows_of(entries, size, n_states, n_joint)]
    next_state, probability = rows[0], rows[1]
    if isinstance(reward_range, str):
        reward_range = observed(entries.reward, ended=not listed.any(axis=2).all())
    options: dict[str, Any] = {"initial": initial, "reward_range": reward_range, "normalize": normalize, "name": name}
    options |= {"legal": masks, "state_names": state_names, "action_names": action_names}
    game = built(next_state, probability, per_row_or_outcome(np.stack(rows[2:])), n_actions, length, n_steps, options)
    full = next_state.shape[-1] >= DENSE_FROM * n_states
    return game.dense() if n_states <= DENSE_UP_TO or full else game


def built(
    next_state: np.ndarray,
    probability: np.ndarray,
    reward: np.ndarray,
    n_actions: tuple[int, ...],
    length: Length,
    n_steps: int | None,
    options: dict[str, Any],
) -> MarkovGame:
    """The game of rows (layers, S, A, B): one layer for all steps, unless the steps are listed."""
    n_states = next_state.shape[1]
    if n_steps is not None:
        return MarkovGame.sparse(next_state, probability, reward, n_actions, n_states, **options)
    next_state, probability, reward = next_state[0], probability[0], reward[:, 0]
    if length.discount is None or length.accuracy is None:
        return MarkovGame.sparse(next_state, probability, reward, n_actions, n_states, length.horizon, **options)
    options |= {"next_state": next_state, "n_states": n_states}
    return MarkovGame.discounted(probability, reward, n_actions, length.discount, length.accuracy, **options)


def per_row_or_outcome(reward: np.ndarray) -> np.ndarray:
    """Rewards (..., B), without the last axis where no row's depends on the next state."""
    return reward[..., 0] if (reward == reward[..., :1]).all() else reward


class Combined(NamedTuple):
    """Entries of rows in rising order, each next state of a row once."""

    row: np.ndarray
    next_state: np.ndarray
    probability: np.ndarray
    reward: np.ndarray


def combined(found: Transitions, row: np.ndarray, n_states: int) -> Combined:
    """Entries of one row for one next state as one: probabilities added, rewards averaged by them."""
    key = row * n_states + found.next_state
    order = np.argsort(key, kind="stable")
    key, weight, paid = key[order], found.probability[order], found.reward[:, order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    total, mean = np.add.reduceat(weight, first), paid[:, first]
    if len(first) < len(key):
        least = np.minimum.reduceat(np.where(weight > 0, paid, np.inf), first, axis=1)
        most = np.maximum.reduceat(np.where(weight > 0, paid, -np.inf), first, axis=1)
        sums = np.add.reduceat(weight * paid, first, axis=1)
        averaged = np.divide(sums, total, out=mean.copy(), where=total > 0)
        mean = np.where(total > 0, np.clip(averaged, least, most), mean)
    return Combined(key[first] // n_states, key[first] % n_states, total, mean)


def rows_of(entries: Combined, size: np.ndarray, n_states: int, n_joint: int) -> list[np.ndarray]:
    """Next states, probabilities and each player's rewards of all rows, (R, B); those that list nothing stay."""
    n_rows, m, width = len(size), len(entries.reward), max(1, int(size.max()))
    refuse_too_many(n_rows, width, m)
    last = np.cumsum(size) - 1
    listed = size > 0
    fill = np.arange(n_rows) // n_joint % n_states
    fill[listed] = entries.next_state[last[listed]]  # a shorter row repeats its last state, with probability 0
    next_state, probability = np.repeat(fill[:, None], width, axis=1), np.zeros((n_rows, width))
    reward = np.zeros((m, n_rows, width))
    reward[:, listed] = entries.reward[:, last[listed], None]
    probability[~listed, 0] = 1.0
    place = np.arange(len(entries.row)) - (last - size + 1)[entries.row]
    next_state[entries.row, place] = entries.next_state
    probability[entries.row, place] = entries.probability
    reward[:, entries.row, place] = entries.reward
    return [next_state, probability, *reward]


def legal_actions(
    listed: np.ndarray, state_names: Sequence[str], action_names: Sequence[Sequence[str]]
) -> list[np.ndarray]:
    """Legal actions (S, A_i) of each player from the joint actions that are listed, booleans (steps, S, A)."""
    n_actions = tuple(map(len, action_names))
    players = range(len(n_actions))
    some = np.asarray(listed.any(axis=0))
    some[~np.asarray(some.any(axis=1))] = True
    each = some.reshape(-1, *n_actions)
    masks = [np.asarray(each.any(axis=tuple(1 + j for j in players if j != i))) for i in players]
    product = np.ones_like(each)
    for i, mask in enumerate(masks):
        product &= mask.reshape(-1, *(n if j == i else 1 for j, n in enumerate(n_actions)))
    missing = product.reshape(some.shape) & listed.any(axis=2, keepdims=True) & ~listed
    if missing.any():
        step, state, joint = checks.first_true(missing)
        raise ValueError(
            f"state {state_names[state]!r} has no transition for the actions {words_of(joint, action_names)}"
            + f" at step {step}" * (len(listed) > 1)
            + ", each of which it lists elsewhere: legal actions are legal in all combinations"
        )
    return masks


def words_of(joint_action: int, action_names: Sequence[Sequence[str]]) -> str:
    """A joint action in words."""
    each = np.unravel_index(joint_action, tuple(map(len, action_names)))
    return ", ".join(repr(names[int(a)]) for names, a in zip(action_names, each, strict=True))


def check_probabilities(probability: np.ndarray, place: Place) -> None:
    """Raise at the first entry that is no probability."""
    wrong = ~((probability >= 0) & (probability <= 1 + NORMALIZED_WITHIN))
    if wrong.any():
        k = int(wrong.argmax())
        raise ValueError(f"{place(k)}: a probability must be in [0, 1], got {float(probability[k])}")


def check_rewards(reward: np.ndarray, reward_range: Any, place: Place) -> None:
    """Raise at the first reward (m, n) outside its range."""
    if isinstance(reward_range, str):
        checks.one_of("reward_range", reward_range, ("observed",))
        return
    pairs = checks.real_array("reward_range", (0.0, 1.0) if reward_range is None else reward_range)
    fits = pairs.shape in ((2,), (len(reward), 2))
    if not fits or not (pairs[..., 0] <= pairs[..., 1]).all():
        return  # MarkovGame says what is wrong with it
    outside = (reward < pairs[..., :1]) | (reward > pairs[..., 1:])
    if outside.any():
        entry = int(outside.any(axis=0).argmax())
        player = int(outside[:, entry].argmax())
        low, high = np.broadcast_to(pairs, (len(reward), 2))[player].tolist()
        raise ValueError(
            f"{place(entry, player)}: a reward must be in [{low:g}, {high:g}], got {float(reward[player, entry])}; "
            f"reward_range=({min(low, float(reward.min())):g}, {max(high, float(reward.max())):g}) "
            'or reward_range="observed" would hold it'
        )


def check_sums(
    found: Transitions,
    row: np.ndarray,
    place: Place,
    normalize: bool,
    state_names: Sequence[str],
    action_names: Sequence[Sequence[str]],
) -> None:
    """Raise at the last entry of the first row whose probabilities do not sum to 1."""
    total = np.bincount(row.astype(np.intp, copy=False), found.probability)
    normalize = checks.truth("normalize", normalize)
    off = np.abs(total - 1.0)[row]
    wrong = off > (NORMALIZED_WITHIN if normalize else checks.ROW_TOLERANCE)
    if wrong.any():
        k = int(wrong.argmax())
        last = int(np.flatnonzero(row == row[k])[-1])
        own = words_of(int(found.joint_action[k]), action_names)
        advice = "; normalize=True divides each row by its sum" if off[k] <= NORMALIZED_WITHIN else ""
        raise ValueError(
            f"{place(last)}: the probabilities of state {state_names[found.state[k]]!r}, actions {own}, "
            f"sum to {float(total[row[k]])}, not to 1{advice}"
        )


def observed(reward: np.ndarray, ended: bool) -> tuple[float, float]:
    """The least and the greatest reward, 0 among them where some state is terminal."""
    low, high = float(reward.min()), float(reward.max())
    return (min(low, 0.0), max(high, 0.0)) if ended else (low, high)


def refuse_too_many(n_rows: int, width: int, n_players: int) -> None:
    """Raise before memory is taken where rows would have more than 2 GiB."""
    if 8 * n_rows * width * (n_players + 2) > MOST_BYTES:
        raise ValueError(
            f"{n_rows} rows (one for each step, state and joint action) of up to {width} next states do not fit into "
            "2 GiB; a state's actions can have the names of another's"
        )


def initial_of(initial: Any, state_names: Sequence[str]) -> np.ndarray:
    """Distribution of the first state, which is given by a label, by the probability of labels, or as an array."""
    if checks.is_sequence(initial):
        return checks.real_array("initial", initial, 1)
    numbers = {name: k for k, name in enumerate(state_names)}
    start = np.zeros(len(state_names))
    one = [(state_names[0] if initial is None else initial, 1.0)]
    for label, chance in initial.items() if isinstance(initial, Mapping) else one:
        text = checks.as_text("initial", label)
        if text not in numbers:
            shown = ", ".join(map(repr, state_names[:8])) + ", ..." * (len(state_names) > 8)
            raise ValueError(f"initial must name a state, one of {shown}; got {checks.brief(label, 80)}")
        start[numbers[text]] += checks.number(f"initial[{label!r}]", chance, 0.0, 1.0)
    return start
