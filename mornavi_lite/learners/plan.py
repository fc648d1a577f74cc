"""What a learner returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import checks
from ..rounding import rounded


class Bounds(NamedTuple):
    """The three parts of a plan."""

    policy: np.ndarray
    upper: np.ndarray
    lower: np.ndarray


class Plan(Bounds):
    """What a learner would play now, and between which values its robust value lies.

    Attributes
    ----------
    policy : numpy.ndarray, shape (H, S, A)
        Joint policy: an equilibrium of the optimistic stage games.
    upper : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at least the robust value of every deviation of the concept, and of the policy.
    lower : numpy.ndarray, shape (m, H+1, S)
        With probability 1 - delta at most the robust value of the policy.
    n_actions : tuple of int
        Number of actions of each player; known where a learner made the plan.
    """

    n_actions: tuple[int, ...] = ()

    def certificate(self, initial: int | np.ndarray = 0) -> float:
        """Bound on the gap of the policy, from the counts alone.

        Parameters
        ----------
        initial : int or numpy.ndarray of shape (S,)
            Initial state, or its distribution.

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
        start = checks.distribution("initial", initial, self.upper.shape[-1])
        return float(((self.upper[:, 0] - self.lower[:, 0]) @ start).max())

    def rounded(self, scale: float) -> Plan:
        """The same plan with bounds rounded to the grid: their last bits depend on the processor, the rest does not."""
        plan = Plan(self.policy, rounded(self.upper, scale), rounded(self.lower, scale))
        plan.n_actions = self.n_actions
        return plan
