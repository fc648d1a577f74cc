"""One case of each kind, drawn from a seed: it runs, and what comes out is compared with something independent.

Entries are denormal, tied, nearly tied, zero or 1e±300; games have one state, one action, one to five players, one step
or sixty. A case that fails is the pair (subject, seed); ``tools/fuzz.py`` writes it down as a test in ``cases``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from mornavi_lite import (
    ChiSquare,
    Contamination,
    Counts,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    TotalVariation,
    anonymous,
    best_response,
    equilibrium_gap,
    evaluate,
    formats,
    linear,
    solve,
    solve_stage,
)
from mornavi_lite.equilibrium import TOLERANCE
from tests.equilibrium.references import brute_gain, linear_program
from tests.uncertainty.references import chi_square_reference, kl_reference

CONCEPTS = ("nash", "ce", "cce")


def rows(rng: np.random.Generator, shape: tuple[int, ...], n: int) -> np.ndarray:
    """Rows of probabilities: dense, sparse, point masses, nearly points, with denormals and near ties."""
    made = rng.dirichlet(np.full(n, rng.choice([0.05, 0.5, 1.0, 20.0])), size=shape)
    kind = rng.integers(6)
    if kind == 0:
        made = np.eye(n)[rng.integers(n, size=shape)]
    elif kind == 1:
        made = np.where(rng.random(made.shape) < 0.5, 0.0, made)
    elif kind == 2:
        made = np.full((*shape, n), 1.0 / n) * (1 + rng.choice([0, 1e-12], size=(*shape, n)))
    elif kind == 3:
        made = np.where(rng.random(made.shape) < 0.3, rng.choice([5e-324, 1e-310, 1e-300, 1e-17, 1e-9]), made)
    lost = made.sum(axis=-1) < 1e-3
    made[lost] = np.eye(n)[rng.integers(n)]
    return made / made.sum(axis=-1, keepdims=True)


def values(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values with ties, near ties at 1e-12, denormals, and of every size that a float64 has."""
    made = [
        lambda: rng.random(shape),
        lambda: rng.integers(0, 3, shape) / 2.0,
        lambda: np.full(shape, rng.normal()),
        lambda: rng.integers(0, 2, shape) + rng.choice([-1e-12, 0, 1e-12], size=shape),
        lambda: rng.normal(size=shape) * 10.0 ** rng.uniform(-300, 300),
        lambda: rng.choice([0.0, 5e-324, 1e-310, 1.0], size=shape),
        lambda: rng.choice([0.0, 1e-300, 1.0, 1e9], size=shape),
    ]
    return np.asarray(made[rng.integers(len(made))](), dtype=np.float64)


def radii(rng: np.random.Generator, shape: tuple[int, ...], most: float = 1.0) -> float | np.ndarray:
    """One radius, or one for each row: none, tiny, denormal, usual, all there is."""
    usual = [0.0, 5e-324, 1e-300, 1e-12, 1e-3, 0.1, 0.5, 1.0]
    if rng.random() < 0.6:
        return float(rng.choice(usual)) if most == 1 else float(rng.choice([*usual, 3.0, 40.0]))
    return rng.choice(usual, size=shape)


def exact_tv(p: np.ndarray, v: np.ndarray, radius: float, shift_support: bool) -> Fraction:
    """The best that an adversary does, in exact arithmetic: mass from the highest values to the lowest."""
    mass, worth = [Fraction(float(x)) for x in p], [Fraction(float(x)) for x in v]
    total = sum(mass)
    allowed = [w for m, w in zip(mass, worth, strict=True) if shift_support or m > 0]
    left, low = Fraction(radius), min(allowed)
    worst = sum(m * w for m, w in zip(mass, worth, strict=True)) / total
    for m, w in sorted(zip(mass, worth, strict=True), key=lambda each: -each[1]):
        moved = min(left, m / total)
        worst, left = worst - moved * (w - low), left - moved
    return worst


def operators(seed: int) -> None:
    """Worst cases and worst kernels of every set against exact sums and 80-bit duals."""
    rng = np.random.default_rng(seed)
    n, lead = int(rng.choice([1, 2, 3, 5, 9])), (int(rng.integers(1, 5)),)
    p = rows(rng, lead, n)
    v = values(rng, (n,) if rng.random() < 0.6 else (*lead, n))
    kind = rng.integers(6)
    most = 9.0 if kind in (2, 3) else 1.0
    radius = radii(rng, lead, most)
    ball = [
        lambda: TotalVariation(radius),
        lambda: TotalVariation(radius, shift_support=False),
        lambda: KullbackLeibler(radius),
        lambda: ChiSquare(radius),
        lambda: Contamination(radius),
        Nominal,
    ][kind]()
    worst, kernel = ball.worst_case(p, v), ball.worst_kernel(p, v)
    each, size = np.broadcast_to(v, p.shape), np.broadcast_to(ball.radius, lead)
    for i in range(lead[0]):
        scale = max(np.abs(each[i]).max(), 1e-300)
        unit = each[i] / scale
        if kind in (0, 1):
            wanted = float(exact_tv(p[i], unit, size[i], kind == 0))
        elif kind == 2:
            wanted = kl_reference(p[i], unit, float(size[i])) if size[i] > 1e-15 else float(p[i] @ unit)
        elif kind == 3:
            wanted = chi_square_reference(p[i], unit, float(size[i])) if size[i] > 0 else float(p[i] @ unit)
        else:
            wanted = float((1 - size[i]) * (p[i] @ unit) + size[i] * unit.min())
        slack = 1e-7 if kind == 2 and size[i] <= 1e-11 else 3e-9
        assert abs(worst[i] / scale - wanted) <= slack, (ball, i, worst[i] / scale, wanted)
        attained = float(kernel[i] @ unit)
        assert abs(attained - worst[i] / scale) <= 1e-7 and kernel[i].min() >= 0, (ball, i, attained, worst[i] / scale)
        assert abs(kernel[i].sum() - 1) < 1e-9 and (kind not in (1, 2, 3) or not kernel[i][p[i] == 0].any()), i
        assert ball.worst_case_unchecked(p, v)[i] == worst[i]


def stage_games(seed: int) -> None:
    """Equilibria of stage games: what is returned is a policy from which no deviation pays, counted in loops."""
    rng = np.random.default_rng(seed)
    sizes = [(1,), (4,), (2, 2), (1, 3), (3, 2), (3, 4), (2, 2, 2), (2, 1, 3), (2, 2, 2, 2), (2, 2, 2, 2, 2)]
    n_actions = sizes[rng.integers(len(sizes))]
    m, n_joint = len(n_actions), int(np.prod(n_actions))
    payoffs = np.stack([values(rng, (n_joint,)) for _ in range(m)])
    if rng.random() < 0.2:
        payoffs[-1] = -payoffs[0]
    concept = CONCEPTS[rng.integers(3)]
    select = "welfare" if concept != "nash" and rng.random() < 0.4 else "pure"
    policy = solve_stage(payoffs, n_actions, concept, select)
    assert policy.shape == (n_joint,) and policy.min() >= 0 and abs(policy.sum() - 1) < 1e-9
    scale = np.maximum(np.abs(payoffs).max(axis=1, keepdims=True), 1e-300)
    unit = payoffs / scale
    assert brute_gain(unit, policy, n_actions, concept) <= 2 * TOLERANCE + 1e-12, (payoffs, policy)
    if select == "welfare" and n_joint <= 9 and np.ptp(scale) == 0 and scale[0] < 1e9 and scale[0] > 1e-9:
        assert (unit.sum(axis=0) @ policy) >= linear_program(unit, n_actions, concept) - 1e-6


def game_of(rng: np.random.Generator, horizon: int, tame: bool = False) -> MarkovGame:
    """A game of any small size; its rewards may be of any size."""
    sizes = [(1,), (2,), (2, 2), (3, 2), (1, 2), (2, 2, 2), (2, 1, 2)]
    n_actions = sizes[rng.integers(len(sizes))]
    m, n_states, n_joint = len(n_actions), int(rng.choice([1, 2, 3, 4])), int(np.prod(n_actions))
    transition = rows(rng, (horizon, n_states, n_joint), n_states)
    reward = rng.integers(0, 5, (m, horizon, n_states, n_joint)) / 4
    if not tame and rng.random() < 0.5:
        reward = (reward + rng.choice([0, 1e-12], size=reward.shape)) * 10.0 ** rng.uniform(-290, 290)
    start = rows(rng, (), n_states) if rng.random() < 0.5 else int(rng.integers(n_states))
    return MarkovGame(transition, reward, n_actions, start, reward_range="observed")


def sets_of(rng: np.random.Generator, game: MarkovGame) -> list:
    kinds = (TotalVariation, KullbackLeibler, ChiSquare, Contamination)
    shape = (game.horizon, game.n_states, game.n_joint_actions)
    return [
        Nominal() if rng.random() < 0.15 else kinds[rng.integers(4)](radii(rng, shape)) for _ in range(game.n_players)
    ]


def shuffled(rng: np.random.Generator, game: MarkovGame) -> MarkovGame:
    """The same game with sparse rows in another order, entries of probability 0 among them."""
    order = np.argsort(rng.random(game.transition.shape), axis=-1)
    weights = np.take_along_axis(game.transition, order, axis=-1)
    told = {"initial": game.initial, "reward_range": game.step_ranges}
    return MarkovGame.sparse(order, weights, game.reward, game.n_actions, game.n_states, **told)


def plans(seed: int) -> None:
    """Plans of known games: the values again in loops, no deviation that pays, sparse rows give the same."""
    rng = np.random.default_rng(seed)
    game = game_of(rng, int(rng.choice([1, 2, 3, 60], p=[0.3, 0.4, 0.28, 0.02])))
    sets, concept = sets_of(rng, game), CONCEPTS[rng.integers(3)]
    policy, value, gap = solve(game, sets, concept)
    unit = max(float(np.abs(game.reward).max()) * game.horizon, 1e-300)
    assert gap / unit <= 1e-8 and equilibrium_gap(game, policy, sets, concept) / unit <= 1e-8
    for i, ball in enumerate(sets):
        follow = np.zeros(game.n_states)
        for h in reversed(range(game.horizon)):
            one = ball if np.ndim(ball.radius) == 0 else type(ball)(np.ascontiguousarray(ball.radius[h]))
            payoff = game.reward[i, h] + one.worst_case(game.transition[h], follow)
            follow = (policy[h] * payoff).sum(axis=-1)
            assert np.abs(follow - value[i, h]).max() / unit <= 1e-9
    if concept == "nash":  # to leave a correlated plan for one action may cost
        assert (best_response(game, policy, sets) - value >= -1e-9 * unit).all()
    again = evaluate(shuffled(rng, game), policy, sets)
    assert np.abs(again - value).max() / unit <= 1e-9


def learners(seed: int) -> None:
    """Certificates from counts, with a delta at which a failure is a mistake, against the truth."""
    rng = np.random.default_rng(seed)
    game = game_of(rng, int(rng.choice([1, 2, 3])), tame=True)
    sets, concept = sets_of(rng, game), CONCEPTS[rng.integers(3)]
    forms = ["model", "events", "chernoff", "hoeffding", "bernstein"]
    told: dict = {"confidence": str(rng.choice(forms)), "delta": 1e-12}
    if rng.random() < 0.3:
        told["support"] = game
    counts = Counts.for_game(game)
    even = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)
    for _ in range(int(rng.integers(0, 3))):
        counts.add(game.play(even, int(rng.choice([1, 10, 1000, 10**6])), rng), game.reward)
    plan = Mornavi(sets, concept, **told).plan(counts)
    certified, unit = plan.certificate(game.initial), max(float(np.ptp(game.step_ranges)), 1.0) * game.horizon
    assert (plan.lower <= plan.upper + 1e-9 * unit).all()
    assert equilibrium_gap(game, plan.policy, sets, concept) <= certified + 1e-8 * unit
    true = evaluate(game, plan.policy, sets)[:, 0] @ game.initial
    assert (plan.lower[:, 0] @ game.initial <= true + 1e-8 * unit).all()
    assert (true <= plan.upper[:, 0] @ game.initial + 1e-8 * unit).all()


def files(seed: int) -> None:
    """What is written is read back: games, tables, stage games, with names of any letters."""
    rng = np.random.default_rng(seed)
    game = game_of(rng, int(rng.choice([1, 2, 3])))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it"
        game.save(path)
        assert MarkovGame.load(path) == game
        formats.write_table(path, game)
        by_step = "step" in path.read_text(encoding="utf8").partition("\n")[0]
        told = {"horizon": None if by_step else game.horizon, "state_names": game.state_names}
        again = formats.read_table(path, action_names=game.action_names, **told)
        assert np.array_equal(again.transition, game.transition)
        payoffs = np.stack([values(rng, (game.n_joint_actions,)) for _ in game.n_actions])
        formats.write_nfg(path, payoffs, game.n_actions)
        read, n_actions = formats.read_nfg(path)
        assert read.tobytes() == payoffs.tobytes() and n_actions == game.n_actions


def many_players(seed: int) -> None:
    """Players who are all alike, against the same game with every joint action."""
    rng = np.random.default_rng(seed)
    n_players, n_actions, n_states, horizon = (
        int(rng.integers(1, 5)),
        2,
        int(rng.integers(1, 4)),
        int(rng.integers(1, 4)),
    )
    shape = (horizon, n_states, n_players + 1)
    reward = rng.integers(0, 5, (horizon, n_states, n_actions, n_players + 1)) / 4
    game = anonymous.AnonymousGame(n_players, n_actions, rows(rng, shape, n_states), reward, rows(rng, (), n_states))
    ball = [TotalVariation, KullbackLeibler, ChiSquare][rng.integers(3)](float(rng.choice([0.0, 1e-12, 0.1, 0.5])))
    policy = rows(rng, (horizon, n_states), n_actions)
    table, joint = game.tabular(), game.joint_policy(policy)
    ours, theirs = anonymous.evaluate(game, policy, ball), evaluate(table, joint, ball)
    assert np.abs(ours - theirs).max() <= 1e-9
    gap = equilibrium_gap(table, joint, ball, "nash")
    assert abs(anonymous.equilibrium_gap(game, policy, ball) - gap) <= 1e-9
    assert anonymous.solve(game, ball).gap <= 1e-8


def features(seed: int) -> None:
    """Linear games: the worst case of each factor, mixed by the features, in loops."""
    rng = np.random.default_rng(seed)
    n_states, d, horizon = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    n_actions = [(2,), (2, 2), (2, 1, 2)][rng.integers(3)]
    n_joint, m = int(np.prod(n_actions)), len(n_actions)
    mixed = rows(rng, (horizon, n_states, n_joint), d)
    factors, reward = rows(rng, (horizon, d), n_states), rng.integers(0, 5, (m, horizon, n_states, n_joint)) / 4
    game = linear.LinearGame(mixed, factors, reward, n_actions)
    ball = [TotalVariation, KullbackLeibler, ChiSquare][rng.integers(3)](float(rng.choice([0.0, 1e-12, 0.1, 0.5])))
    policy, value, gap = linear.solve(game, ball)
    assert gap <= 1e-8
    for i in range(m):
        follow = np.zeros(n_states)
        for h in reversed(range(horizon)):
            payoff = reward[i, h] + mixed[h] @ ball.worst_case(factors[h], follow)
            follow = (policy[h] * payoff).sum(axis=-1)
            assert np.abs(follow - value[i, h]).max() <= 1e-8


SUBJECTS: dict[str, Callable[[int], None]] = {
    each.__name__: each for each in (operators, stage_games, plans, learners, files, many_players, features)
}
