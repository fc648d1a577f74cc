"""One case of each kind, drawn from a seed: it runs, and what comes out is compared with something independent.

Entries are denormal, tied, nearly tied, zero or 1e±300; games have one state, one action, one to five players, one step
or sixty. A case that fails is the pair (subject, seed); ``tools/fuzz.py`` writes it down as a test in ``cases``.
"""

from __future__ import annotations

import math
import tempfile
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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
    best_response,
    equilibrium_gap,
    evaluate,
    formats,
    solve,
    solve_stage,
)
from mornavi_lite.equilibrium import TOLERANCE
from mornavi_lite.formats.spaces import MOST_STATES, finite, keys_of
from mornavi_lite.uncertainty import UncertaintySet
from tests.equilibrium.references import brute_gain, linear_program, relative_gain
from tests.fuzz.draws import CONCEPTS, Seen, distances, game_of, radii, rows, sets_of, shuffled, values
from tests.fuzz.lists import listed
from tests.fuzz.structured import features, many_players
from tests.fuzz.told import calibrated, deployed, floors, played, told
from tests.parsers.damage import ARRAYS, TEXTS, damaged_bytes, damaged_member, read_within_bounds
from tests.uncertainty.references import chi_square_references, kl_references


def tv_exactly(p: np.ndarray, v: np.ndarray, radius: float, shift_support: bool) -> Fraction:
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


def tv_references(p: np.ndarray, v: np.ndarray, radius: np.ndarray, shift_support: bool) -> np.ndarray:
    """The same for rows (R, S) in 80 bits."""
    down = np.argsort(-v, axis=1)
    mass, worth = (np.take_along_axis(x, down, axis=1).astype(np.longdouble) for x in (p, v))
    mass = mass / mass.sum(axis=1, keepdims=True)
    low = worth.min(axis=1) if shift_support else np.where(mass > 0, worth, np.inf).min(axis=1)
    before = np.cumsum(mass, axis=1) - mass
    moved = np.minimum(np.maximum(radius[:, None] - before, 0), mass)
    return (mass * worth).sum(axis=1) - (moved * (worth - low[:, None])).sum(axis=1)


#: Sets, and the lowest expectation over them of rows (R, S) in 80 bits: by another way, or from the dual side.
BALLS: list[tuple[Callable[..., UncertaintySet], Callable[..., np.ndarray]]] = [
    (TotalVariation, lambda p, v, radius: tv_references(p, v, radius, True)),
    (lambda radius: TotalVariation(radius, shift_support=False), lambda p, v, r: tv_references(p, v, r, False)),
    (KullbackLeibler, lambda p, v, radius: kl_references(p, v, np.maximum(radius, 1e-320))),
    (ChiSquare, chi_square_references),
    (Contamination, lambda p, v, r: (1 - r) * mean(p, v) + r * v.min(axis=1)),
    (lambda radius: Nominal(), lambda p, v, radius: mean(p, v)),
]


def mean(p: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (p.astype(np.longdouble) * v).sum(axis=1)


def operators(seed: int) -> Seen:
    """Worst cases and worst kernels: what a kernel of the set attains is what no kernel of the set goes below."""
    rng = np.random.default_rng(seed)
    n, lead = int(rng.choice([1, 2, 3, 5, 9, 40])), (int(rng.choice([1, 3, 40, 300, 1100])),)
    p, shared = rows(rng, lead, n), rng.random() < 0.4
    v = values(rng, (n,) if shared else (*lead, n))
    kind = int(rng.integers(6))
    make, reference = BALLS[kind]
    ball = make(radii(rng, lead, 9.0 if kind in (2, 3) else 1.0))
    worst, kernel = ball.worst_case(p, v), ball.worst_kernel(p, v)
    each, size = np.broadcast_to(v, p.shape), np.broadcast_to(ball.radius, lead)
    scale = np.maximum(np.abs(each).max(axis=1), 1e-300)
    unit = each / scale[:, None]
    dual, primal = reference(p, unit, size), mean(kernel, unit)
    digits = 1e-11 if kind == 2 else 1e-13
    wrong = (np.abs(worst / scale - dual) > digits) | (np.abs(primal - worst / scale) > digits)
    wrong |= (kernel < 0).any(axis=1) | (np.abs(kernel.sum(axis=1) - 1) > 1e-9)
    wrong |= distances(kind, kernel, p) > size * (1 + 1e-12) + 1e-13
    if not ball.shift_support:
        wrong |= ((kernel > 0) & (p == 0)).any(axis=1)
    wrong |= ball.worst_case_unchecked(p, v) != worst
    if kind < 2:
        for i in range(min(lead[0], 3)):  # nothing at all is rounded here
            wrong[i] |= abs(worst[i] / scale[i] - float(tv_exactly(p[i], unit[i], size[i], kind == 0))) > 1e-12
    bad = np.flatnonzero(wrong)
    assert not len(bad), (ball, *(x[bad[0]] for x in (p, each, size, worst / scale, dual, primal)))
    return lead[0], (kind, n, lead, shared)


def stage_games(seed: int) -> Seen:
    """Equilibria of stage games: what is returned is a policy from which no deviation pays, and no player is left out.

    Games are solved many at a time; one of them is solved again alone, and its deviations are counted in loops.
    """
    rng = np.random.default_rng(seed)
    sizes = [(1,), (4,), (2, 2), (1, 3), (3, 2), (3, 4), (2, 2, 2), (2, 1, 3), (2, 2, 2, 2), (2, 2, 2, 2, 2)]
    n_actions = sizes[rng.integers(len(sizes))]
    m, n_joint, n_games = len(n_actions), int(np.prod(n_actions)), int(rng.choice([1, 8, 64]))
    payoffs = values(rng, (n_games, m, n_joint))
    opposed = rng.random(n_games) < 0.2
    payoffs[opposed, -1] = -payoffs[opposed, 0]
    concept = CONCEPTS[rng.integers(3)]
    select = "welfare" if concept != "nash" and rng.random() < 0.4 else "pure"
    policy = solve_stage(payoffs, n_actions, concept, select)
    assert policy.shape == (n_games, n_joint) and policy.min() >= 0 and np.abs(policy.sum(axis=1) - 1).max() < 1e-9
    scale = np.maximum(np.abs(payoffs).max(axis=2, keepdims=True), 1e-300)
    unit = payoffs / scale
    gain = relative_gain(unit, policy, n_actions, concept) * np.ptp(unit, axis=2).max(axis=1)
    worst = int(np.argmax(gain))
    assert gain[worst] <= 2 * TOLERANCE + 1e-12, (payoffs[worst], policy[worst])
    assert brute_gain(unit[worst], policy[worst], n_actions, concept) <= 2 * TOLERANCE + 1e-12, payoffs[worst]
    assert solve_stage(payoffs[worst], n_actions, concept, select).tobytes() == policy[worst].tobytes()
    if select == "welfare" and n_joint <= 9:
        some, how = unit[worst], scale[worst]
        if np.ptp(how) == 0 and 1e-9 < how[0, 0] < 1e9:
            assert (some.sum(axis=0) @ policy[worst]) >= linear_program(some, n_actions, concept) - 1e-6
    return n_games, (n_actions, concept, select, n_games)


def plans(seed: int) -> Seen:
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
    return 1, (game.horizon, game.n_states, game.n_actions, concept)


def learners(seed: int) -> Seen:
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
    return 1, (game.horizon, game.n_states, game.n_actions, concept)


def files(seed: int) -> Seen:
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
    return 1, (game.horizon, game.n_states, game.n_actions)


def damaged_files(seed: int) -> Seen:
    """Files of others, damaged: each is read, or refused in words; one in four is weighed while it is read."""
    rng = np.random.default_rng(seed)
    kind = list(FILES)[rng.integers(len(FILES))]
    whole, read = FILES[kind]
    archive = kind in ARRAYS
    with tempfile.TemporaryDirectory() as folder:
        for i in range(24):
            inside = archive and rng.random() < 0.8
            read_within_bounds(
                read, (damaged_member if inside else damaged_bytes)(rng, whole), Path(folder), i % 12 == 0
            )
    return 24, kind


def strange_space(rng: np.random.Generator, depth: int = 0) -> tuple[Any, int]:
    """A space as gymnasium has them, known by its attributes, and how many values it has: 0 where that is no number."""
    n = int(rng.choice([1, 2, 3, 7, 100, 10**4, 10**12, 2**62]))
    shape = tuple(map(int, rng.integers(1, 4, rng.integers(1, 3))))
    start = int(rng.choice([0, -3, 5, -(2**40)]))
    kind = rng.integers(7 if depth < 3 else 5)
    if kind == 0:
        return SimpleNamespace(n=n, start=start, shape=(), dtype=np.int64), n
    if kind == 1:
        sizes = rng.choice([1, 2, 3, 50, 2**31], shape)
        return SimpleNamespace(nvec=sizes, start=np.full(shape, start), shape=shape, dtype=np.int64), _product(sizes)
    if kind == 2:
        return SimpleNamespace(n=shape, shape=shape, dtype=np.int8), 2 ** math.prod(shape)
    if kind == 3:
        low = rng.integers(-3, 3, shape)
        high = low + rng.choice([0, 1, 2, 2**40], shape)
        return SimpleNamespace(low=low, high=high, shape=shape, dtype=np.int64), _product(high - low + 1)
    if kind == 4:
        no_end = SimpleNamespace(low=np.zeros(shape), high=np.ones(shape), shape=shape, dtype=np.float32)
        return (no_end, SimpleNamespace(spaces={"a": no_end}), SimpleNamespace(max_length=5))[rng.integers(3)], 0
    parts = [strange_space(rng, depth + 1) for _ in range(rng.integers(1, 4))]
    return SimpleNamespace(spaces=tuple(part for part, _ in parts)), math.prod(size for _, size in parts)


def _product(sizes: np.ndarray) -> int:
    return math.prod(map(int, sizes.ravel()))


def spaces(seed: int) -> Seen:
    """Spaces of environments: each value has its number and comes back, or there are too many, which costs nothing."""
    rng = np.random.default_rng(seed)
    for i in range(24):
        space, size = strange_space(rng)
        if i % 12 == 0:
            tracemalloc.start()
        try:
            found = finite(space, "the space")
            assert found.size == size > 0
            values = keys_of(found, None, "it")
            assert len(values) == size <= MOST_STATES
            for number in rng.integers(size, size=3).tolist():
                assert found.key(found.value(number)) == values[number]
        except TypeError as error:
            assert size == 0 and "must be finite" in str(error)
        except ValueError as error:
            assert size > MOST_STATES and "must have at most" in str(error)
        finally:
            most = tracemalloc.get_traced_memory()[1] if i % 12 == 0 else 0
            tracemalloc.stop()
        assert most < 1e7 + 400 * (size if size <= MOST_STATES else 0)
    return 24, "spaces"


FILES = TEXTS | ARRAYS
FIRST = (operators, stage_games, plans, learners, told, listed, played, deployed, calibrated, floors)
SUBJECTS: dict[str, Callable[[int], Seen]] = {
    each.__name__: each for each in (*FIRST, files, many_players, features, damaged_files, spaces)
}
