"""What a learner returns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..confidence import Counts
from ..confidence.cells import flow
from ..rounding import rounded
from ..summaries import (
    LEARNED,
    About,
    act,
    given,
    headline,
    html,
    interval,
    mixing,
    number,
    per_player,
    sizes,
    start,
    text_of,
)


class AtStart(NamedTuple):
    """Bounds (m,) on the values at a start that is learned, and the certificate there: at most their distance."""

    upper: np.ndarray
    lower: np.ndarray
    certificate: float


class Plan(NamedTuple("Plan", [("policy", np.ndarray), ("upper", np.ndarray), ("lower", np.ndarray)])):
    """What a learner would play now, and between which values its robust value lies; a tuple of three.

    Attributes
    ----------
    policy : numpy.ndarray, shape (H, S, A)
        Joint policy: an equilibrium of the optimistic stage games.
    upper : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at least the robust value of every deviation of the concept, and of the policy.
    lower : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at most the robust value of the policy.
    about : About
        Names, concept and uncertainty, the frequencies of the first states, and the expected visits (H, S) of an
        episode by the transitions that were seen, where a learner made the plan.
    start : AtStart or None
        Upper and lower values (m,) and certificate at the start, where that is not stated but learned.
    """

    about: About = About()
    start: AtStart | None = None

    def __new__(
        cls,
        policy: np.ndarray,
        upper: np.ndarray,
        lower: np.ndarray,
        about: About | None = None,
        start: AtStart | None = None,
    ) -> Plan:
        self = super().__new__(cls, policy, upper, lower)
        self.about, self.start = About() if about is None else about, start
        return self

    act = act

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each player; known where a learner made the plan."""
        return self.about.n_actions

    def certificate(self, initial: int | np.ndarray | None = None) -> float:
        """Bound on the gap of the policy, from the counts alone.

        Parameters
        ----------
        initial : int, numpy.ndarray of shape (S,) or None
            Initial state, or its distribution. None: the start that is learned, if it is; else state 0.

        Returns
        -------
        float
            The largest distance of upper and lower value of any player, in units of reward.

        Raises
        ------
        ValueError, TypeError
            If ``initial`` is not of that form.

        Notes
        -----
        Chapter 5, :eq:`certificate`. Proven for the confidence sets at ``scale=1``; a heuristic for bonuses.

        Examples
        --------
        Before the first episode it says nothing:

        >>> from mornavi_lite import Counts, Mornavi, Nominal
        >>> Mornavi(Nominal()).plan(Counts(n_states=2, n_actions=(2, 2), horizon=3)).certificate()
        3.0
        """
        if initial is None and self.start is not None:
            return self.start.certificate
        start = checks.distribution("initial", 0 if initial is None else initial, self.upper.shape[-1])
        return float(((self.upper[:, 0] - self.lower[:, 0]) @ start).max())

    def rounded(self, scale: float) -> Plan:
        """The same plan with bounds rounded to the grid: their last bits depend on the processor, the rest does not."""
        start = self.start
        if start is not None:
            upper, lower, width = (rounded(np.asarray(each), scale) for each in start)
            start = AtStart(upper, lower, float(width))
        return Plan(self.policy, rounded(self.upper, scale), rounded(self.lower, scale), self.about, start)

    def __repr__(self) -> str:
        about = self.about
        low, high = (about.numbers(about.at_start(each[:, 0])) for each in (self.lower, self.upper))
        certificate, where = (high - low).max(), start(about)
        if self.start is not None:
            high, low, certificate = (about.numbers(each) for each in self.start)
            where = LEARNED
        lines = [
            headline("Plan", about),
            sizes(about, self.policy.shape, len(self.upper)),
            f"value {where}: {per_player([interval(*each) for each in zip(low, high, strict=True)])}",
            f"certificate: {number(certificate)}" + given(about),
            mixing(about, self.policy),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return self.table(repr(self))

    def table(self, text: str) -> str:
        """The plan for a notebook, below a text: HTML of what it plays where it gets to by what has been seen."""
        return html(text, self.policy, self.about, "by what has been seen", self._values)

    def _values(self, h: int, s: int) -> list[str]:
        """Bounds of each player at a step and a state, as text."""
        bounds = self.about.numbers([self.lower[:, h, s], self.upper[:, h, s]])
        return [interval(*each) for each in bounds.T]


def about(counts: Counts, policy: np.ndarray, concept: str, uncertainty: Any, given: str) -> About:
    """What a plan says of its game, by what was counted."""
    visits = flow(counts, policy)
    known = replace(counts.about, initial=None if visits is None else visits[0], visits=visits)
    return replace(known, concept=concept, uncertainty=text_of(uncertainty), given=given)
