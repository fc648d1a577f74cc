"""Tables that are written: games come back equal, policies have their lines, what cannot be told apart is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Nominal, TotalVariation, solve, zoo
from mornavi_lite.formats import read_table, write_policy, write_table

NAMES = {"state_names": ['a, "b"', "-", "ünd", "x\ny"], "action_names": [["go", "no"], ["l", "m,", "r"], ["0", "1"]]}


def random_game(
    n_actions: tuple[int, ...], per_outcome: bool, by_step: bool, legal: bool = False, **options
) -> MarkovGame:
    """Four states, rows with zeros, rewards of both signs."""
    rng = np.random.default_rng(len(n_actions) + 10 * per_outcome)
    n_joint, steps, m = int(np.prod(n_actions)), 3 if by_step else 1, len(n_actions)
    transition = rng.dirichlet(np.ones(4), size=(steps, 4, n_joint)) * (rng.random((steps, 4, n_joint, 4)) < 0.6)
    transition[..., 0] += 1 - transition.sum(axis=-1)
    transition = transition / transition.sum(axis=-1, keepdims=True)
    reward = rng.normal(size=(m, steps, 4, n_joint, *((4,) if per_outcome else ())))
    options["reward_range"] = [(-9, 9)] + [(-10, 8 + i) for i in range(m - 1)]
    if legal:
        options["legal"] = [rng.random((4, n)) < 0.7 for n in n_actions]
        for mask in options["legal"]:
            mask[:, -1] = True
    if by_step:
        return MarkovGame(transition, reward, n_actions, initial=[0.5, 0.5, 0, 0], **options)
    return MarkovGame.stationary(transition[0], reward[:, 0], n_actions, 3, initial=[0.5, 0.5, 0, 0], **options)


def read_back(path: Path, game: MarkovGame) -> MarkovGame:
    write_table(path, game)
    return read_table(
        path,
        game.horizon,
        game.initial,
        game.reward_range,
        name=game.name,
        state_names=game.state_names,
        action_names=game.action_names,
    )


@pytest.mark.parametrize("per_outcome", [False, True])
@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("legal", [False, True])
@pytest.mark.parametrize("n_actions", [(3,), (2, 3, 2)])
def test_games_come_back(tmp_path: Path, n_actions, legal: bool, by_step: bool, per_outcome: bool) -> None:
    game = random_game(n_actions, per_outcome, by_step, legal)
    again = read_back(tmp_path / "game.csv", game)
    assert again == game
    header = (tmp_path / "game.csv").read_text(encoding="utf8").splitlines()[0]
    assert header.startswith("step,") == by_step


def test_names_of_all_kinds_come_back(tmp_path: Path) -> None:
    game = random_game((2, 3, 2), True, False, name="n", **NAMES)
    again = read_back(tmp_path / "game.csv", game)
    assert again == game and again.state_names == tuple(NAMES["state_names"])


def test_sparse_games_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    following = rng.integers(0, 90, size=(90, 6, 3))
    following[:, :, 2] = following[:, :, 1]
    chance = rng.dirichlet(np.ones(3), size=(90, 6))
    reward = rng.random((2, 90, 6, 3))
    reward[..., 2] = reward[..., 1]
    game = MarkovGame.sparse(following, chance, reward, (3, 2), 90, horizon=5)
    again = read_back(tmp_path / "game.csv", game)
    assert again == game and again.next_state is not None
    lines = (tmp_path / "game.csv").read_text(encoding="utf8").splitlines()
    assert len(lines) == 1 + sum(len(set(row.tolist())) for row in following.reshape(-1, 3))


@pytest.mark.parametrize(
    "name", ["traffic_merge", "delayed_coordination", "safe_or_risky", "paper_general_sum", "fishing"]
)
def test_games_of_the_zoo_come_back(tmp_path: Path, name: str) -> None:
    game = getattr(zoo, name)()
    again = read_back(tmp_path / "game.csv", game)
    assert again == game
    ball = TotalVariation(0.1)
    assert np.array_equal(solve(again, ball).value, solve(game, ball).value)


def test_a_discounted_game_is_written_step_by_step(tmp_path: Path) -> None:
    game = MarkovGame.discounted(np.ones((1, 1, 1)), np.ones((1, 1, 1)), (1,), discount=0.5, accuracy=0.1)
    write_table(tmp_path / "game.csv", game)
    again = read_table(tmp_path / "game.csv")
    assert again.horizon == game.horizon and np.array_equal(again.reward, game.reward)


@pytest.mark.parametrize("n_actions", [(3,), (2, 3, 2)])
def test_a_policy_has_a_line_for_each_joint_action_that_it_plays(tmp_path: Path, n_actions: tuple[int, ...]) -> None:
    names = {"state_names": NAMES["state_names"]}
    if len(n_actions) == 3:
        names["action_names"] = NAMES["action_names"]
    game = random_game(n_actions, False, True, **names)
    policy = np.random.default_rng(1).dirichlet(np.full(game.n_joint_actions, 0.3), size=(3, 4))
    policy[0, 1] = np.eye(game.n_joint_actions)[4 % game.n_joint_actions]
    write_policy(tmp_path / "policy.csv", game, policy)
    again = np.zeros_like(policy)
    with (tmp_path / "policy.csv").open(encoding="utf8", newline="") as handle:
        header, *lines = csv.reader(handle)
    assert header[:2] == ["step", "state"] and len(header) == 3 + len(n_actions)
    for step, state, *actions, chance in lines:
        again[int(step), game.state(state), game.joint_action(*actions)] = float(chance)
    assert np.array_equal(again, policy) and len(lines) == np.count_nonzero(policy)


def test_what_is_no_game_or_policy_is_refused(tmp_path: Path) -> None:
    game = zoo.traffic_merge()
    with pytest.raises(TypeError, match="game must be a MarkovGame, got str"):
        write_table(tmp_path / "game.csv", "game")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="game must be a MarkovGame, got NoneType"):
        write_policy(tmp_path / "game.csv", None, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="policy must have shape"):
        write_policy(tmp_path / "game.csv", game, solve(game, Nominal()).policy[1:])
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("names", [["a", " a"], ["a", ""], ["1", "01"]])
def test_names_that_a_table_cannot_tell_apart_are_refused(tmp_path: Path, names: list[str]) -> None:
    game = MarkovGame.stationary(np.full((2, 2, 2), 0.5), np.zeros((1, 2, 2)), (2,), 3, state_names=names)
    with pytest.raises(ValueError, match=r"state.* cannot be told apart"):
        write_table(tmp_path / "game.csv", game)
    game = MarkovGame.stationary(np.full((2, 2, 2), 0.5), np.zeros((1, 2, 2)), (2,), 3, action_names=[names])
    with pytest.raises(ValueError, match=r"action.* cannot be told apart"):
        write_table(tmp_path / "game.csv", game)
