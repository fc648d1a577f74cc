"""A radius for each row, from what was seen in training and what was seen in deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts, row_numbers, support_mask
from ..confidence.stated import as_mask
from ..games.arrays import read_only
from ..uncertainty import ChiSquare, KullbackLeibler, TotalVariation, UncertaintySet
from .rows import chi_square_term, divergence_around, divergence_between, kl_term, tv_around, tv_between

#: The radius of a row from counts in both logs, a level and what can follow; and around a centre from the second log.
_BETWEEN: dict[type[UncertaintySet], Callable[..., float]] = {
    TotalVariation: lambda first, second, level, _: tv_between(first, second, level),
    KullbackLeibler: partial(divergence_between, term=kl_term),
    ChiSquare: partial(divergence_between, term=chi_square_term),
}
_AROUND: dict[type[UncertaintySet], Callable[..., float]] = {
    TotalVariation: lambda centre, seen, level, _: tv_around(centre, seen, level),
    KullbackLeibler: partial(divergence_around, term=kl_term),
    ChiSquare: partial(divergence_around, term=chi_square_term),
}


@dataclass(frozen=True, eq=False)
class Radii:
    """A radius for each row of a game's kernel, as two logs leave it: what :func:`from_logs` returns.

    Parameters
    ----------
    per_row : numpy.ndarray, shape (H, S, A)
        How far the true row of the deployment may be from the true row of the training.
    around_empirical : numpy.ndarray, shape (H, S, A)
        How far the true row of the deployment may be from ``centre``.
    centre : numpy.ndarray, shape (H, S, A, S)
        The frequencies in training, smoothed where that was asked for.
    visited : numpy.ndarray of bool, shape (H, S, A)
        Which rows both logs visited.
    kind : type
        Total variation, Kullback-Leibler or chi-square.
    """

    per_row: np.ndarray
    around_empirical: np.ndarray
    centre: np.ndarray
    visited: np.ndarray
    kind: type[UncertaintySet]

    @property
    def largest(self) -> float:
        """The largest radius in ``per_row`` of a row that both logs visited."""
        return float(self.per_row[self.visited].max())

    @property
    def uncertainty(self) -> UncertaintySet:
        """The set with these radii around the true rows of the training: for a game whose kernel is known."""
        return self._set("per_row", self.per_row)

    @property
    def empirical_uncertainty(self) -> UncertaintySet:
        """The set with these radii around ``centre``: for a game that is made of the training log."""
        return self._set("around_empirical", self.around_empirical)

    def _set(self, name: str, radius: np.ndarray) -> UncertaintySet:
        endless = ~np.isfinite(radius)
        if endless.any():
            raise ValueError(
                f"{name}{checks.place(checks.first_true(endless))} is infinite, so no {self.kind.__name__} has these "
                "radii: the row has no visit in one of the logs, or a next state may follow that training never saw. "
                "TotalVariation has a radius for every row; support= says what can follow; smoothing= puts mass there"
            )
        ball: UncertaintySet = self.kind(radius)  # type: ignore[call-arg]
        return ball


def from_logs(
    training: Counts,
    deployment: Counts,
    delta: float = 0.05,
    uncertainty: type[UncertaintySet] = TotalVariation,
    *,
    stopped: bool = False,
    rows: Any = None,
    support: Any = None,
    smoothing: float = 0.0,
) -> Radii:
    """A radius for each row of the kernel that holds with probability 1 - delta, from two logs.

    Parameters
    ----------
    training : Counts
        What was seen where the plan is made, of a game with S states, A joint actions and horizon H.
    deployment : Counts
        What was seen where it is to be played, of a game of the same sizes.
    delta : float
        Probability with which any of the radii may be too small.
    uncertainty : type
        ``TotalVariation``, ``KullbackLeibler`` or ``ChiSquare``: what the radius is a radius of.
    stopped : bool
        Whether the number of episodes, or the policy that was logged, depended on what was seen: a log that was stopped
        because of what it showed, or the counts of a learner.
    rows : None, "stationary" or array_like of int, shape (H, S, A)
        Cells with the same number share a kernel, and their visits are pooled; "stationary" the same at all steps.
    support : MarkovGame, array_like or None
        What can follow what, in both worlds, as :class:`mornavi_lite.Mornavi` takes it.
    smoothing : float
        Share in [0, 1) of ``centre`` that is spread evenly over the states that can follow.

    Returns
    -------
    Radii
        ``per_row`` and ``around_empirical`` (H, S, A), each valid with probability 1 - delta; for rows that either log
        did not visit 1 in total variation, else infinite. ``largest``, ``uncertainty`` and ``empirical_uncertainty``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, the counts are of games of different sizes, or no row was visited in both
        logs; if a log contradicts ``support``.

    Notes
    -----
    Chapter 10, :eq:`radius-of-row`. In total variation the distance of two rows is the excess of *one* event,
    which the kernels fix before any data: so a bound for the excess of each event, at level delta, needs no union, and
    the largest of them is a bound. Each is the exact tail of a difference of two binomial frequencies. Around the
    frequencies it is the bound of Clopper and Pearson (1934). Weissman et al. (2003) pay for all events.

    A row of step h has level delta / (H R_h), with R_h the rows of that step that both logs visited: earlier steps fix
    them, :prf:ref:`which-rows-share`. Where that is not so (``stopped``, or pooled rows) it has delta over the number
    of rows and over n (n + 1) k (k + 1) for its n and k visits.

    Kullback-Leibler and chi-square divergence are infinite where a state follows in deployment that never follows in
    training, and no log of finite length excludes that: they need ``support``, or a ``centre`` with ``smoothing``. The
    bounds take an interval for each probability, and are wide.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Counts, Nominal, solve, zoo
    >>> from mornavi_lite.calibration import from_logs
    >>> game, stormy, rng = zoo.fishing(storm=0.02), zoo.fishing(storm=0.05), np.random.default_rng(0)
    >>> training, deployment = Counts.for_game(game), Counts.for_game(game)
    >>> policy = solve(game, Nominal()).policy
    >>> training.add(game.play(policy, 1000, rng), game.reward)
    >>> deployment.add(stormy.play(policy, 1000, rng), game.reward)
    >>> radii = from_logs(training, deployment)
    >>> first_night = radii.per_row[0, game.initial.argmax(), policy[0, game.initial.argmax()].argmax()]
    >>> bool(0.03 < first_night < 0.1 < radii.largest), bool((radii.per_row[~radii.visited] == 1).all())
    (True, True)
    """
    kind = _kind(uncertainty)
    _check_pair(training, deployment)
    checks.number("delta", checks.probability("delta", delta), 1e-200)  # what a row gets of it is no denormal
    if not isinstance(stopped, (bool, np.bool_)):
        raise TypeError(f"stopped must be True or False, got {checks.shown(stopped)}")
    share = checks.number("smoothing", smoothing, 0.0, 1.0)
    if share == 1:
        raise ValueError("smoothing must be below 1, got 1")
    seen, numbers, possible = _pooled((training, deployment), row_numbers(rows), support_mask(support))
    visits = [each.sum(axis=-1) for each in seen]
    both = (visits[0] > 0) & (visits[1] > 0)
    if not both.any():
        raise ValueError("training and deployment must both have visited one row at least, they share none")
    n_rows = len(both) if rows is not None else training.n_cells
    levels = _levels(both, visits, delta, n_rows, None if stopped or rows is not None else training.horizon)
    spread = possible / possible.sum(axis=-1, keepdims=True)
    frequency = np.where(visits[0][:, None] > 0, seen[0] / np.maximum(visits[0], 1)[:, None], spread)
    centre = (1 - share) * frequency + share * spread
    unknown = 1.0 if kind is TotalVariation else np.inf
    per_row, around = np.full(len(both), unknown), np.full(len(both), unknown)
    for row in np.flatnonzero(both):
        pair, may = (seen[0][row], seen[1][row]), possible[row]
        per_row[row] = min(_BETWEEN[kind](*pair, levels[0][row], may), unknown)
        around[row] = min(_AROUND[kind](centre[row], pair[1], levels[1][row], may), unknown)
    per_row, around, centre, visited = (read_only(each[numbers]) for each in (per_row, around, centre, both))
    return Radii(per_row, around, centre, visited, kind)


def _levels(
    both: np.ndarray, visits: list[np.ndarray], delta: float, n_rows: int, horizon: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """How rare a result has to be, for the distance of two rows and for that from the centre, row by row."""
    if horizon is not None:
        of_step = both.reshape(horizon, -1).sum(axis=1)
        fixed = np.repeat(delta / (horizon * np.maximum(of_step, 1)), both.size // horizon)
        return fixed, fixed
    n, k = (each.astype(np.float64) for each in visits)
    later = delta / n_rows / np.maximum(k * (k + 1), 1)
    return later / np.maximum(n * (n + 1), 1), later


def _pooled(
    logs: tuple[Counts, Counts], rows: np.ndarray | str | None, support: np.ndarray | None
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Counts (R, S) of either log, the row of each cell (H, S, A), and which states can follow each row (R, S)."""
    shape = logs[0].visits.shape
    if rows is None:
        numbers = np.arange(np.prod(shape)).reshape(shape)
    elif isinstance(rows, str):
        numbers = np.broadcast_to(np.arange(shape[1] * shape[2]).reshape(shape[1:]), shape)
    else:
        checks.has_shape("rows", rows, shape, "(H, S, A)")
        numbers = np.unique(rows, return_inverse=True)[1].reshape(shape)
    n_rows = int(numbers.max()) + 1
    possible = np.ones((n_rows, shape[1]), dtype=bool)
    if support is not None:
        stated = as_mask(support)
        stated = stated[None] if stated.ndim == 3 else stated
        checks.has_shape("support", stated, (len(stated), *shape[1:], shape[1]), "(..., S, A, S)")
        if len(stated) not in (1, shape[0]):
            raise ValueError(f"support must have {shape[0]} steps, got {len(stated)}")
        np.logical_and.at(possible, numbers, np.broadcast_to(stated, (*shape, shape[1])))
        none = np.asarray(~possible[numbers].any(axis=-1))
        if none.any():
            raise ValueError(
                f"rows and support contradict each other: nothing can follow {checks.place(checks.first_true(none))} "
                "and all cells that share its row"
            )
    pooled = []
    for name, log in zip(("training", "deployment"), logs, strict=True):
        counts = np.zeros((n_rows, shape[1]), dtype=np.int64)
        np.add.at(counts, numbers, log.transitions)
        impossible = (log.transitions > 0) & ~possible[numbers]
        if impossible.any():
            where = checks.first_true(impossible)
            raise ValueError(
                f"{name} contradicts support: {checks.place(where)} was seen {log.transitions[where]} times"
            )
        pooled.append(counts)
    return pooled, numbers, possible


def _kind(uncertainty: Any) -> type[UncertaintySet]:
    for kind in _BETWEEN:
        if uncertainty is kind:
            return kind
    raise TypeError(
        "uncertainty must be TotalVariation, KullbackLeibler or ChiSquare, the class itself, got "
        f"{checks.shown(uncertainty)}"
    )


def _check_pair(training: Counts, deployment: Counts) -> None:
    for name, log in (("training", training), ("deployment", deployment)):
        if not isinstance(log, Counts):
            raise TypeError(f"{name} must be Counts, got {checks.shown(log)}")
    sizes = [(log.horizon, log.n_states, log.n_actions) for log in (training, deployment)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"deployment must have H, S, n_actions = {sizes[0]}, as training has, got {sizes[1]}")
