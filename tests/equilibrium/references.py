"""What stage equilibria are compared with: brute force, linear programs, enumeration of supports, and known games."""

import itertools

import numpy as np
from scipy.optimize import linprog

SMALL = [(2, 2), (2, 3), (3, 2), (3, 3), (1, 3), (2, 2, 2), (2, 3, 2), (4,)]
RPS = np.array([[0, -1, 1, 1, 0, -1, -1, 1, 0], [0, 1, -1, -1, 0, 1, 1, -1, 0]])
PENNIES = np.array([[1, -1, -1, 1], [-1, 1, 1, -1]])
CHICKEN = np.array([[6, 2, 7, 0], [6, 7, 2, 0]])


#: Shapley's cycle, with which Moulin and Vial (1978) show that a CCE can pay everybody more than any Nash equilibrium.
MOULIN_VIAL = np.array([[0, 1, 2, 2, 0, 1, 1, 2, 0], [0, 2, 1, 1, 0, 2, 2, 1, 0]])


#: The only Nash equilibrium, the best CE and the best CCE of this game all differ.
ALL_DIFFER = np.array([[2, 0, 1, 1, 0, 2, 1, 1, 1], [1, 2, 0, 1, 0, 0, 0, 0, 1]])


#: Mixed strategies differ between the players: what holds by symmetry alone fails here.
SKEWED = np.array([[3, -1, -1, 1], [-3, 1, 1, -1]])


# Definitions in plain loops


def joint_actions(n_actions):
    return list(itertools.product(*[range(n) for n in n_actions]))


def expected(payoff, policy, n_actions, player=0, reply=lambda a: a):
    """Payoff of one player whose recommendation a becomes reply(a)."""
    total = 0.0
    for index, joint in enumerate(joint_actions(n_actions)):
        played = list(joint)
        played[player] = reply(joint[player])
        total += policy[index] * payoff[joint_actions(n_actions).index(tuple(played))]
    return total


def brute_value(payoff, policy, n_actions, player, concept):
    """Largest payoff over every single deviation: constants for Nash and CCE, all maps of actions for CE."""
    n = n_actions[player]
    maps = itertools.product(range(n), repeat=n) if concept == "ce" else [(b,) * n for b in range(n)]
    return max(expected(payoff, policy, n_actions, player, lambda a, m=m: m[a]) for m in maps)


def brute_gain(payoffs, policy, n_actions, concept):
    gains = [
        brute_value(payoffs[i], policy, n_actions, i, concept) - expected(payoffs[i], policy, n_actions)
        for i in range(len(n_actions))
    ]
    return max(0.0, *gains)


def pure_equilibria(payoffs, n_actions):
    joints = joint_actions(n_actions)

    def stable(joint):
        for i, n in enumerate(n_actions):
            for b in range(n):
                other = (*joint[:i], b, *joint[i + 1 :])
                if payoffs[i][joints.index(other)] > payoffs[i][joints.index(joint)]:
                    return False
        return True

    return [index for index, joint in enumerate(joints) if stable(joint)]


def linear_program(payoffs, n_actions, concept):
    """Highest total payoff of a CE or CCE, by HiGHS, one inequality for every deviation."""
    joints = joint_actions(n_actions)
    rows = []
    for i, n in enumerate(n_actions):
        for told, b in itertools.product(range(n), range(n)):
            row = np.zeros(len(joints))
            for index, joint in enumerate(joints):
                if concept == "cce" or joint[i] == told:
                    other = (*joint[:i], b, *joint[i + 1 :])
                    row[index] = payoffs[i][joints.index(other)] - payoffs[i][index]
            rows.append(row)
    total = np.sum(payoffs, axis=0)
    result = linprog(-total, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=[np.ones(len(joints))], b_eq=[1])
    assert result.status == 0
    return -result.fun


def support_enumeration(payoffs, n_actions):
    """All Nash equilibria (x, y) of a nondegenerate two-player game: equal supports, indifference, no better action."""
    first, second = np.reshape(payoffs[0], n_actions), np.reshape(payoffs[1], n_actions)
    found = []
    for size in range(1, min(n_actions) + 1):
        for rows in itertools.combinations(range(n_actions[0]), size):
            for columns in itertools.combinations(range(n_actions[1]), size):
                y = indifferent(first[np.ix_(rows, columns)], n_actions[1], columns)
                x = indifferent(second[np.ix_(rows, columns)].T, n_actions[0], rows)
                if x is None or y is None:
                    continue
                if (first @ y).max() <= (first @ y)[rows[0]] + 1e-9 and (x @ second).max() <= (x @ second)[
                    columns[0]
                ] + 1e-9:
                    found.append(np.outer(x, y).ravel())
    return found


def indifferent(matrix, n, support):
    """The mixture over ``support`` that makes all rows of the square ``matrix`` pay the same, or None."""
    size = len(matrix)
    system = np.block([[matrix, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    weights = np.linalg.solve(system, np.eye(size + 1)[-1])[:size]
    if weights.min() < -1e-12:
        return None
    strategy = np.zeros(n)
    strategy[list(support)] = weights
    return strategy


def relative_gain(payoffs, policy, n_actions, concept):
    """Largest gain relative to the player's range, minimum subtracted first; no function of the package."""
    worst = 0.0
    for i, own in enumerate(n_actions):
        payoff = payoffs[:, i] - payoffs[:, i].min(axis=1, keepdims=True)
        width = payoff.max(axis=1, keepdims=True)
        payoff = payoff / np.where(width > 0, width, 1)
        last = np.moveaxis(payoff.reshape(-1, *n_actions), i + 1, 1).reshape(len(payoff), own, -1)
        weight = np.moveaxis(policy.reshape(-1, *n_actions), i + 1, 1).reshape(len(payoff), own, -1)
        table = np.einsum("gar,gbr->gab", weight, last)
        followed = np.einsum("gaa->g", table)
        best = table.max(axis=2).sum(axis=1) if concept == "ce" else table.sum(axis=1).max(axis=1)
        worst = np.maximum(worst, best - followed)
    return worst


def mixed_policies(rng, n_games, n_actions, concept):
    if concept != "nash":
        return rng.dirichlet(np.full(int(np.prod(n_actions)), 0.5), n_games)
    policy = np.ones((n_games, 1))
    for n in n_actions:
        policy = (policy[:, :, None] * rng.dirichlet(np.ones(n), n_games)[:, None, :]).reshape(n_games, -1)
    return policy
