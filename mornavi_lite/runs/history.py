"""What a run leaves behind: one record per plan, and where it can be taken up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..files import fitting_together, read_arrays, write_arrays
from ..learners import AtStart, Plan
from ..summaries import LEARNED, About, given, headline, interval, many, mixing, number, per_player, sizes

_RECORDED = ("episode", "gap", "value", "upper", "lower")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Where a run can be taken up again.

    Attributes
    ----------
    plan : Plan
        The last plan.
    counts : Counts
        What the learner had seen.
    planned_visits : numpy.ndarray of int64, shape (H, S, A)
        Visits when the last plan was made.
    episode : int
        Episodes played.
    since_plan : int
        Episodes played with the last plan.
    generator : str
        State of the random generator, as JSON.
    origin : str
        Digest of learner and game.
    """

    plan: Plan
    counts: Counts
    planned_visits: np.ndarray
    episode: int
    since_plan: int
    generator: str
    origin: str


@dataclass(frozen=True, eq=False)
class History:
    """What a run was: one record per plan, in the order of the plans.

    Gaps, values and bounds are rounded to multiples of 2**-33, about 1e-10, so that they are the same on every machine.

    Attributes
    ----------
    episode : numpy.ndarray of int64, shape (n,)
        Episodes completed when the record ends. A plan that a stopping rule ended at once has the number before it.
    gap : numpy.ndarray, shape (n,)
        True robust gap of the plan's policy, at the initial distribution; NaN where the game is not known.
    value : numpy.ndarray, shape (n, m)
        True robust value of the plan's policy for each player, at the initial distribution; NaN like ``gap``.
    upper : numpy.ndarray, shape (n, m)
        The learner's upper value, at the initial distribution.
    lower : numpy.ndarray, shape (n, m)
        The learner's lower value, at the initial distribution.
    best_plan : Plan
        The plan with the smallest certificate, the first such one: policy, bounds, and ``act`` to play it.
    checkpoint : Checkpoint
        Where the run can be taken up again.
    width : numpy.ndarray of shape (n,) or None
        Certificates, where the start is learned: they may be less than the distance of ``upper`` and ``lower``.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> history.n_plans == len(history.gap), int(history.episode[-1])
    (True, 1000)
    >>> bool(history.regret_at(1000) == history.regret[-1])
    True
    """

    episode: np.ndarray
    gap: np.ndarray
    value: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    best_plan: Plan
    checkpoint: Checkpoint
    width: np.ndarray | None = None

    @property
    def judged(self) -> bool:
        """Whether gaps, values and regret are known: they are where the game is, and NaN elsewhere."""
        return not np.isnan(self.gap).any()

    @property
    def policy(self) -> np.ndarray:
        """Policy of the last plan, shape (H, S, A)."""
        return self.checkpoint.plan.policy

    @property
    def best_policy(self) -> np.ndarray:
        """Policy of the plan with the smallest certificate, shape (H, S, A)."""
        return self.best_plan.policy

    @property
    def n_plans(self) -> int:
        """Number of plans n."""
        return len(self.episode)

    @property
    def certificate(self) -> np.ndarray:
        """By the theorem a bound on ``gap``, shape (n,): the largest distance of a player's upper and lower value.

        Where the start is learned it is the largest mean of that distance over all starts that are not excluded.
        """
        return np.asarray((self.upper - self.lower).max(axis=1) if self.width is None else self.width)

    @property
    def best_certificate(self) -> float:
        """The smallest certificate of the run, which is that of ``best_plan``."""
        return float(self.certificate.min())

    @property
    def regret(self) -> np.ndarray:
        """Sum of the gaps of all episodes up to ``episode``, shape (n,)."""
        return np.cumsum(self.gap * np.diff(self.episode, prepend=0))

    def regret_at(self, episodes: Any) -> np.ndarray:
        """Regret after any number of episodes: each plan has one gap, rounded to 2**-33, and nothing is interpolated.

        Parameters
        ----------
        episodes : array_like of int, shape (...)
            Numbers of episodes, from 0 to the last one of the run.

        Returns
        -------
        numpy.ndarray, shape (...)
            Sum of the gaps of that many episodes.

        Raises
        ------
        ValueError, TypeError
            If a number is not an integer in that range.

        Notes
        -----
        Chapter 6, :eq:`regret`.

        Examples
        --------
        >>> from mornavi_lite import Mornavi, TotalVariation, run, zoo
        >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=100)
        >>> regret = history.regret_at([0, 50, 100])
        >>> float(regret[0]), bool(regret[1] <= regret[2] == history.regret[-1])
        (0.0, True)
        """
        wanted = checks.integer_array("episodes", episodes)
        outside = (wanted < 0) | (wanted > self.episode[-1])
        if outside.any():
            where = checks.first_true(outside)
            last = int(self.episode[-1])
            raise ValueError(f"episodes{checks.place(where)} must be from 0 to {last}, got {int(wanted[where])}")
        record = np.searchsorted(self.episode, wanted)
        return np.asarray(self.regret[record] - (self.episode[record] - wanted) * self.gap[record])[()]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the history to one file, whole or not at all.

        Parameters
        ----------
        path : str or path
            File to write, by custom ``.npz``; an older one is replaced.

        Raises
        ------
        OSError
            If the file cannot be written; an older one is then as it was.

        Notes
        -----
        The file holds all a run needs to be taken up again, and neither times nor names of machines.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from mornavi_lite import History, Nominal, Mornavi, run, zoo
        >>> learner, game = Mornavi(Nominal()), zoo.traffic_merge()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "run.npz"
        ...     run(learner, game, 50).save(file)
        ...     longer = run(learner, game, 100, resume=History.load(file))
        >>> bool((longer.regret == run(learner, game, 100).regret).all())
        True
        """
        at = self.checkpoint
        write_arrays(
            path,
            "History",
            {name: getattr(self, name) for name in _RECORDED}
            | _plan_parts("plan", at.plan)
            | _plan_parts("best", self.best_plan)
            | at.counts.parts()
            | {"planned_visits": at.planned_visits, "generator": at.generator, "origin": at.origin}
            | {"checkpoint": np.array([at.episode, at.since_plan])}
            | ({} if self.width is None else {"width": self.width}),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], counts: Any = Counts) -> History:
        """Read a history that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
            File to read.
        counts : type
            Whose ``from_parts`` makes the counts, where those of the game were of a kind of their own.

        Returns
        -------
        History
            The same numbers.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the file is truncated, damaged, of another kind, or written by a newer version.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from mornavi_lite import History
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     foreign = pathlib.Path(folder, "notes.npz")
        ...     _ = foreign.write_text("no run at all")
        ...     try:
        ...         History.load(foreign)
        ...     except ValueError as error:
        ...         print("damaged" in str(error))
        True
        """
        if not hasattr(counts, "from_parts"):
            raise TypeError(f"counts must be a class with from_parts, got {type(counts).__name__}")
        stored = read_arrays(path, "History")
        with fitting_together(path):
            seen = counts.from_parts(stored)
            plan, best = (_plan_from(name, stored, seen) for name in ("plan", "best"))
            episode, since_plan = (int(n) for n in stored["checkpoint"])
            generator, origin = str(stored["generator"]), str(stored["origin"])
            json.loads(generator)
            return cls(
                **{name: stored[name] for name in _RECORDED},
                best_plan=best,
                checkpoint=Checkpoint(plan, seen, stored["planned_visits"], episode, since_plan, generator, origin),
                width=stored.get("width"),
            )

    def __repr__(self) -> str:
        best, about = int(self.certificate.argmin()), self.best_plan.about
        episodes, plans = many(int(self.episode[-1]), "episode"), many(self.n_plans, "plan")
        bounds = np.transpose([self.value[best], self.lower[best], self.upper[best]])
        worth = [self.judged * f"{number(value)} within " + interval(low, high) for value, low, high in bounds]
        truth, gap = "the game is not known, so neither are gaps, values and regret", ""
        if self.judged:
            truth = f"regret {number(self.regret[-1])}, gap of the last plan {number(self.gap[-1])}"
            gap = f", gap {number(self.gap[best])}"
        certificate = f"certificate {number(self.best_certificate)}" + given(about)
        lines = [
            headline("History", about),
            sizes(about, self.policy.shape, len(worth)),
            f"{episodes}, {plans}; {truth}",
            f"best plan, number {best + 1}: {certificate}{gap}",
            f"value {'at the start' if self.width is None else LEARNED}: {per_player(worth)}",
            mixing(about, self.best_policy),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return self.best_plan.table(repr(self))


def _plan_parts(name: str, plan: Plan) -> dict[str, np.ndarray]:
    """A plan as arrays that can be stored, but for what counts know of the game."""
    known = {"concept", "uncertainty", "given", "initial", "visits"}
    parts = plan._asdict() | {key: each for key, each in plan.about.parts().items() if key in known}
    if plan.start is not None:
        parts |= {f"start_{key}": np.asarray(each) for key, each in plan.start._asdict().items()}
    return {f"{name}_{key}": each for key, each in parts.items()}


def _plan_from(name: str, stored: Mapping[str, np.ndarray], counts: Counts) -> Plan:
    """The plan of which :func:`_plan_parts` are stored; in files of version 0.1.0 the best one has no bounds."""
    own = {key.removeprefix(f"{name}_"): each for key, each in stored.items() if key.startswith(f"{name}_")}
    unknown = np.full((len(counts.n_actions), counts.horizon + 1, counts.n_states), np.nan)
    upper, lower = (own.get(each, unknown) if name == "best" else own[each] for each in ("upper", "lower"))
    known = counts.about.parts() | {key: each for key, each in own.items() if key not in Plan._fields}
    start = None
    if "start_upper" in own:
        start = AtStart(own["start_upper"], own["start_lower"], float(own["start_certificate"]))
    return Plan(own["policy"], upper, lower, About.from_parts(known, own["policy"].shape), start)
