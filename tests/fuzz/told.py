"""Cases of learners that are told something, of games met elsewhere, of radii from logs and of floors."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linprog

from mornavi_lite import (
    ChiSquare,
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
    RandomPlay,
    TotalVariation,
    best_response,
    equilibrium_gap,
    evaluate,
    learn,
    run,
    solve,
)
from mornavi_lite.calibration import from_logs
from mornavi_lite.deployment import kernel_distance, mixed_game, random_game, worst_game
from mornavi_lite.lower_bounds import episodes_floor
from tests.fuzz.draws import CONCEPTS, Seen, distances, game_of, rows, sets_of, shuffled
from tests.runs.test_environment import Wrapped

FORMS = ["model", "row", "events", "chernoff", "hoeffding", "bernstein"]
#: At which no bound of all that are ever drawn fails: a failure is a mistake.
NEVER = 1e-12


def random_policy(rng: np.random.Generator, game: MarkovGame) -> np.ndarray:
    return rows(rng, (game.horizon, game.n_states), game.n_joint_actions)


def money(rng: np.random.Generator, horizon: int, same: bool, fails: bool) -> tuple[MarkovGame, str]:
    """A game with rewards of any kind in a range of its own, the same kernel at all steps or not; the kind."""
    n_actions = [(2,), (2, 2), (1, 3), (2, 1, 2)][rng.integers(4)]
    m, n_states, n_joint = len(n_actions), int(rng.integers(1, 5)), math.prod(n_actions)
    kernel = rows(rng, (1 if same else horizon, n_states, n_joint), n_states)
    if fails:
        kernel[:, -1] = np.eye(n_states)[-1]
    kernel = np.broadcast_to(kernel, (horizon, *kernel.shape[1:]))
    kind = ("deterministic", "next_state", "random")[rng.integers(3)]
    low, size = float(rng.choice([0.0, -3.0, 1.0])), float(rng.choice([1.0, 0.01, 500.0]))
    if rng.random() < 0.15:
        low, size = float(rng.choice([0.0, 1e12])), float(rng.choice([1e-300, 1e-100, 1e-3, 1e90]))
        low = low if low + size > low else 0.0
    shape = (m, horizon, n_states, n_joint)
    share = rng.integers(0, 5, (*shape, n_states) if kind == "next_state" else shape) / 4
    if fails:
        share[:, :, -1] = 0
        if kind == "next_state":
            share[..., -1] = 0
        else:
            share[:, kernel[..., -1] > 0] = 0
    start = rows(rng, (), n_states) if rng.random() < 0.5 else int(rng.integers(n_states))
    options: dict[str, Any] = {"reward_range": (low, low + size)}
    if kind != "random" and rng.random() < 0.2:
        options["legal"] = [rng.random((n_states, n)) < 0.7 for n in n_actions]
        for each in options["legal"]:
            each[~each.any(axis=1), 0] = True
    return MarkovGame(kernel, np.minimum(low + size * share, low + size), n_actions, start, **options), kind


def told(seed: int) -> Seen:
    """Bounds of learners that are told what holds, for each kind of rewards and layout, against the truth."""
    rng = np.random.default_rng(seed)
    same, fails = bool(rng.random() < 0.4), bool(rng.random() < 0.3)
    game, kind = money(rng, int(rng.choice([1, 2, 3])), same, fails)
    sets, concept = sets_of(rng, game), CONCEPTS[rng.integers(3)]
    form = str(rng.choice(FORMS))
    stated: dict[str, Any] = {}
    if rng.random() < 0.5:
        support = game.transition > 0
        support |= rng.random(support.shape) < rng.choice([0.0, 0.3])
        stated["support"] = [support, game, support.any(axis=0)][rng.integers(3)]
    if same and rng.random() < 0.7:
        numbers = rng.permutation(game.n_states * game.n_joint_actions).reshape(game.n_states, -1)
        stated["rows"] = "stationary" if rng.random() < 0.5 else np.broadcast_to(numbers, game.transition.shape[:3])
    if fails and rng.random() < 0.7:
        stated["fail_state"] = game.n_states - 1
    if rng.random() < 0.2:
        stated["min_probability"] = float(game.transition[game.transition > 0].min())
    played = shuffled(rng, game) if kind == "deterministic" and rng.random() < 0.5 else game
    counts = Counts(game.n_states, game.n_actions, game.horizon, game.reward_range, rewards=kind)
    if kind != "random":
        counts = Counts.for_game(played)
    low, high = game.reward_range[0]
    for _ in range(int(rng.integers(0, 4))):
        seen = played.play(random_policy(rng, game), int(rng.choice([1, 10, 1000, 10**6])), rng)
        reward = played.reward
        if kind == "random":
            visits = seen.sum(axis=-1)
            wins = rng.binomial(visits, np.clip((reward - low) / (high - low), 0, 1))
            reward = np.where(wins == visits, visits * high, visits * low + (high - low) * wins)
        counts.add(seen, reward)
    learner = Mornavi(sets, concept, form, NEVER, **stated)
    plan = learner.plan(counts)
    value, best = evaluate(game, plan.policy, sets), best_response(game, plan.policy, sets)
    unit = 1e-8 * max(float(np.abs(game.reward_range).max()), high - low) * game.horizon
    assert (plan.lower <= plan.upper + unit).all()
    assert (plan.lower <= value + unit).all() and (value <= plan.upper + unit).all()
    if concept == "nash":
        assert (best <= plan.upper + unit).all()
    assert equilibrium_gap(game, plan.policy, sets, concept) <= plan.certificate(game.initial) + unit
    product = np.full(game.transition.shape[:3], 1 / game.n_joint_actions)
    other, true = learner.certify(counts, product), evaluate(game, product, sets)
    assert (other.lower <= true + unit).all() and (true <= other.upper + unit).all()
    assert equilibrium_gap(game, product, sets, concept) <= other.certificate(game.initial) + unit
    if kind == "deterministic" and not stated:
        careful = OfflinePessimistic(sets, behaviour=None, delta=NEVER).plan(counts)
        assert (careful.lower <= evaluate(game, careful.policy, sets) + unit).all()
    return 1, (form, game.horizon, game.n_players)


def played(seed: int) -> Seen:
    """Runs of every learner, of games and of environments: certificates hold, and a break changes nothing."""
    rng = np.random.default_rng(seed)
    game, kind = money(rng, int(rng.choice([1, 2, 3])), False, False)
    sets, concept = sets_of(rng, game), CONCEPTS[rng.integers(3)]
    options: dict[str, Any] = {"concept": concept, "confidence": str(rng.choice(FORMS)), "delta": NEVER}
    options["replan"] = str(rng.choice(["doubling", "spaced", "often", "episode"]))
    learned = kind == "random" or (game.legal is None and rng.random() < 0.4)
    kinds = [Mornavi, EpsilonGreedy, RandomPlay, OfflinePessimistic, NashVI, *([] if learned else [GenerativeDRNVI])]
    chosen = kinds[rng.integers(len(kinds))]
    if chosen is OfflinePessimistic and rng.random() < 0.5:
        options["behaviour"] = random_policy(rng, game)
    learner = chosen(**options) if chosen is NashVI else chosen(sets, **options)
    judge = Nominal() if chosen is NashVI else sets
    n_episodes, first = int(rng.choice([1, 2, 7, 30])), int(rng.integers(1, 8))
    if learned:
        world = Wrapped(game, bool(rng.random() < 0.5), kind)

        def go(n: int, **more: Any) -> History:
            return learn(learner, world, n, seed=seed, **more)
    else:
        arena = shuffled(rng, game) if kind == "deterministic" and rng.random() < 0.4 else game

        def go(n: int, **more: Any) -> History:
            return run(learner, arena, n, seed=seed, **more)

    history = go(n_episodes)
    unit = 1e-8 * float(np.abs(game.reward_range).max() + np.ptp(game.reward_range)) * game.horizon
    assert history.episode[-1] == n_episodes and (np.diff(history.episode, prepend=0) >= 0).all()
    if not learned:
        assert (history.gap <= history.certificate + unit).all() and (history.lower <= history.value + unit).all()
    best = history.best_policy
    assert equilibrium_gap(game, best, judge, concept) <= history.best_certificate + unit
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole.npz", Path(folder) / "broken.npz"
        history.save(whole)
        go(min(first, n_episodes), checkpoint=broken).save(broken)
        go(n_episodes, resume=History.load(broken)).save(broken)
        assert whole.read_bytes() == broken.read_bytes()
    stopped = go(n_episodes, until=history.best_certificate)
    assert stopped.best_certificate == history.best_certificate and stopped.episode[-1] <= n_episodes
    return 1, (chosen.__name__, learned, n_episodes)


def deployed(seed: int) -> Seen:
    """Games met elsewhere: the worst one attains the robust value, others are within the ball and do no worse."""
    rng = np.random.default_rng(seed)
    game = game_of(rng, int(rng.choice([1, 2, 3])))
    sets, policy = sets_of(rng, game), random_policy(rng, game)
    played = shuffled(rng, game) if rng.random() < 0.3 else game
    robust, unit = evaluate(game, policy, sets), max(float(np.abs(game.reward).max()) * game.horizon, 1e-300)
    for i, ball in enumerate(sets):
        worst = worst_game(played, policy, sets, i)
        assert np.abs(evaluate(worst, policy, Nominal())[i] - robust[i]).max() <= 1e-9 * unit
        other = random_game(played, ball, rng)
        mixed = mixed_game(played, other, float(rng.choice([0.0, 5e-324, 1e-12, 0.5, 1.0])))
        for each in (worst, other, mixed):
            assert (evaluate(each, policy, Nominal())[i] >= robust[i] - 1e-9 * unit).all()
            faint = ((game.transition > 0) & (game.transition < 1e-290)).any()  # of these a share has no digits
            if np.ndim(ball.radius) == 0 and not faint:
                assert kernel_distance(game, each, ball) <= ball.radius * (1 + 1e-9) + 1e-12
    return 1, (game.horizon, game.n_states, game.n_actions)


def calibrated(seed: int) -> Seen:
    """Radii from two logs, at a level at which none fails: no row of the one world is further from the other."""
    rng = np.random.default_rng(seed)
    same = bool(rng.random() < 0.4)
    game, _ = money(rng, int(rng.choice([1, 2])), same, False)
    moved = rows(rng, game.transition[:1].shape[:-1] if same else game.transition.shape[:-1], game.n_states)
    moved = moved * (game.transition[: len(moved)] > 0)
    lost = moved.sum(axis=-1) < 1e-200
    moved[lost] = game.transition[: len(moved)][lost]
    weight = float(rng.choice([0.0, 0.1, 1.0]))
    moved = (1 - weight) * game.transition + weight * moved / moved.sum(axis=-1, keepdims=True)
    number = int(rng.choice([0, 2, 3]))
    kind = {0: TotalVariation, 2: KullbackLeibler, 3: ChiSquare}[number]
    logs = []
    for kernel in (game.transition, moved):
        world = MarkovGame(kernel, np.zeros((1, *kernel.shape[:3])), (kernel.shape[2],), game.initial)
        log = Counts.for_game(world)
        for _ in range(int(rng.integers(1, 4))):
            log.add(world.play(random_policy(rng, world), int(rng.choice([1, 10, 1000])), rng), world.reward)
        logs.append(log)
    asked: dict[str, Any] = {"stopped": bool(rng.random() < 0.5), "smoothing": float(rng.choice([0.0, 0.1]))}
    asked |= {"rows": "stationary"} if same and rng.random() < 0.5 else {}
    if kind is not TotalVariation or rng.random() < 0.5:
        asked["support"] = game.transition > 0
    try:
        found = from_logs(*logs, NEVER, kind, **asked)
    except ValueError as error:
        assert "share none" in str(error)
        return 1, "none"
    true = distances(number, moved, game.transition)
    assert (true <= found.per_row * (1 + 1e-9) + 1e-12).all(), (true - found.per_row).max()
    around = distances(number, moved, found.centre)
    if kind is not TotalVariation:
        around[((moved > 0) & (found.centre == 0)).any(axis=-1)] = np.inf
    assert (around <= found.around_empirical * (1 + 1e-9) + 1e-12).all()
    return 1, (kind.__name__, game.horizon, game.n_states, game.n_actions, *asked)


def floors(seed: int) -> Seen:
    """Floors of episodes: each alternative is as far as it must be, and a linear program has no cheaper way out."""
    rng = np.random.default_rng(seed)
    n_actions, n_states, horizon = (
        [(2,), (2, 2), (3,)][rng.integers(3)],
        int(rng.integers(1, 4)),
        int(rng.integers(1, 3)),
    )
    n_joint, m = math.prod(n_actions), len(n_actions)
    reward = np.broadcast_to(rng.integers(0, 5, (horizon, n_states, n_joint)) / 4, (m, horizon, n_states, n_joint))
    game = MarkovGame(rows(rng, (horizon, n_states, n_joint), n_states), reward, n_actions, rows(rng, (), n_states))
    ball = (Nominal(), TotalVariation(float(rng.choice([0.0, 0.1, 0.3]))))[rng.integers(2)]
    epsilon, delta = float(rng.choice([0.05, 0.2, 0.6])), float(rng.choice([1e-6, 0.05, 0.3]))
    floor = episodes_floor(game, epsilon, delta, ball, rounds=2)
    best = float(solve(game, ball, "cce", "welfare").value[0, 0] @ game.initial)
    lines = []
    for each in floor.alternatives:
        change = float(solve(each.game, ball, "cce", "welfare").value[0, 0] @ game.initial) - best
        assert abs(change - each.change) <= 1e-7 and abs(change) >= epsilon - 1e-9
        assert each.game.reward.min() >= 0 and each.game.reward.max() <= 1
        gone = (each.transition == 0) & (game.transition > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            told_apart = np.where(
                game.transition > 0, game.transition * np.log(game.transition / each.transition), 0
            ).sum(axis=-1)
        reached = each.information > 0
        assert not gone[reached].any()
        assert (np.abs(told_apart - each.information)[reached] <= 1e-9 + 1e-6 * told_apart[reached]).all()
        lines.append(each.information.ravel())
    assert math.isinf(floor.episodes) or floor.episodes <= cheapest(game, np.array(lines), delta) * (1 + 1e-7) + 1e-9
    return 1, (n_actions, n_states, horizon)


def cheapest(game: MarkovGame, lines: np.ndarray, delta: float) -> float:
    """The fewest episodes whose visits, a flow through the game, tell it from all alternatives."""
    if not len(lines):
        return 0.0
    horizon, n_states, n_joint = game.transition.shape[:3]
    n = horizon * n_states * n_joint
    flow, start = np.zeros((horizon * n_states, n + 1)), np.zeros(horizon * n_states)
    for h in range(horizon):
        for s in range(n_states):
            row, first = h * n_states + s, (h * n_states + s) * n_joint
            flow[row, first : first + n_joint] = 1
            if h:
                before = (h - 1) * n_states * n_joint
                flow[row, before : before + n_states * n_joint] -= game.transition[h - 1, :, :, s].ravel()
            else:
                flow[row, n] = -game.initial[s]
    needed = (1 - 2 * delta) * math.log((1 - delta) / delta)
    found = linprog(
        np.eye(n + 1)[n],
        A_ub=-np.hstack([lines, np.zeros((len(lines), 1))]),
        b_ub=np.full(len(lines), -needed),
        A_eq=flow,
        b_eq=start,
    )
    return float(found.fun) if found.status == 0 else math.inf
