"""The layout of game graphs: layers follow the arrows, neighbours keep their distance."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.transforms import Bbox
from scipy.optimize import minimize

from mornavi_lite.plots import graph_layout
from mornavi_lite.plots.graph import _smooth
from mornavi_lite.plots.graph_layout import Box as Room
from mornavi_lite.plots.graph_layout import closes_cycle, layout, ranks, spread
from tests.plots.samples import overlap


def test_random_graphs_have_their_arrows_between_the_right_states() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 9))
        rooms = [Room(*rng.uniform(0.2, 0.9, 2), h + 0.1, h) for h in rng.uniform(0.4, 2.0, n)]
        edges = {(u, v): Room(0.3, 0.3, 0.2) for u in range(n) for v in range(n) if u != v and rng.random() < 0.3}
        placed = layout(rooms, edges, [0])
        for (u, v), route in placed.routes.items():
            for end, node in ((route[0], u), (route[-1], v)):
                assert abs(end[0] - placed.nodes[node, 0]) <= rooms[node].left
                assert abs(abs(end[1] - placed.nodes[node, 1]) - rooms[node].frame / 2) < 1e-9
            assert (np.diff(route[:, 1]) < 0).all() or (np.diff(route[:, 1]) > 0).all()
            fine = _smooth(route).interpolated(1).to_polygons(closed_only=False)[0]
            for (x, y), room in zip(placed.nodes, rooms, strict=True):
                inside = (np.abs(fine[:, 0] - x) < room.left) & (np.abs(fine[:, 1] - y) < room.frame / 2 - 1e-9)
                assert not inside.any()
        areas = [
            Bbox([[x - box.left, y - box.height / 2], [x + box.right, y + box.height / 2]])
            for box, (x, y) in [
                *zip(rooms, placed.nodes, strict=True),
                *((edges[e], xy) for e, xy in placed.labels.items()),
            ]
        ]
        assert not any(overlap(a, b, 1e-9) for a, b in itertools.combinations(areas, 2))
        for area in areas:
            assert area.x0 > -1e-9 and area.y0 > -1e-9 and area.x1 < placed.size[0] + 1e-9
            assert area.y1 < placed.size[1] + 1e-9


def test_layers_follow_the_arrows_once_cycles_are_opened() -> None:
    edges = dict.fromkeys([(0, 1), (1, 2), (2, 0), (2, 3), (4, 1)], Room(0, 0, 0))
    turned = closes_cycle(5, list(edges), [0])
    assert turned == {(2, 0), (4, 1)}
    rank = ranks(5, edges, turned)
    assert rank == [0, 1, 2, 3, 2]
    assert all((rank[u] < rank[v]) != ((u, v) in turned) for u, v in edges)


def test_neighbours_change_places_until_no_change_of_two_has_fewer_crossings() -> None:
    """The means of neighbours leave some: what is left is compared with every change of two neighbours."""
    changed = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        sizes = [0, *rng.integers(2, 5, size=3).cumsum().tolist()]
        layers = [list(range(a, b)) for a, b in itertools.pairwise(sizes)]
        below: list[list[int]] = [[] for _ in range(sizes[-1])]
        for upper, lower in itertools.pairwise(layers):
            for u, v in itertools.product(upper, lower):
                if rng.random() < 0.4:
                    below[u].append(v)
        before = graph_layout._crossings(layers, below)
        found = graph_layout._swap_neighbours([list(layer) for layer in layers], below)
        least = graph_layout._crossings(found, below)
        changed += least < before
        assert [sorted(layer) for layer in found] == layers and least <= before
        for layer in found:
            for p in range(len(layer) - 1):
                layer[p : p + 2] = layer[p : p + 2][::-1]
                assert graph_layout._crossings(found, below) >= least
                layer[p : p + 2] = layer[p : p + 2][::-1]
    assert changed > 5


def test_spread_is_the_nearest_that_keeps_its_distance() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        wanted, apart, weight = rng.normal(size=5), rng.uniform(0.1, 1, 4), rng.uniform(0.5, 3, 5)
        found = spread(wanted, apart, weight)
        assert (np.diff(found) >= apart - 1e-12).all()
        constraints = {"type": "ineq", "fun": lambda x, apart=apart: np.diff(x) - apart}
        cost = lambda x, wanted=wanted, weight=weight: weight @ (x - wanted) ** 2  # noqa: E731
        other = minimize(cost, np.cumsum([0, *apart]), constraints=constraints, method="SLSQP")
        assert cost(found) <= other.fun + 1e-7
    assert spread(np.array([3.0]), np.array([])).tolist() == [3.0]
