"""Plausible wrong answers to the tasks of the problem sets; tests/book/test_assignments.py says what becomes of them.

For each answer's cell: a name, and either pairs of text that turn the solution of the source into a wrong one, or the
body of a function that calls the package. The first two of each task also go through nbgrader.
"""

from __future__ import annotations

Edits = list[tuple[str, str]]

PS1: dict[str, dict[str, Edits | str]] = {
    "ps1_kernel": {
        "the first player's action changes fastest": [
            ("[0.4, 0.6, 0], [0.5, 0.5, 0]", "[0.5, 0.5, 0], [0.4, 0.6, 0]"),
            ("[0, 0.5, 0.5], [0, 0.7, 0.3]", "[0, 0.7, 0.3], [0, 0.5, 0.5]"),
        ],
        "dry for ever": [("[[0, 0.4, 0.6]]", "[[0, 0, 1]]")],
        "next states upside down": [("np.array([full, low, dry])", "np.array([full, low, dry])[:, :, ::-1]")],
        "axes exchanged": [("np.array([full, low, dry])", "np.array([full, low, dry]).swapaxes(0, 1)")],
    },
    "ps1_reward": {
        "farms exchanged": [("return pays", "return pays[::-1]")],
        "a dry well pays": [("pays[0, :2]", "pays[0]"), ("pays[1, :2]", "pays[1]")],
        "the first player's action changes fastest": [
            ("[0.3, 0.3, 1, 1]", "[0.3, 1, 0.3, 1]"),
            ("[0.5, 0.9, 0.5, 0.9]", "[0.5, 0.5, 0.9, 0.9]"),
        ],
    },
    "ps1_by_hand": {
        "sign error": [
            ("if radius <= 0.5:", "if radius <= 0.2:"),
            ("[0.5 - radius, 0.3, 0.2 + radius]", "[0.5 + radius, 0.3, 0.2 - radius]"),
            ("return [0, 0, 1]", "return [1, 0, 0]"),
            ("[0, 0.8 - radius, 0.2 + radius]", "[0.7, 0.3, 0]"),
        ],
        "takes from all in proportion": [
            ("[0.5 - radius, 0.3, 0.2 + radius]", "[0.5 - radius / 2, 0.3 - radius / 2, 0.2 + radius]"),
        ],
        "half the budget": [("if radius", "radius /= 2\n    if radius")],
        "one case": [("if radius <= 0.5:", "if True:")],
        "calls the package": "return TotalVariation(radius).worst_kernel([0.5, 0.3, 0.2], [2, 1, 0])",
    },
    "ps1_worst_row": {
        "sign error": [("np.argsort(-v)", "np.argsort(v)"), ("np.argmin(v)", "np.argmax(v)")],
        "keeps the support": [("np.argmin(v)", "np.argmin(np.where(np.array(p) > 0, v, np.inf))")],
        "takes from the lowest first": [("np.argsort(-v)", "np.argsort(v)")],
        "takes the last state for the worst": [("np.argmin(v)", "len(v) - 1")],
        "changes its argument": [("np.array(p, dtype=float)", "p")],
        "forgets what was taken": [("        left -= taken\n", "")],
        "calls the package": "return TotalVariation(radius).worst_kernel(p, v)",
    },
    "ps1_worst_game": {
        "one fear for both": [("worst(kernel[s, a], value[i, h + 1])", "worst(kernel[s, a], value[0, h + 1])")],
        "uniform instead of the policy": [("(policy[h] * payoff).sum(axis=1)", "payoff.mean(axis=1)")],
        "off-by-one horizon": [("reversed(range(horizon))", "reversed(range(horizon - 1))")],
        "forwards in time": [("reversed(range(horizon))", "range(horizon)")],
        "best action instead of the policy": [("(policy[h] * payoff).sum(axis=1)", "payoff.max(axis=1)")],
        "the policy of the first step": [("policy[h] * payoff", "policy[0] * payoff")],
        "calls the package": (
            "game = MarkovGame.stationary(kernel, reward, (2, 2), len(policy))\n"
            "    return evaluate(game, policy, TotalVariation(0.1)), None"
        ),
    },
}

PS2: dict[str, dict[str, Edits | str]] = {
    "ps2_tv": {
        "sign error": [("np.argsort(-v)", "np.argsort(v)")],
        "negative tails": [("np.maximum(tails - radius, 0)", "(tails - radius)")],
        "wrong axis": [("tails = np.cumsum(p[..., order], axis=-1)", "tails = np.cumsum(p[..., order], axis=0)")],
        "adds the radius": [("tails - radius", "tails + radius")],
        "forgets the order": [("p[..., order]", "p")],
        "calls the package": "return TotalVariation(radius).worst_case(p, v)",
    },
    "ps2_support": {
        "support ignored": [("np.where(p > 0, v, np.inf)", "np.where(p >= 0, v, np.inf)")],
        "one lowest value for all rows": [
            (".min(axis=-1, keepdims=True)", ".max(axis=-1, keepdims=True) * 0 + v.min()")
        ],
        "lets what is lower count": [("np.maximum(v[order], lowest)", "v[order] + 0 * lowest")],
        "the lowest of the support by probability": [("np.where(p > 0, v, np.inf)", "np.where(p > 0.1, v, np.inf)")],
        "calls the package": "return TotalVariation(radius, False).worst_case(p, v)",
    },
    "ps2_dual": {
        "sign error": [("np.log(tilted) + radius", "np.log(tilted) - radius")],
        "overflows": [("lowest = v[inside].min()", "lowest = 0.0")],
        "lambda for t": [
            ("np.exp(-t * (v[inside] - lowest))", "np.exp(-(v[inside] - lowest) / t)"),
            (") / t", ") * t"),
        ],
        "support ignored": [("inside = p > 0", "inside = p >= 0")],
        "radius not divided": [("(np.log(tilted) + radius) / t", "np.log(tilted) / t - radius")],
        "calls the package": "return KullbackLeibler(radius).worst_case(p, v)",
    },
    "ps2_kl": {
        "support ignored at the edge": [("        return lowest\n", "        return v.min()\n")],
        "divergence the wrong way round": [
            (
                "spent = -np.exp(middle) * (q @ x) - np.log(weights.sum())",
                "spent = p @ np.log(p / np.maximum(q, 1e-300))",
            ),
        ],
        "max for min": [("v[inside].min()", "v[inside].max()"), ("v[inside] - lowest", "lowest - v[inside]")],
        "too few steps": [("range(100)", "range(12)")],
        "the tilt of half the radius": [("spent < radius", "spent < radius / 2")],
        "calls the package": "return KullbackLeibler(radius).worst_case(p, v)",
    },
    "ps2_plan": {
        "min for max": [("payoff.max(axis=1), payoff.argmax(axis=1)", "payoff.min(axis=1), payoff.argmin(axis=1)")],
        "off-by-one horizon": [("reversed(range(horizon))", "reversed(range(horizon - 1))")],
        "not robust": [("worst(kernel, value[h + 1])", "kernel @ value[h + 1]")],
        "value of the same step": [("value[h + 1])", "value[h])")],
        "uniform over actions": [("payoff.max(axis=1), payoff", "payoff.mean(axis=1), payoff")],
        "the last of equal actions": [
            ("payoff.argmax(axis=1)", "payoff.shape[1] - 1 - payoff[:, ::-1].argmax(axis=1)"),
        ],
        "calls the package": (
            "game = mornavi_lite.MarkovGame.stationary(kernel, [reward], (reward.shape[1],), horizon)\n"
            "    return mornavi_lite.solve(game, TotalVariation(0.2)).value[0], None"
        ),
    },
}

PS3: dict[str, dict[str, Edits | str]] = {
    "ps3_model": {
        "zero without visits": [("uniform)", "0.0)")],
        "wrong axis": [("transitions.sum(axis=-1, keepdims=True)", "transitions.sum(axis=0, keepdims=True)")],
        "divides by all visits": [("transitions.sum(axis=-1, keepdims=True)", "transitions.sum()")],
        "divides by zero": [("np.maximum(visits, 1)", "visits")],
        "calls the package": "return mornavi_lite.confidence.counts.frequencies(transitions, transitions.sum(axis=-1))",
    },
    "ps3_width": {
        "one event": [("union + n_states * np.log(2)", "union")],
        "one number of visits": [("times * (times + 1) / delta", "1 / delta")],
        "forgets the 2": [("/ (2 * times)", "/ times")],
        "off by one": [("(times + 1)", "(times - 1 + 1e-9)")],
        "above 1": [("np.minimum(root, 1)", "root")],
        "zero without visits": [(", 1.0)", ", 0.0)")],
        "calls the package": (
            'bound = ConfidenceSet("hoeffding", n_states, n_rows, delta).event_bound\n'
            "    return bound(0 * visits, visits)"
        ),
    },
    "ps3_optimistic": {
        "sign error": [("np.argsort(-v)", "np.argsort(v)")],
        "mixes with the best state": [("np.cumsum(p[order]) + w", "np.cumsum(p[order]) * (1 - w) + w")],
        "forgets the order": [("q[order] = np.diff(tails, prepend=0)", "q[:] = np.diff(tails, prepend=0)")],
        "tails above 1": [("np.minimum(np.cumsum(p[order]) + w, 1)", "np.cumsum(p[order]) + w")],
        "half the width": [("+ w, 1)", "+ w / 2, 1)")],
        "calls the package": (
            'return ConfidenceSet("hoeffding", len(p), 1, 0.05).optimistic((1000 * p).astype(int), v)'
        ),
    },
    "ps3_deviation": {
        "uniform instead of the marginal": [
            ("others = played.sum(axis=0)", "others = np.ones(played[0].shape) / played[0].size")
        ],
        "marginal of the wrong player": [
            ("others = played.sum(axis=0)", "others = np.resize(played.sum(axis=-1), played[0].size)"),
        ],
        "min for max": [("earned.max()", "earned.min()")],
        "swaps like a CE": [
            (
                "return earned.max()",
                "return (own.reshape(len(own), -1) @ played.reshape(len(own), -1).T).max(axis=0).sum()",
            ),
        ],
        "always the first player": [("n_actions), player, 0)", "n_actions), 0, 0)")],
        "calls the package": 'return deviation_value(payoff, policy, n_actions, player, "cce")',
    },
    "ps3_bounds": {
        "lower payoffs from the order of the upper": [("best(-lower)", "best(-upper)")],
        "lower payoffs from the best kernel": [("best(-lower)", "best(lower)")],
        "unknown rewards are 0": [("np.where(visits, reward, 1)", "np.where(visits, reward, 0)")],
        "off-by-one cap": [("np.minimum(high, left)", "np.minimum(high, left - 1)")],
        "no floor": [("np.maximum(low, 0)", "low")],
        "hope without fear": [("worst(best(upper), upper)", "best(upper) @ upper")],
        "calls the package": 'return ConfidenceSet("hoeffding", 2, 8, 0.05).optimistic(visits, upper), lower',
    },
    "ps3_pass": {
        "equilibrium of the lower payoffs": [("equilibrium(high)", "equilibrium(low)")],
        "lower value of the best action": [("(policy[h][:, None] * low).sum(axis=2).T", "low.max(axis=2).T")],
        "uniform instead of the policy": [("(policy[h][:, None] * low).sum(axis=2).T", "low.mean(axis=2).T")],
        "no deviation": [("np.maximum(followed, deviation(high, policy[h])).T", "followed.T")],
        "only deviations": [("np.maximum(followed, deviation(high, policy[h])).T", "deviation(high, policy[h]).T")],
        "off-by-one horizon": [("reversed(range(H))", "reversed(range(1, H))")],
        "calls the package": "return Mornavi(TotalVariation(0.1)).plan(Counts(S, (A,), H))",
    },
}

PS4: dict[str, dict[str, Edits | str]] = {
    "ps4_regret": {
        "one episode a plan": [("gap * np.diff(episode, prepend=0)", "gap")],
        "a line from the first record": [
            ("return total[plan] - gap[plan] * (episode[plan] - at)", "return np.interp(at, episode, total)"),
        ],
        "off by one": [("(episode[plan] - at)", "(episode[plan] - at + 1)")],
        "the plan after": [("gap[plan] *", "gap[np.minimum(plan + 1, len(gap) - 1)] *")],
        "ends of plans only": [("return total[plan] - gap[plan] * (episode[plan] - at)", "return total[plan]")],
        "calls the package": (
            "from mornavi_lite import History\n    stub = History(episode, gap, None, None, None, None, None)\n"
            "    return stub.regret_at(at)"
        ),
    },
    "ps4_experiment": {
        "one seed for all": [("int(at[-1]), seed)", "int(at[-1]), seeds[0])")],
        "the number of the run for the seed": [
            ("int(at[-1]), seed) for seed in seeds", "int(at[-1]), seed) for seed, _ in enumerate(seeds)"),
        ],
        "one axis too few": [("for history in runs])", "for history in runs]).mean(axis=0)")],
        "the package's records as they are": [("history.regret_at(at) for", "np.resize(history.regret, len(at)) for")],
    },
    "ps4_exponent": {
        "no logarithm of the regret": [("np.log(regrets) @ x", "np.array(regrets) @ x")],
        "the line through its ends": [
            ("np.log(regrets) @ x / (x @ x)", "np.log(regrets[:, -1] / regrets[:, 0]) / np.log(at[-1] / at[0])"),
        ],
        "upside down": [("np.log(regrets) @ x / (x @ x)", "x @ x / (np.log(regrets) @ x)")],
        "mean over the seeds": [("return np.log(regrets)", "return np.log(regrets).mean(axis=0, keepdims=True)")],
    },
    "ps4_band": {
        "wrong axis": [("axis=0", "axis=1")],
        "quartiles": [("[0.5, 0.1, 0.9]", "[0.5, 0.25, 0.75]")],
        "mean and standard deviation": [
            (
                "return tuple(",
                "m, s = regrets.mean(axis=0), regrets.std(axis=0)\n    return m, m - s, m + s\n    return (",
            ),
        ],
        "another order": [("[0.5, 0.1, 0.9]", "[0.1, 0.5, 0.9]")],
    },
    "ps4_draw": {
        "linear axes": [("ax.loglog(", "ax.plot(")],
        "mean for median": [(", middle, label", ", np.mean(regrets, axis=0), label")],
        "no band": [("        ax.fill_between(at, low, high, color=line.get_color(), alpha=0.2)\n", "")],
        "band from the lowest to the highest": [("[0.1, 0.5, 0.9]", "[0.0, 0.5, 1.0]")],
        "no names": [(", label=name)", ")")],
        "axes without words": [('    ax.set_ylabel("regret, in units of reward")\n', "")],
        "calls the package": (
            "from mornavi_lite.plots import learning_curves\n    learning_curves(curves, ax=ax)\n    return ax"
        ),
    },
}

PS5: dict[str, dict[str, Edits | str]] = {
    "ps5_root": {
        "forgets the half of the distance": [("apart.sum(axis=-1) / 2", "apart.sum(axis=-1)")],
        "not capped": [("np.minimum(radius, 1)", "radius")],
        "0 without visits": [("np.minimum(radius, 1), 1.0)", "np.minimum(radius, 1), 0.0)")],
        "one log alone scatters": [("(1 / n + 1 / k)", "(1 / k)")],
        "logs pooled": [("(1 / n + 1 / k)", "(2 / (n + k))")],
        "calls the package": "return 0.05 + TotalVariation(1).divergence(second / 100, first / 100)",
    },
    "ps5_levels": {
        "of all steps together": [
            ("both.sum(axis=(1, 2), keepdims=True)", "both.sum() / len(both)"),
        ],
        "visited in either": [(") & (", ") | (")],
        "forgets the steps": [("(len(both) * np.maximum(of_step, 1))", "np.maximum(of_step, 1)")],
        "of all rows": [("both.sum(axis=(1, 2), keepdims=True)", "both[0].size")],
        "level for rows that nobody visited": [(", 0.0)", ", delta)")],
    },
    "ps5_lowest": {
        "Hoeffding instead": "return max(0.0, mean - np.sqrt(np.log(1 / delta) / (2 * n)))",
        "an upper bound": [("low, high = 0.0, mean", "low, high = 1.0, mean")],
        "divergence the wrong way round": [
            (
                "return mean * np.log(mean / y) + second",
                "return y * np.log(y / mean) + (1 - y) * np.log((1 - y) / rest)",
            ),
        ],
        "two-sided level": [("np.log(1 / delta)", "np.log(2 / delta)")],
        "calls the package": "return 1 - mornavi_lite.confidence.chernoff(1 - mean, n, np.log(1 / delta))",
    },
    "ps5_smallest": {
        "none where radius 0 is enough": [("        return 0.0\n", "        return None\n")],
        "1 where none is enough": [("return None", "return 1.0")],
        "the largest of a level piece": [
            ("kept = promise(middle) <= bound", "kept = promise(middle) < bound"),
        ],
        "ten halvings": [("range(60)", "range(10)")],
        "the line between the ends": "return (promise(0.0) - bound) / (promise(0.0) - promise(1.0))",
    },
    "ps5_promise": {
        "radius 0 where nobody was": [("np.where(visited, radius, 1.0)", "np.where(visited, radius, 0.0)")],
        "unvisited rows as told": [("    radius = np.where(visited, radius, 1.0)\n", "")],
        "unvisited actions left out": [("payoff.max(axis=1)", "np.where(visited, payoff, 0).max(axis=1)")],
        "off-by-one horizon": [("reversed(range(horizon))", "reversed(range(horizon - 1))")],
        "one radius for all": [("np.where(visited, radius, 1.0)", "np.full_like(radius, radius.max())")],
        "changes its argument": [("radius = np.where(visited, radius, 1.0)", "radius[~visited] = 1.0")],
        "calls the package": (
            "game = MarkovGame.stationary(kernel, reward[None], (2,), horizon)\n"
            "    return mornavi_lite.solve(game, TotalVariation(0.1))"
        ),
    },
}

WRONG = PS1 | PS2 | PS3 | PS4 | PS5


def spoiled(solution: str, answer: Edits | str) -> str:
    """Text of a cell with a wrong answer in place of the solution."""
    if isinstance(answer, str):
        head = solution.partition("    ### BEGIN SOLUTION")[0]
        return f"import mornavi_lite\n\n\n{head}    {answer}"
    for old, new in answer:
        assert old in solution, f"the solution does not say {old!r}"
        solution = solution.replace(old, new)
    return solution
