"""What others rely on: the names that are exported, and the order and defaults of their arguments."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
from typing import Any

import numpy as np
import pytest

import mornavi_lite
from mornavi_lite import (
    ChiSquare,
    Contamination,
    Counts,
    EpsilonGreedy,
    GenerativeDRNVI,
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    OfflinePessimistic,
    Plan,
    RandomPlay,
    Solution,
    TotalVariation,
    anonymous,
    best_response,
    calibration,
    deviation_gain,
    equilibrium_gap,
    evaluate,
    learn,
    linear,
    lower_bounds,
    planning,
    run,
    solve,
    solve_stage,
    sweep,
    zoo,
)

NAMES = """
    ChiSquare Contamination Counts EpsilonGreedy GenerativeDRNVI History KullbackLeibler MarkovGame Mornavi NashVI
    Nominal OfflinePessimistic Plan RandomPlay Solution TotalVariation best_response deviation_gain equilibrium_gap
    evaluate learn run solve solve_stage zoo
"""
LEARNER = "concept='cce' confidence='model' delta=0.05 scale=1.0 replan='doubling' min_probability=None"
STATED = "* support=None rows=None fail_state=None"
SIGNATURES: list[tuple[Any, str]] = [
    (
        MarkovGame,
        "transition reward n_actions initial=None name='' state_names=None action_names=None reward_range=None "
        "normalize=False legal=None",
    ),
    (MarkovGame.stationary, "transition reward n_actions horizon initial=None **options"),
    (MarkovGame.sparse, "next_state probability reward n_actions n_states horizon=None initial=None **options"),
    (
        MarkovGame.from_step,
        "step actions horizon initial states=None by_step=False reward_range=None name=''",
    ),
    (
        MarkovGame.discounted,
        "transition reward n_actions discount accuracy initial=None next_state=None n_states=None reward_range=None "
        "**options",
    ),
    (MarkovGame.state, "self label"),
    (MarkovGame.joint_action, "self *actions"),
    (MarkovGame.save, "self path"),
    (MarkovGame.load, "path"),
    (MarkovGame.play, "self policy n_episodes rng"),
    (Nominal, ""),
    (TotalVariation, "radius shift_support=True"),
    (KullbackLeibler, "radius"),
    (ChiSquare, "radius"),
    (Contamination, "radius"),
    *((getattr(ball, name), "self p v") for ball in (Nominal, ChiSquare) for name in ("worst_case", "worst_kernel")),
    (KullbackLeibler.divergence, "self q p"),
    (solve_stage, "payoffs n_actions concept='cce' select='pure'"),
    (deviation_gain, "payoffs policy n_actions concept"),
    (evaluate, "game policy uncertainty"),
    (best_response, "game policy uncertainty"),
    (equilibrium_gap, "game policy uncertainty concept"),
    (solve, "game uncertainty concept='cce' select='pure' progress=False"),
    (planning.reachable, "game"),
    (planning.solve_aggregated, "game groups uncertainty concept='cce' select='pure' members=None"),
    (Solution, "policy value gap about=None"),
    (Solution.act, "self h state rng"),
    (Solution.save, "self path"),
    (Solution.load, "path"),
    (Plan, "policy upper lower about=None start=None"),
    (Plan.act, "self h state rng"),
    (
        Counts,
        "n_states n_actions horizon reward_range=(0, 1) rewards='deterministic' * initial=None state_names=None "
        "action_names=None",
    ),
    (Counts.for_game, "game"),
    (Counts.add, "self played reward"),
    (Counts.save, "self path"),
    (Counts.load, "path"),
    (Counts.with_start, "self initial=None"),
    (Counts.record, "self states joint_actions rewards"),
    (Mornavi, f"uncertainty {LEARNER} {STATED}"),
    (Mornavi.plan, "self counts"),
    (Mornavi.certify, "self counts policy"),
    (Mornavi.collect, "self game plan n_episodes rng"),
    (NashVI, f"{LEARNER} {STATED}"),
    (EpsilonGreedy, f"uncertainty {LEARNER} epsilon=0.1 {STATED}"),
    (GenerativeDRNVI, f"uncertainty {LEARNER} {STATED}"),
    (OfflinePessimistic, f"uncertainty {LEARNER} behaviour=None {STATED}"),
    (RandomPlay, f"uncertainty {LEARNER} {STATED}"),
    (run, "learner game n_episodes seed=0 progress=False until=None resume=None uncertainty=None checkpoint=None"),
    (
        learn,
        "learner environment n_episodes counts=None seed=0 progress=False until=None resume=None checkpoint=None",
    ),
    (History.save, "self path"),
    (History.load, "path counts=<class 'mornavi_lite.confidence.counts.Counts'>"),
    (History.regret_at, "self episodes"),
    (sweep.sweep, "grid out n_jobs=1 scheduler=None resume=False progress=False"),
    (sweep.load_results, "grid out"),
    (sweep.Grid.read, "path"),
    (sweep.Grid.of, "content source='grid' text='' folder=''"),
    (
        calibration.from_logs,
        f"training deployment delta=0.05 uncertainty={TotalVariation!r} * stopped=False rows=None support=None "
        "smoothing=0.0",
    ),
    (
        calibration.from_returns,
        f"game policy returns player=0 uncertainty={TotalVariation!r} delta=0.05 * between=None",
    ),
    (
        calibration.flips,
        f"game uncertainty={TotalVariation!r} between=(0, 1) concept='cce' points=65 tolerance=1e-06",
    ),
    (calibration.Radii, "per_row around_empirical centre visited kind"),
    (lower_bounds.certificate_floor, "horizon radius"),
    (
        linear.LinearGame,
        "features factors reward n_actions initial=None name='' state_names=None action_names=None reward_range=None",
    ),
    (linear.LinearGame.play, "self policy n_episodes rng"),
    (
        linear.FeatureCounts,
        "features n_actions horizon reward_range=(0, 1) initial=None name='' state_names=None action_names=None",
    ),
    (
        linear.LinearMornavi,
        "features uncertainty reward concept='cce' delta=0.05 scale=1.0 replan='doubling' * ridge=1.0 explore=0.0",
    ),
    (linear.LinearMornavi.plan, "self counts"),
    (linear.LinearMornavi.certify, "self counts policy"),
    (linear.solve, "game uncertainty concept='cce' select='pure' progress=False"),
    (linear.evaluate, "game policy uncertainty"),
    (linear.best_response, "game policy uncertainty"),
    (linear.equilibrium_gap, "game policy uncertainty concept"),
    (linear.five_states, "safety=0.3 effort=0.2 first=0.6 second=0.5"),
    (linear.grouped_states, "n_states soft=0.0 horizon=3 seed=0 spread=False"),
    (linear.look_alikes, "weight=0.5 shifted=0.5"),
    (
        anonymous.AnonymousGame,
        "n_players n_actions transition reward initial=None name='' state_names=None action_names=None "
        "reward_range=None",
    ),
    (anonymous.AnonymousGame.play, "self policy n_episodes rng"),
    (anonymous.ProfileCounts, "n_players n_actions n_states horizon reward_range=(0, 1) initial=None"),
    (anonymous.solve, "game uncertainty"),
    (anonymous.evaluate, "game policy uncertainty"),
    (anonymous.best_response, "game policy uncertainty"),
    (anonymous.equilibrium_gap, "game policy uncertainty"),
    (anonymous.symmetric_equilibria, "payoffs"),
    (
        anonymous.AnonymousMornavi,
        "uncertainty delta=0.05 confidence='model' scale=1.0 replan='doubling' min_probability=None "
        "* support=None rows=None fail_state=None reward=None",
    ),
    (
        anonymous.MeanFieldGame,
        "kernel reward n_states n_actions horizon initial=None name='' state_names=None action_names=None "
        "reward_range=None",
    ),
    (anonymous.MeanFieldGame.with_players, "self n_players"),
    (anonymous.MeanFieldGame.limit, "self uncertainty"),
    (anonymous.bridge_and_tunnel, "horizon=3 base=1.1 slope=2.0"),
    (
        anonymous.certify_each,
        "environment policy uncertainty until delta=0.05 seed=0 * reward=None n_episodes=1000000 confidence='model' "
        "scale=1.0",
    ),
    (lower_bounds.look_alike, "game other"),
    (
        lower_bounds.episodes_floor,
        "game epsilon delta=0.05 uncertainty=Nominal() * support=None sharper=False rounds=24",
    ),
    (lower_bounds.EpisodesFloor, "episodes per_nat alternatives visits"),
    (lower_bounds.Alternative, "game value change information weight"),
    (zoo.safe_or_risky, "horizon=3 rewards='shared'"),
    (zoo.delayed_coordination, "horizon=5"),
    (zoo.traffic_merge, "horizon=5"),
    (zoo.support_shift, "theta p=0.9 q=0.4"),
    (zoo.paper_cooperative, "p_high=0.75 medium=0.75"),
    (zoo.paper_general_sum, "p_high=0.75"),
]


def test_every_name_is_exported() -> None:
    assert mornavi_lite.__all__ == sorted(NAMES.split())
    assert all(hasattr(mornavi_lite, name) for name in NAMES.split())
    assert sweep.__all__ == ["Grid", "Sweep", "load_results", "sweep"]
    assert calibration.__all__ == ["Radii", "flips", "from_logs", "from_returns"]
    assert lower_bounds.__all__ == [
        "Alternative",
        "EpisodesFloor",
        "certificate_floor",
        "episodes_floor",
        "look_alike",
    ]


@pytest.mark.parametrize(
    "called, wanted", SIGNATURES, ids=[getattr(each, "__qualname__", "?") for each, _ in SIGNATURES]
)
def test_arguments_have_their_order_and_defaults(called: Any, wanted: str) -> None:
    given = list(inspect.signature(called).parameters.values())
    stars = {p: "**" * (p.kind is p.VAR_KEYWORD) or "*" * (p.kind is p.VAR_POSITIONAL) for p in given}
    assert all(p.kind is not p.POSITIONAL_ONLY for p in given)
    said = [stars[p] + (p.name if p.default is p.empty else f"{p.name}={p.default!r}") for p in given]
    by_name = [p.kind is p.KEYWORD_ONLY for p in given]
    if any(by_name):
        said.insert(by_name.index(True), "*")
    assert " ".join(said) == wanted


def test_fields_have_their_order() -> None:
    assert Plan._fields == ("policy", "upper", "lower")
    assert Solution._fields == ("policy", "value", "gap")
    assert sweep.Sweep._fields == ("table", "failures")
    recorded = ["episode", "gap", "value", "upper", "lower", "best_plan", "checkpoint", "width"]
    assert [field.name for field in dataclasses.fields(History)] == recorded


def test_a_tour_has_the_documented_shapes_and_types() -> None:
    m, horizon, n_states, n_joint = 2, 3, 4, 6
    game = zoo.garnet(n_states, (2, 3), horizon, 2, seed=0)
    assert (game.n_players, game.horizon, game.n_states, game.n_joint_actions) == (m, horizon, n_states, n_joint)
    assert game.transition.shape == (horizon, n_states, n_joint, n_states)
    assert game.reward.shape == (m, horizon, n_states, n_joint) and game.initial.tolist() == [1, 0, 0, 0]
    for ball, concept in itertools.product(
        (Nominal(), [TotalVariation(0.1), KullbackLeibler(0.1)]), ("cce", "ce", "nash")
    ):
        policy, value, gap = solve(game, ball, concept)
        assert policy.shape == (horizon, n_states, n_joint) and value.shape == (m, horizon + 1, n_states)
        assert not value[:, horizon].any() and 0 <= gap <= 1e-9
        np.testing.assert_allclose(evaluate(game, policy, ball), value, atol=1e-9)
        assert best_response(game, policy, ball).shape == value.shape
        assert type(equilibrium_gap(game, policy, ball, concept)) is float
        plan = Mornavi(ball, concept).plan(Counts(n_states, (2, 3), horizon))
        assert plan.policy.shape == policy.shape and plan.upper.shape == plan.lower.shape == value.shape
    played = game.play(policy, 100, np.random.default_rng(0))
    assert played.shape == game.transition.shape and played.dtype.kind == "i" and played.sum() == 100 * horizon
    history = run(Mornavi(Nominal()), game, 50, 1, False, None, None, TotalVariation(0.1))
    n = history.n_plans
    assert history.episode.dtype == np.int64 and history.episode.shape == history.gap.shape == history.regret.shape == (
        n,
    )
    assert history.value.shape == history.upper.shape == history.lower.shape == (n, m)
    assert history.policy.shape == history.best_policy.shape == policy.shape
    assert type(history.best_certificate) is float and float(history.regret_at(50)) == history.regret[-1]
    assert solve_stage(np.zeros((5, 2, 6)), (2, 3)).shape == (5, 6)
    assert deviation_gain(np.zeros((5, 2, 6)), np.full((5, 6), 1 / 6), (2, 3), "ce").shape == (5,)
