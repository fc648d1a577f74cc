"""Where the states and arrows of a game graph go: layers from top to bottom, no label over another. Lengths in inches.

After Sugiyama, Tagawa and Toda (1981): turn the arrows round that close a cycle, put each state one layer below all
that lead to it, let arrows pass the layers between through places of their own, order the places of each layer so
that few arrows cross, and then move them to where arrows are straight. Each label is such a place, too, so it has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Edge = tuple[int, int]
SPACE = 0.18  # least distance between neighbours in a layer


class Box(NamedTuple):
    """Room that a state or a label needs to the left and right of its middle, its height, and that of its frame."""

    left: float
    right: float
    height: float
    frame: float = 0.0


class Layout(NamedTuple):
    """Middle of each state (n, 2), waypoints (k, 2) of each arrow, middle of each label, and the size of it all."""

    nodes: np.ndarray
    routes: dict[Edge, np.ndarray]
    labels: dict[Edge, np.ndarray]
    size: tuple[float, float]


def layout(nodes: Sequence[Box], edges: dict[Edge, Box], roots: Sequence[int]) -> Layout:
    """Places for states and arrows; ``edges`` has the room for each arrow's label, ``roots`` come first."""
    turned = closes_cycle(len(nodes), list(edges), roots)
    rank = ranks(len(nodes), edges, turned)
    boxes, layer, chains, label_of = _places(nodes, edges, turned, rank)
    below: list[list[int]] = [[] for _ in boxes]
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
    layers = [[i for i in range(len(boxes)) if layer[i] == k] for k in range(max(layer) + 1)]
    layers = _fewest_crossings(layers, below)
    x = _columns(layers, below, boxes, len(nodes))
    y = _rows(layers, below, boxes, x)[layer]
    middle = np.column_stack([x, y])
    routes = _routes(middle, boxes, chains, turned)
    width = max(x[i] + boxes[i].right for i in range(len(boxes)))
    labels = {edge: middle[i] for edge, i in label_of.items()}
    height = max(y[i] + boxes[i].height / 2 for i in range(len(boxes)))
    return Layout(middle[: len(nodes)], routes, labels, (width, height))


def closes_cycle(n_nodes: int, edges: Sequence[Edge], roots: Sequence[int]) -> set[Edge]:
    """The arrows to draw upwards: those that close a cycle, or lead from a later root's part to an earlier one's."""
    following = {u: [v for w, v in edges if w == u] for u in range(n_nodes)}
    tree: dict[int, int] = {}  # the root from which each state was reached
    done: set[int] = set()
    turned: set[Edge] = set()
    for root in [*roots, *range(n_nodes)]:
        stack = [(root, iter(following[root]))] if root not in tree else []
        tree.setdefault(root, root)
        while stack:
            u, rest = stack[-1]
            v = next(rest, None)
            if v is None:
                done.add(u)
                stack.pop()
            elif v not in tree:
                tree[v] = root
                stack.append((v, iter(following[v])))
            elif v not in done or tree[v] != root:
                turned.add((u, v))
    return turned


def ranks(n_nodes: int, edges: dict[Edge, Box], turned: set[Edge]) -> list[int]:
    """Layer of each state: the length of the longest way to it, once the turned arrows point down."""
    rank = [0] * n_nodes
    down = [(v, u) if (u, v) in turned else (u, v) for u, v in edges]
    for _ in range(n_nodes):
        for u, v in down:
            rank[v] = max(rank[v], rank[u] + 1)
    return rank


def _places(
    nodes: Sequence[Box], edges: dict[Edge, Box], turned: set[Edge], rank: Sequence[int]
) -> tuple[list[Box], list[int], dict[Edge, list[int]], dict[Edge, int]]:
    """All places: states in even layers, labels in odd ones, and an arrow's way from top to bottom through them.

    Past a state an arrow runs straight down, as far as the tallest state of that layer reaches.
    """
    boxes, layer = list(nodes), [2 * r for r in rank]
    tallest = {k: max(box.height for box, at in zip(nodes, layer, strict=True) if at == k) for k in set(layer)}
    chains, label_of = {}, {}
    for edge, label in edges.items():
        top, bottom = edge[::-1] if edge in turned else edge
        between = range(2 * rank[top] + 1, 2 * rank[bottom])
        at_label = between[-1] if edge in turned else between[0]  # next to where the arrow starts
        chains[edge] = [top, *range(len(boxes), len(boxes) + len(between)), bottom]
        label_of[edge] = len(boxes) + list(between).index(at_label)
        boxes.extend(label if k == at_label else Box(0.05, 0.05, tallest.get(k, 0.0)) for k in between)
        layer.extend(between)
    return boxes, layer, chains, label_of


def _fewest_crossings(layers: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Orders of the layers: each place at the mean position of its neighbours above, then below, and so on."""
    above: list[list[int]] = [[] for _ in below]
    for upper, lowers in enumerate(below):
        for lower in lowers:
            above[lower].append(upper)
    best, least = [list(k) for k in layers], _crossings(layers, below)
    for sweep in range(24):
        neighbours = above if sweep % 2 == 0 else below
        position = {i: p / max(1, len(layer) - 1) for layer in layers for p, i in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            mean = {i: np.mean([position[j] for j in neighbours[i]]) if neighbours[i] else position[i] for i in layer}
            layer.sort(key=lambda i: (round(float(mean[i]), 9), position[i]))
            position.update({i: p / max(1, len(layer) - 1) for p, i in enumerate(layer)})
        found = _crossings(layers, below)
        if found < least:
            best, least = [list(k) for k in layers], found
    return _swap_neighbours(best, below)


def _swap_neighbours(layers: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Change places with the neighbour wherever fewer arrows cross."""
    least, improved = _crossings(layers, below), True
    while improved:
        improved = False
        for layer in layers:
            for p in range(len(layer) - 1):
                layer[p], layer[p + 1] = layer[p + 1], layer[p]
                found = _crossings(layers, below)
                if found < least:
                    least, improved = found, True
                else:
                    layer[p], layer[p + 1] = layer[p + 1], layer[p]
    return layers


def _crossings(layers: list[list[int]], below: list[list[int]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        position = {i: p for p, i in enumerate(lower)}
        ends = [(p, position[j]) for p, i in enumerate(upper) for j in below[i]]
        total += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for k, a in enumerate(ends) for b in ends[:k])
    return total


def _columns(layers: list[list[int]], below: list[list[int]], boxes: list[Box], n_nodes: int) -> np.ndarray:
    """x of each place: near its neighbours, at least ``SPACE`` from the next in its layer; leftmost edge at 0."""
    pull = np.zeros((len(boxes), len(boxes)))  # what draws the place of a row towards that of a column
    weight = np.array([1.0 if i < n_nodes else 8.0 for i in range(len(boxes))])  # bends at a state are harmless
    for upper, lowers in enumerate(below):
        pull[upper, lowers] = weight[lowers]
        pull[lowers, upper] = weight[upper]
    alone = ~pull.any(axis=1)
    pull[alone, alone] = 1.0
    pull /= pull.sum(axis=1, keepdims=True)
    x = np.zeros(len(boxes))
    for sweep in range(200):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            apart = np.array([boxes[i].right + boxes[j].left + SPACE for i, j in pairwise(layer)])
            x[layer] = spread(pull[layer] @ x, apart, weight[layer])
    return x - min(x[i] - box.left for i, box in enumerate(boxes))


def _rows(layers: list[list[int]], below: list[list[int]], boxes: list[Box], x: np.ndarray) -> np.ndarray:
    """y of the middle of each layer, the lowest edge at 0; the further arrows go sideways, the more room they get."""
    y, heights = [0.0], [max(boxes[i].height for i in layer) for layer in layers]
    for k, layer in enumerate(layers[:-1]):
        sideways = max((abs(x[i] - x[j]) for i in layer for j in below[i]), default=0.0)
        y.append(y[-1] - heights[k] / 2 - heights[k + 1] / 2 - 0.13 - 0.12 * float(sideways))
    return np.array(y) - y[-1] + heights[-1] / 2


def _routes(
    middle: np.ndarray, boxes: list[Box], chains: dict[Edge, list[int]], turned: set[Edge]
) -> dict[Edge, np.ndarray]:
    """Waypoints of each arrow, from the edge of one state to that of the other; arrows at one state side by side."""
    ends: dict[tuple[int, int], list[tuple[float, Edge]]] = {}
    for edge, chain in chains.items():
        ends.setdefault((chain[0], -1), []).append((middle[chain[1], 0], edge))
        ends.setdefault((chain[-1], 1), []).append((middle[chain[-2], 0], edge))
    port = {}
    for (node, side), arrows in ends.items():
        reach, last = 0.8 * boxes[node].left, len(arrows) - 1
        gap = min(0.35, 2 * reach / max(1, last))
        wanted = np.array(sorted(x for x, _ in arrows)) - middle[node, 0]
        offset = gap * np.arange(last + 1)
        places = np.clip(spread(wanted, np.full(last, gap)) - offset, -reach, reach - gap * last) + offset
        for (_, edge), place in zip(sorted(arrows), places, strict=True):
            y = middle[node, 1] + side * boxes[node].frame / 2
            port[edge, side] = [middle[node, 0] + place, y]
    routes = {}
    for edge, chain in chains.items():
        passing = [
            middle[i] + [0.0, shift]
            for i in chain[1:-1]
            for shift in ([boxes[i].height / 2, -boxes[i].height / 2] if boxes[i].height else [0.0])
        ]
        points = np.array([port[edge, -1], *passing, port[edge, 1]])
        routes[edge] = points[::-1] if edge in turned else points
    return routes


def spread(wanted: np.ndarray, apart: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """The increasing positions nearest to ``wanted`` (least squares) of which neighbours are at least ``apart`` apart.

    With the distances taken off this is isotonic regression: neighbours in the wrong order are pooled.
    """
    offset = np.concatenate([[0.0], np.cumsum(apart)])
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for i, target in enumerate(np.asarray(wanted, dtype=float) - offset):
        pools.append((target, 1.0 if weight is None else float(weight[i]), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (m1, w1, n1), (m2, w2, n2) = pools[-2:]
            pools[-2:] = [((m1 * w1 + m2 * w2) / (w1 + w2), w1 + w2, n1 + n2)]
    return np.repeat([p[0] for p in pools], [p[2] for p in pools]) + offset
