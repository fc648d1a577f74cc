"""What is left of the simplex of three next states once a row was counted, by different forms of confidence sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .. import checks
from ..confidence import ConfidenceSet, row_cost
from .arguments import told
from .hope import allowed_corners
from .simplex import ball_outline, draw_frame, on_plane
from .style import SMALL, axes_or_new, in_style, ink, styles_for


def allowed_on_simplex(
    sets: Mapping[str, ConfidenceSet],
    counts: Any,
    corner_names: Sequence[str],
    true: Any = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """The distributions over three next states that counts do not exclude, by each of a few confidence sets.

    Parameters
    ----------
    sets : mapping of str to ConfidenceSet
        For rows of three next states, without a smallest probability. "row" leaves {p : N KL(n / N || p) <= L}, each
        other form the triangle cut once for each event.
    counts : array_like of int, shape (3,)
        How often each next state was seen, at least once in all.
    corner_names : sequence of str, length 3
        Names of the next states.
    true : array_like, shape (3,), optional
        The row that nature draws from: a cross.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A region for each set, and what was seen as a dot.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> sets = {form: ConfidenceSet(form, n_states=3, n_rows=80, delta=0.05) for form in ("events", "row")}
    >>> figure = plots.allowed_on_simplex(sets, [25, 15, 10], ["good", "fair", "bad"])
    >>> [patch.get_gid() for patch in figure.axes[0].patches]
    [None, 'events', 'row']
    """
    told(title=title)
    if not isinstance(sets, Mapping) or not sets:
        raise TypeError(f"sets must map labels to confidence sets, got {checks.brief(sets)}")
    seen = checks.counts_array("counts", counts)
    checks.has_shape("counts", seen, (3,), "(3,)")
    if not seen.any():
        raise ValueError("counts must have a visit, got none")
    names = checks.names("corner_names", corner_names, 3)
    regions = {str(label): _region(f"sets[{label!r}]", each, seen) for label, each in sets.items()}
    cross = None if true is None else checks.probability_rows("true", true, ndim=1)
    if cross is not None:
        checks.has_shape("true", cross, (3,), "(3,)")
    chosen = styles_for(regions, None)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.6)
        draw_frame(ax, names)
        for label, region in regions.items():
            colour, line = ink(chosen[label]["color"]), chosen[label]["linestyle"]
            look: dict[str, Any] = {"facecolor": colour + "22", "edgecolor": colour, "linestyle": line}
            ax.add_patch(Polygon(on_plane(region), gid=label, label=label, linewidth=2, zorder=2, **look))
        ax.plot(*on_plane(seen / seen.sum())[:, None], "o", color="black", markersize=7, label="seen", zorder=4)
        if cross is not None:
            ax.plot(*on_plane(cross)[:, None], "X", color="black", markersize=9, label="true", zorder=4)
        ax.legend(loc="upper left", fontsize=SMALL)
        ax.set(xlim=(-0.3, 1.1), ylim=(-0.1, 1.0), aspect="equal")
        ax.set_title(title or "")
        ax.axis("off")
    return figure


def _region(name: str, confidence: Any, seen: np.ndarray) -> np.ndarray:
    """Corners (n, 3) of what a set leaves, in order around it."""
    if not isinstance(confidence, ConfidenceSet):
        raise TypeError(f"{name} must be a ConfidenceSet, got {type(confidence).__name__}")
    if confidence.n_states != 3 or confidence.scale != 1 or confidence.min_probability is not None:
        raise ValueError(f"{name} must be for 3 states, of scale 1 and without min_probability, got {confidence}")
    if confidence.form != "row":
        return allowed_corners(confidence, seen)
    budget = float(row_cost(seen)) + math.log(confidence.n_rows / confidence.delta)
    return ball_outline(_Left(budget / float(seen.sum())), seen / seen.sum())


class _Left(NamedTuple):
    """What a bet on the whole row leaves: a ball in which the divergence is that of the centre from q."""

    radius: float

    def divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        """KL(p || q) (n,) for rows q (n, 3)."""
        seen = p > 0
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(p[seen]) - np.log(q[:, seen])) @ p[seen])
