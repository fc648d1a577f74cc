"""Game graphs: an arrow for every possible transition, labels that say the kernel and cover nothing."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mornavi_lite import MarkovGame, plots, zoo
from mornavi_lite.plots.graph import arrow_labels, group_names
from tests.plots.samples import GAMES, boxes_of_texts, overlap

# --- game graphs


@pytest.mark.parametrize("name", GAMES)
def test_no_label_covers_another_or_a_state(name: str) -> None:
    figure = plots.game_graph(GAMES[name])
    texts = boxes_of_texts(figure)
    for (one, a), (two, b) in itertools.combinations(texts, 2):
        assert not overlap(a, b), (one, two)
    (ax,) = figure.axes
    frames = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(frames) == GAMES[name].n_states
    assert not any(overlap(a, b) for a, b in itertools.combinations(frames, 2))
    for text, box in texts:
        crossed = [frame for frame in frames if overlap(box, frame)]
        assert all(box.x0 >= f.x0 and box.x1 <= f.x1 and box.y0 >= f.y0 and box.y1 <= f.y1 for f in crossed), text


@pytest.mark.parametrize("name", GAMES)
def test_there_is_an_arrow_for_every_possible_transition(name: str) -> None:
    game = GAMES[name]
    (ax,) = plots.game_graph(game).axes
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == (game.transition[0].max(axis=1) > 0).sum()
    labels = arrow_labels(game, 0, range(game.n_joint_actions))
    assert set(labels) == {(s, t) for s, t in np.argwhere(game.transition[0].max(axis=1) > 0).tolist()}
    drawn = Counter(text.get_text() for text in ax.texts)
    for label, count in Counter(label for label in labels.values() if label).items():
        assert drawn[label] == count


@pytest.mark.parametrize("name", GAMES)
def test_labels_say_the_kernel(name: str) -> None:
    """Read each label back: patterns to joint actions, numbers to probabilities."""
    game = GAMES[name]
    labels = arrow_labels(game, 0, range(game.n_joint_actions))
    for s in range(game.n_states):
        groups: dict[bytes, list[int]] = {}
        for a in range(game.n_joint_actions):
            groups.setdefault(game.transition[0, s, a].tobytes(), []).append(a)
        members = dict(group_names(game, list(groups.values())))
        assert sorted(itertools.chain(*members.values())) == list(range(game.n_joint_actions))
        read = np.zeros((game.n_joint_actions, game.n_states))
        for t in range(game.n_states):
            for line in labels.get((s, t), None).split("\n") if (s, t) in labels else []:
                who = max((m for m in members if line == m or line.startswith(f"{m} ") or not m), key=len)
                number = line.removeprefix(who).strip()
                read[members[who], t] = float(number) if number else 1.0
        np.testing.assert_allclose(read, game.transition[0, s], atol=5e-4)


def test_labels_written_out_by_hand() -> None:
    game = zoo.fishing()
    labels = {
        (game.state_names[s], game.state_names[t]): text for (s, t), text in arrow_labels(game, 0, range(4)).items()
    }
    assert labels["harbour", "voyage"] == "(far, far) 0.951"
    assert labels["harbour", "storm"] == "(far, near) 0.049\n(far, far) 0.049"
    assert labels["harbour", "home"] == "(near, *)"
    assert labels["home", "home"] == ""
    assert arrow_labels(zoo.traffic_merge(), 0, range(4))[0, 1] == "(go, go) 0.7\nelse"
    assert arrow_labels(zoo.traffic_merge(), 0, [0])[0, 1] == "0.7"
    words = [text.get_text() for text in plots.game_graph(game).axes[0].texts]
    assert "at the end pays 1, 0.5" in words and "(near, far) pays 0.774, 0" in words
    assert "pays 1, 0.5" in [text.get_text() for text in plots.game_graph(game, step=5).axes[0].texts]
    assert not [w for w in plots.game_graph(game, rewards=False).axes[0].texts if "pays" in w.get_text()]


def test_the_step_drawn_is_the_one_asked_for() -> None:
    game = zoo.support_shift(theta=0)
    assert arrow_labels(game, 1, [0, 1])[1, 0] == "left 0.9\nright 0.4"
    assert (1, 0) not in arrow_labels(game, 0, [0, 1])
    assert len(plots.game_graph(game, step=1).axes[0].patches) == len(plots.game_graph(game).axes[0].patches) + 1


def test_start_is_framed_thickly_and_spread_starts_too() -> None:
    game = MarkovGame(np.full((1, 3, 1, 3), 1 / 3), np.zeros((1, 1, 3, 1)), [1], initial=[0.0, 0.5, 0.5])
    frames = [patch for patch in plots.game_graph(game).axes[0].patches if isinstance(patch, FancyBboxPatch)]
    assert [frame.get_linewidth() > 2 for frame in frames] == [False, True, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"game": 3}, "game must be a MarkovGame, got int"),
        ({"game": zoo.garnet(13, (2,), 2, 2, seed=0)}, "game must have at most 12 states to be drawn, got 13"),
        ({"step": 6}, "step must be from 0 to 5, got 6"),
        ({"joint_actions": [0, 4]}, r"joint_actions\[1\] must be from 0 to 3, got 4"),
        ({"joint_actions": []}, "joint_actions must name at least one"),
        ({"joint_actions": [1, 1]}, "joint_actions must name at least one joint action, each once"),
    ],
)
def test_game_graph_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        plots.game_graph(**({"game": zoo.fishing()} | change))


def closing_shops(state: str, prices: tuple[str, str]) -> list[Any]:
    """Shops that are closed in a war; what is paid depends on where the week ends."""
    if state == "war":
        return [(0.5, "calm", (0, 0)), (0.5, "war", (0, 0))]
    return (
        [(0.75, "calm", (1600, 800)), (0.25, "war", (-1200, 0))] if prices == ("high", "low") else [(1, "war", (0, 0))]
    )


def test_what_is_not_legal_is_not_shown() -> None:
    shops = MarkovGame.from_step(
        closing_shops,
        lambda s: [["high", "low"] if s == "calm" else ["closed"]] * 2,
        2,
        "calm",
        reward_range="observed",
    )
    assert arrow_labels(shops, 0, range(9)) == {
        (0, 0): "(high, low) 0.75",
        (0, 1): "(high, low) 0.25\nelse",
        (1, 0): "0.5",
        (1, 1): "0.5",
    }
    (ax,) = plots.game_graph(shops).axes
    words = "\n".join(text.get_text() for text in ax.texts)
    assert "closed" not in words and "(high, low) pays 900, 600" in words  # 0.75 * 1600 - 0.25 * 1200
    policy = np.zeros((2, 2, 9))
    policy[:, 0, shops.joint_action("low", "low")] = 1
    policy[:, 1, shops.joint_action("closed", "closed")] = 1
    heat = plots.policy_heatmap(shops, policy).axes[0]
    shown = [label.get_text() for label in heat.get_xticklabels()]
    assert shown == ["(high, high)", "(high, low)", "(low, high)", "(low, low)", "(closed, closed)"]
