"""Games that the measurements of chapter 12 are made with: what they are said to be, by the package's planning."""

from __future__ import annotations

import json
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Nominal, TotalVariation, best_response, equilibrium_gap, evaluate, solve, zoo
from mornavi_lite.lower_bounds import episodes_floor
from mornavi_lite.planning import reachable
from tests import ROOT, measurement

NOMINAL = Nominal()
DELTA = 0.05
LINES = json.loads((ROOT / "benchmarks" / "results" / "general_sum.json").read_text(encoding="utf8"))


@pytest.fixture
def script(request: pytest.FixtureRequest) -> ModuleType:
    return measurement(request.param)


def drawn_alone(rng: np.random.Generator, game: MarkovGame, sharp: float = 1.0) -> np.ndarray:
    """A policy in which every player draws by itself."""
    shape = game.horizon, game.n_states
    policy = np.ones((*shape, 1))
    for n in game.n_actions:
        own = rng.dirichlet(np.full(n, sharp), size=shape)
        policy = (policy[..., :, None] * own[..., None, :]).reshape(*shape, -1)
    return policy


def told(game: MarkovGame, other: MarkovGame, reached: np.ndarray) -> np.ndarray:
    """KL of each row from that of another game, 0 where no policy gets."""
    p, q = game.transition, other.transition
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(p > 0, p * np.log(p / q), 0.0).sum(axis=-1)
    return np.asarray(np.where(reached[..., None], np.maximum(each, 0.0), 0.0))


def tangent(at: float, mass: np.ndarray, never_likelier: bool) -> np.ndarray:
    """What the tangent at a probability asks of an event with this one."""
    needed, slope = at * math.log(at / DELTA), math.log(at / DELTA)
    if never_likelier:
        slope += 1
    else:
        rest = math.log((1 - at) / (1 - DELTA))
        needed, slope = needed + (1 - at) * rest, slope - rest
    return needed + slope * (mass - at)


def check_alternative(script: ModuleType, line: dict, each: dict, policies: int) -> tuple[np.ndarray, np.ndarray]:
    """It is what the lemmas ask for; what it tells, and the nats that outputs of each kind need."""
    game, other = script.GAMES[line["game"]]().dense(), script.rebuilt(line, each)
    ball: Any = NOMINAL if line["set"] == "nominal" else TotalVariation(0.1)
    reached, player, share = reachable(game), each["player"], each["share"]
    assert (game.reward[:, reached] == other.reward[:, reached]).all() and (game.initial == other.initial).all()
    assert (game.step_ranges == other.step_ranges).all()
    rng, apart = np.random.default_rng(0), line["apart"]
    edges = np.array(line["edges"])
    n_bins = len(edges) - 1
    if line["by"] == "value":
        radius = 0.0 if line["set"] == "nominal" else 0.1
        before, after = (script.secured(g, player, radius)[0][0] @ g.initial for g in (game, other))
        assert after > before + share * apart
        bins, up = np.arange(n_bins), player == 0
    else:
        assert apart == line["epsilon"]
        for k in range(policies):
            policy = drawn_alone(rng, game, (1.0, 0.02)[k % 2])
            here = evaluate(game, policy, ball)[player, 0] @ game.initial
            there = (best_response if each["upwards"] else evaluate)(other, policy, ball)[player, 0] @ game.initial
            assert (there - here) * (1 if each["upwards"] else -1) > share * apart
        bins, up = np.indices((n_bins,) * game.n_players).reshape(game.n_players, -1)[player], each["upwards"]
    wrong = np.isin(np.arange(len(bins)), each["refutes"])
    assert (edges[bins + 1] <= share + 1e-12 if up else edges[bins] >= 1 - share - 1e-12)[wrong].all()
    p, q = game.transition[reached], other.transition[reached]
    assert not each["never_likelier"] or (q[p > 0] <= p[p > 0]).all()
    weight = sum(pair[1] for pair in each["tangents"])
    mass = np.where(wrong, 1 - DELTA, 0.0)
    asked = sum(pair[1] * tangent(pair[0], mass, each["never_likelier"]) for pair in each["tangents"])
    return weight * told(game, other, reached), np.asarray(asked)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['game']}, {line['set']}, {line['epsilon']}")
@pytest.mark.parametrize("script", ["measure_general_sum"], indirect=True)
def test_what_proves_a_floor_where_interests_differ(script: ModuleType, line: dict) -> None:
    game = script.GAMES[line["game"]]().dense()
    found = [check_alternative(script, line, each, 6) for each in line["alternatives"]]
    if not found:
        assert line["floor"] == 0
        return
    pays, asked = (np.sum(each, axis=0) for each in zip(*found, strict=True))
    hunt = MarkovGame(
        game.transition, pays[None], (game.n_joint_actions,), game.initial, reward_range=(0, float(pays.max()))
    )
    most = float(solve(hunt, NOMINAL).value[0, 0] @ game.initial)
    # Requirements are linear in the outputs' probabilities, so the least is that of outputs of one kind.
    assert 0 < line["floor"] <= asked.min() / most * (1 + 1e-6)
    assert line["ratio"] is None or line["ratio"] == pytest.approx(line["learner"] / line["floor"])


@pytest.mark.parametrize("script", ["every_policy"], indirect=True)
@pytest.mark.parametrize("radius", [0.0, 0.1])
def test_what_changes_for_every_policy(script: ModuleType, radius: float) -> None:
    """Three players, other numbers of actions, a start that is drawn; another kernel at random."""
    rng = np.random.default_rng(2)
    first, second = (zoo.garnet(4, (2, 3, 1), 3, 2, seed=k, rewards="general") for k in (3, 4))
    reward = np.ones_like(first.reward) * first.reward[:, :, :, :1] if radius else first.reward
    if radius:  # what follows has to be worth the same under all policies
        reward[:, 1:] = reward[:, 1:, :1]
    kernel = np.where(np.arange(3)[:, None, None, None] == 0, first.transition, first.transition[..., :1, :])
    game = MarkovGame(kernel if radius else first.transition, reward, (2, 3, 1), initial=[0.5, 0.5, 0, 0])
    mixed = 0.7 * game.transition + 0.3 * second.transition
    if radius:
        mixed[1:] = mixed[1:, :, :1]
    other = MarkovGame(mixed, reward, (2, 3, 1), initial=game.initial)
    ball: Any = TotalVariation(radius) if radius else NOMINAL
    for player, upwards in [(0, True), (1, True), (2, True), (0, False), (1, False)]:
        seen = script.view(game, player, upwards, radius)
        least = script.change(seen, other.transition, other.reward[player])[0] @ game.initial
        for sharp in (1.0, 0.02, 0.02, 0.02):
            policy = drawn_alone(rng, game, sharp)
            here = evaluate(game, policy, ball)[player, 0] @ game.initial
            there = (best_response if upwards else evaluate)(other, policy, ball)[player, 0] @ game.initial
            assert (there - here - least) * (1 if upwards else -1) >= -1e-9


@pytest.mark.parametrize("script", ["measure_floor_of_episodes"], indirect=True)
def test_one_who_knows_the_alternatives_has_more_than_the_floor(script: ModuleType) -> None:
    game = zoo.safe_or_risky()
    found = episodes_floor(game, 0.2, rounds=1)
    spent = np.mean([script.rule_out(game, found, 0.05, seed) for seed in range(8)])
    assert 0 < found.episodes < spent < 4 * found.episodes
    stored = json.loads((script.common.RESULTS / "floor_of_episodes.json").read_text(encoding="utf8"))
    assert all(line["floor"] < line["episodes"] for line in stored["knowing"])
    for line in stored["replanned"]:
        for how in ("doubling", "often", "episode"):
            assert line[how] is None or len(line[how]) == len(line[f"plans_{how}"]) == 3 + 2 * line["told"]


@pytest.mark.parametrize("script", ["measure_regret"], indirect=True)
def test_what_is_missed_on_the_hard_game_and_when_there_is_no_gap(script: ModuleType) -> None:
    rng, more = np.random.default_rng(1), 0.1
    game = script.hard_game(3, more, best=5)  # player 1 plays its second action, player 2 its third
    assert math.isclose(solve(game, NOMINAL).value[0, 0, 0], 0.5 + more)
    for _ in range(5):
        policy = drawn_alone(rng, game)
        missed = 0.5 + more - evaluate(game, policy, NOMINAL)[:, 0, 0]
        assert np.allclose(missed, more * (1 - policy[0, 0, 5]))
        gap = max(policy[0, 0, [3, 4, 5]].sum(), policy[0, 0, [2, 5, 8]].sum()) - policy[0, 0, 5]
        assert equilibrium_gap(game, policy, NOMINAL, "cce") == pytest.approx(more * gap)
    both_miss = np.zeros((2, 3, 9))
    both_miss[..., 0] = 1
    assert equilibrium_gap(game, both_miss, NOMINAL, "nash") == pytest.approx(0, abs=1e-12)
