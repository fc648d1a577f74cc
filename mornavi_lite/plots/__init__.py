"""The figures of the book, each kind once, in one style; and a policy or a stage game as text.

Every drawing function returns a Matplotlib figure, which a notebook shows if it is the last expression of a cell, and
which :func:`png` turns into bytes. With ``ax`` a function draws into axes of :func:`panels` instead. The same thing has
the same colour and line style everywhere: ``STYLES`` lists them. Nothing here depends on the time, on chance or on
Matplotlib's settings: the same numbers give the same bytes.

**Files.** One for each kind of figure, as the chapters need them: ``graph`` and its ``graph_layout`` (chapter 1),
``backups`` and ``simplex`` (2), ``stage`` and ``policy`` (3), ``confidence``, ``allowed`` and ``bounds`` (4),
``learning`` and ``plans`` (5), ``regret`` (6), ``experiment`` (7), ``deployment`` and ``worlds`` (8), ``cost`` (speed),
``diagrams`` and ``hope`` (drawings of ideas; two worlds: 9). They share ``style``, ``labels`` and ``episode_axis``;
``arguments`` checks what all of them are told.

Needs Matplotlib: ``pip install "mornavi-lite[plots]"``. :func:`payoff_region` needs SciPy as well.
"""

from __future__ import annotations

try:
    import matplotlib as _  # noqa: F401
except ImportError as error:
    raise ImportError("mornavi_lite.plots needs Matplotlib: pip install 'mornavi-lite[plots]'") from error

from .allowed import allowed_on_simplex
from .backups import kernel_bars, rows_per_second, value_against_radius
from .bounds import bounds_told, payoff_bounds
from .confidence import against_visits, raised_tails
from .cost import cost_against_size
from .deployment import value_against_distance
from .diagrams import backward_ladder, learner_loop, two_worlds, who_knows_when
from .experiment import value_against_samples
from .graph import game_graph
from .hope import common_cause, hope_then_fear
from .learning import certificate_and_gap, certificates, value_bounds
from .plans import plans_made
from .policy import policy_heatmap, policy_table
from .regret import learning_curves
from .simplex import ball_on_simplex, on_plane
from .stage import payoff_corners, payoff_region, payoff_table
from .style import STYLES, panels, png
from .worlds import random_values, values_of_two

__all__ = [
    "STYLES",
    "against_visits",
    "allowed_on_simplex",
    "backward_ladder",
    "ball_on_simplex",
    "bounds_told",
    "certificate_and_gap",
    "certificates",
    "common_cause",
    "cost_against_size",
    "game_graph",
    "hope_then_fear",
    "kernel_bars",
    "learner_loop",
    "learning_curves",
    "on_plane",
    "panels",
    "payoff_bounds",
    "payoff_corners",
    "payoff_region",
    "payoff_table",
    "plans_made",
    "png",
    "policy_heatmap",
    "policy_table",
    "raised_tails",
    "random_values",
    "rows_per_second",
    "two_worlds",
    "value_against_distance",
    "value_against_radius",
    "value_against_samples",
    "value_bounds",
    "values_of_two",
    "who_knows_when",
]
