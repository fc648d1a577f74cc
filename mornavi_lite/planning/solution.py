"""What ``solve`` returns: an equilibrium that can be unpacked, printed, played and saved."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from .. import checks
from ..files import fitting_together, read_arrays, write_arrays
from ..summaries import About, act, headline, html, mixing, number, per_player, sizes, start

KIND = "Solution"


class Solution(NamedTuple("Solution", [("policy", np.ndarray), ("value", np.ndarray), ("gap", float)])):
    """An equilibrium of a known game, with the gap that certifies it; a tuple of three.

    Attributes
    ----------
    policy : numpy.ndarray, shape (H, S, A)
        Joint policy.
    value : numpy.ndarray, shape (m, H+1, S)
        Robust value of the policy for each player.
    gap : float
        Largest gain of any player by deviating, at the initial distribution.
    about : About
        Names, start, concept and uncertainty, and the expected visits (H, S) of an episode under the nominal kernel,
        where ``solve`` made it: what is printed, and by which a state is named.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, solve, zoo
    >>> policy, value, gap = solve(zoo.traffic_merge(), TotalVariation(0.1))
    >>> print(solve(zoo.traffic_merge(), TotalVariation(0.1)))
    Solution of traffic merge: cce, TotalVariation(radius=0.1, shift_support=True)
    2 players, 5 steps, 7 states (5 reached), 2 x 2 actions
    value at the start: 0.6561 (player 1), 0.6561 (player 2)
    gap: 0
    policy: mixed at 0 of the 5 steps and states that play reaches
    """

    about: About = About()

    def __new__(cls, policy: np.ndarray, value: np.ndarray, gap: float, about: About | None = None) -> Solution:
        self = super().__new__(cls, policy, value, gap)
        self.about = About() if about is None else about
        return self

    act = act

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the solution to one file, whole or not at all.

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
        The file holds arrays and, as text, names, concept and uncertainty.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from mornavi_lite import Nominal, Solution, solve, zoo
        >>> solution = solve(zoo.traffic_merge(), Nominal())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "solution.npz")
        ...     solution.save(file)
        ...     again = Solution.load(file)
        >>> repr(again) == repr(solution), bool((again.policy == solution.policy).all())
        (True, True)
        """
        write_arrays(path, KIND, self._asdict() | self.about.parts())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Solution:
        """Read a solution that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
            File to read.

        Returns
        -------
        Solution
            The same numbers and names.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the file is truncated, damaged, of another kind, or written by a newer version.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from mornavi_lite import Solution
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     foreign = pathlib.Path(folder, "notes.npz")
        ...     _ = foreign.write_text("no solution at all")
        ...     try:
        ...         Solution.load(foreign)
        ...     except ValueError as error:
        ...         print("damaged" in str(error))
        True
        """
        stored = read_arrays(path, KIND)
        with fitting_together(path):
            policy = checks.probability_rows("policy", stored["policy"], 3)
            value = checks.finite_array("value", stored["value"], 3)
            sizes = (len(value), policy.shape[0] + 1, policy.shape[1])
            checks.has_shape("value", value, sizes, "(m, H+1, S)")
            return cls(policy, value, float(stored["gap"]), About.from_parts(stored, policy.shape))

    def __repr__(self) -> str:
        policy, value, about = np.asarray(self.policy), np.asarray(self.value), self.about
        worth = per_player([number(each) for each in about.numbers(about.at_start(value[:, 0]))])
        lines = [
            headline("Solution", about),
            sizes(about, policy.shape, len(value)),
            f"value {start(about)}: {worth}",
            f"gap: {float(about.numbers(self.gap)):.3g}",
            mixing(about, policy),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        value = self.about.numbers(self.value)
        source = "under the nominal kernel"
        return html(repr(self), self.policy, self.about, source, lambda h, s: [number(each) for each in value[:, h, s]])
