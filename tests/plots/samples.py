"""Figures of each kind, some of them hard to lay out, and where their texts are."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, TotalVariation, plots, zoo

V, NAMES = np.array([1.0, 0.6, 0.0]), ["high", "medium", "trap"]
GAMES = {
    "safe_or_risky": zoo.safe_or_risky(),
    "delayed_coordination": zoo.delayed_coordination(),
    "traffic_merge": zoo.traffic_merge(),
    "fishing": zoo.fishing(),
    "intersection": zoo.intersection(),
    "patrol": zoo.patrol(),
    "congestion": zoo.congestion(),
    "support_shift": zoo.support_shift(theta=0),
    "gambler": zoo.gambler(goal=4),
}


def three_players(horizon: int = 3, seed: int = 0) -> tuple[MarkovGame, np.ndarray]:
    """A game of 2 x 3 x 1 actions with names of its own, and a policy with zeros and tiny probabilities."""
    rng = np.random.default_rng(seed)
    game = MarkovGame(
        rng.dirichlet(np.ones(4), size=(horizon, 4, 6)),
        rng.random((3, horizon, 4, 6)),
        (2, 3, 1),
        state_names=["north", "east", "south", "west"],
        action_names=[["up", "down"], ["x", "y", "z"], ["only"]],
    )
    policy = rng.dirichlet(np.full(6, 0.4), size=(horizon, 4))
    policy[policy < 0.05] = 0
    policy[:, 0] = [0.9996, 0, 0, 0.0004, 0, 0]
    return game, policy / policy.sum(axis=-1, keepdims=True)


def stage(seed: int, n_actions: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, n_actions[0] * n_actions[1])).round(1)


def samples(games: Iterable[str] = tuple(GAMES)) -> dict[str, Figure]:
    """One figure of each kind, and some that are hard to lay out."""
    p, radii = [0.5, 0.3, 0.2], np.linspace(0, 1, 21)
    balls = {"TV": TotalVariation, "KL": KullbackLeibler, "χ²": ChiSquare}
    curves = {name: [float(ball(r).worst_case(p, V)) for r in radii] for name, ball in balls.items()}
    game, policy = three_players()
    return {
        "simplex": plots.ball_on_simplex([TotalVariation(0.1), KullbackLeibler(0.1), ChiSquare(0.1)], p, V, NAMES),
        "edge": plots.ball_on_simplex([TotalVariation(0.1, shift_support=False)], [0.9, 0, 0.1], V, NAMES, "title"),
        "radius": plots.value_against_radius(radii, curves | {"nominal": np.full(21, 0.68)}, crossing=[0.1, 0.0822]),
        "bars": plots.kernel_bars(p, TotalVariation(0.2).worst_kernel(p, V), ["high, worth 1", "medium", "trap"]),
        "heatmap": plots.policy_heatmap(game, policy),
        "wide heatmap": plots.policy_heatmap(zoo.patrol(), np.full((4, 4, 12), 1 / 12)),
        "region": plots.payoff_region([[6, 2, 7, 0], [6, 7, 2, 0]], (2, 2), {"one": [0, 1, 0, 0], "two": [0, 0, 1, 0]}),
        "speed": plots.rows_per_second({"P @ v": ([10, 50], [1e9, 1e8]), "TV": ([10, 50], [1e7, 2e6])}),
        **{name: plots.game_graph(GAMES[name], title=name) for name in games},
    }


def boxes_of_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each visible text of a figure with the pixels it covers."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = []
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_visible() and text.get_text().strip() and text.axes is not None:
            box = matplotlib.text.Text.get_window_extent(text, renderer)
            found.append((text.get_text(), box))
    return found


def overlap(a: Bbox, b: Bbox, slack: float = 1.0) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > slack and min(a.y1, b.y1) - max(a.y0, b.y0) > slack
