"""Policies as tables and maps: every positive entry, exactly."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Nominal, plots, solve, zoo
from tests.plots.samples import boxes_of_texts, overlap, three_players

# --- policies


def read_table(text: str, game: MarkovGame) -> np.ndarray:
    """The policy (H, S, A) that a table says."""
    names = {game.joint_action_name(a): a for a in range(game.n_joint_actions)}
    header, *lines = text.splitlines()
    columns = [header.index(word) for word in ("step", "state", "joint action", "probability")]
    policy, steps, state = np.zeros((game.horizon, game.n_states, game.n_joint_actions)), range(0), ""
    for line in (line for line in lines if not line.startswith("probabilities below")):
        when, where = (line[a:b].strip() for a, b in itertools.pairwise(columns[:3]))
        if when:
            first, _, last = when.partition("-")
            steps = range(int(first), int(last or first) + 1)
        state = where or state
        what, number = re.fullmatch(r"(.*?)\s+([\d.]+)", line[columns[2] :]).groups()  # type: ignore[union-attr]
        for h in steps:
            policy[h, game.state_names.index(state), names[what]] = float(number)
    return policy


@pytest.mark.parametrize("seed", range(4))
def test_policy_table_says_exactly_the_positive_entries(seed: int) -> None:
    game, policy = three_players(horizon=4, seed=seed)
    policy[2] = policy[1]
    text = plots.policy_table(game, policy, min_probability=0)
    read = read_table(text, game)
    np.testing.assert_allclose(read, policy, atol=5.1e-4)
    assert len(text.splitlines()) == 1 + sum((policy[h] > 0).sum() for h in (0, 1, 3))
    np.testing.assert_allclose(read.sum(axis=-1), 1, atol=0.004)
    assert text == plots.policy_table(game, policy, min_probability=0)
    assert re.findall(r"^\d\S*", text, re.MULTILINE) == ["0", "1-2", "3"]


def test_policy_table_leaves_out_what_is_small_and_says_so() -> None:
    game, policy = three_players()
    assert "0.000" not in plots.policy_table(game, policy)
    assert plots.policy_table(game, policy).endswith("\nprobabilities below 0.001 are left out")
    policy[:, 0] = [1, 0, 0, 0, 0, 0]
    assert "left out" not in plots.policy_table(game, policy)
    policy[:, 1] = [0.5, 0.25, 0.25, 0, 0, 0]
    coarse = plots.policy_table(game, policy, min_probability=0.25)
    assert read_table(coarse, game)[0, 1].tolist() == policy[0, 1].tolist()
    assert (read_table(coarse, game) > 0).sum() == (policy >= 0.25).sum()
    only = plots.policy_table(game, policy, step=1)
    assert np.array_equal(read_table(only, game)[1], read_table(plots.policy_table(game, policy), game)[1])
    assert not read_table(only, game)[[0, 2]].any()


def test_policy_table_of_a_solved_game() -> None:
    game = zoo.safe_or_risky()
    text = plots.policy_table(game, solve(game, Nominal()).policy, step=0)
    assert text.splitlines()[1].split() == ["0", "start", "(a,", "a)", "1.000"]


def test_policy_heatmap_holds_the_policy_and_writes_its_numbers() -> None:
    game, policy = three_players()
    policy[2] = policy[1]
    figure = plots.policy_heatmap(game, policy, title="mine")
    first, second = figure.axes[:2]
    for ax, h in ((first, 0), (second, 1)):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array().filled(0), policy[h])
        np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array()), policy[h] == 0)
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)
        written = {(round(y), round(x)): text.get_text() for text in ax.texts for x, y in [text.get_position()]}
        assert set(written) == set(map(tuple, np.argwhere(policy[h] > 0).tolist()))
        for where, number in written.items():
            assert number == "<.01" if policy[h][where] < 0.005 else abs(float(number) - policy[h][where]) <= 0.005
        assert [t.get_text() for t in ax.get_yticklabels()] == list(game.state_names)
        assert [t.get_text() for t in ax.get_xticklabels()] == [game.joint_action_name(a) for a in range(6)]
    assert [ax.get_title("left") for ax in (first, second)] == ["mine, step 0", "mine, steps 1 to 2"]
    assert len(plots.policy_heatmap(game, policy, step=1).axes) == 2  # one panel and the colour bar


def test_policy_heatmap_draws_into_axes() -> None:
    game, policy = three_players()
    figure, (ax,) = plots.panels(height=3)
    assert plots.policy_heatmap(game, policy, step=1, ax=ax) is figure
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array().filled(0), policy[1])
    with pytest.raises(ValueError, match="ax has room for one panel, and the policy needs 3: give a step"):
        plots.policy_heatmap(game, policy, ax=ax)


def test_policy_heatmap_of_a_large_game_has_no_numbers() -> None:
    game = zoo.garnet(60, (4, 5), 2, 2, seed=0, stationary=True)
    figure = plots.policy_heatmap(game, np.full((2, 60, 20), 0.05))
    assert not figure.axes[0].texts and len(figure.axes) == 2
    labels = [box for text, box in boxes_of_texts(figure) if re.fullmatch(r"\d+", text)]
    assert not any(overlap(a, b) for a, b in itertools.combinations(labels, 2))


def test_policy_functions_name_their_own_arguments() -> None:
    game, policy = three_players()
    with pytest.raises(ValueError, match="min_probability must be in"):
        plots.policy_table(game, policy, min_probability=-1)
    with pytest.raises(ValueError, match="ax has room for one panel, and the policy needs 3"):
        plots.policy_heatmap(game, policy, ax=plots.panels()[1][0])


@pytest.mark.parametrize("sparse", [False, True])
def test_a_table_of_what_is_reached_has_just_those_states(sparse: bool) -> None:
    """Three rooms in a row and one that no door leads to; the walk goes one room on at each step."""
    following = np.array([[[1]], [[2]], [[2]], [[0]]])
    game = MarkovGame.sparse(
        following, np.ones((4, 1, 1)), np.zeros((1, 4, 1)), (1,), 4, 3, state_names=["a", "b", "c", "walled in"]
    )
    game = game if sparse else game.dense()
    policy = np.ones((3, 4, 1))
    text = plots.policy_table(game, policy, reached_only=True)
    lines = text.split("\n")
    assert [line.split()[-4 if k == 0 else -3] for k, line in enumerate(lines[1:4])] == ["0-2", "b", "c"]
    assert lines[4:] == ["1 state that play does not reach left out"]
    first = plots.policy_table(game, policy, step=0, reached_only=True).split("\n")
    assert [line.split()[1] for line in first[1:2]] == ["a"] and first[-1].startswith("3 states")
    assert "walled in" in plots.policy_table(game, policy)
    with pytest.raises(TypeError, match="reached_only must be True or False, got int 1"):
        plots.policy_table(game, policy, reached_only=1)
