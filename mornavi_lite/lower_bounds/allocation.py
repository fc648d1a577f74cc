"""How a learner would best spend its episodes on finitely many alternatives, and proof that it cannot do better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Distance of 1 from the next float64.
_ULP = 2.0**-52
#: Points at which the requirement, a convex function of a probability, is replaced by its tangents.
_TANGENTS = 16


@dataclass(frozen=True)
class Cut:
    """An alternative as the program sees it."""

    information: np.ndarray  #: (H, S, A), nats that a visit tells, rounded up
    refutes: np.ndarray  #: (bins,), which outputs are wrong in it
    never_likelier: bool  #: whether nothing that is seen is more probable in the alternative


@dataclass(frozen=True)
class Allocation:
    """Where the fewest episodes go."""

    episodes: float  #: no learner has fewer on average, rounding included
    visits: np.ndarray  #: (H, S, A), the program's own answer, which nothing rests on
    outputs: np.ndarray  #: (bins,), probability of each kind of output in it
    weights: np.ndarray  #: (cuts,), multipliers, by which the floor can be checked


def requirement(delta: float, never_likelier: bool) -> tuple[np.ndarray, np.ndarray]:
    """Tangents (slope, constant) of the nats that an event needs which has this probability here and delta there."""
    at = delta + (1 - 2 * delta) * (np.arange(1, _TANGENTS + 1) / _TANGENTS) ** 1.5
    at[-1] = 1 - delta
    rest = np.maximum(1 - at, delta)  # where delta is below the rounding of 1, that is 0 otherwise
    slope = np.log(at / delta)
    if never_likelier:
        needed, slope = at * slope, slope + 1
    else:
        needed = at * slope + rest * np.log(rest / (1 - delta))
        slope = slope - np.log(rest / (1 - delta))
    return slope, needed - slope * at - 1e-13 * (1 + slope)


class Program:
    """The linear program of one game: mean visits (H, S, A) of a run, and how probable each kind of output is in it."""

    def __init__(self, kernel: np.ndarray, initial: np.ndarray, legal: np.ndarray, n_bins: int) -> None:
        from scipy import optimize, sparse

        self.linprog, self.sparse = optimize.linprog, sparse
        self.kernel, self.initial, self.legal, self.n_bins = kernel, initial, legal, n_bins
        horizon, n_states, n_joint, _ = kernel.shape
        self.n = horizon * n_states * n_joint
        cells = np.arange(self.n).reshape(horizon, n_states, n_joint)
        flows = np.zeros((horizon, n_states, self.n + n_bins + 1))  # visits, outputs, episodes
        for h in range(horizon):
            for s in range(n_states):
                flows[h, s, cells[h, s]] = 1
                if h:
                    flows[h, s, cells[h - 1].ravel()] -= kernel[h - 1, :, :, s].ravel()
        flows[0, :, -1] = -initial
        outputs = np.zeros(self.n + n_bins + 1)
        outputs[self.n : -1] = 1
        self.equal = sparse.csr_array(np.vstack([flows.reshape(-1, self.n + n_bins + 1), outputs]))
        may = np.broadcast_to(legal, kernel.shape[:3]).ravel()
        self.bounds = [(0.0, None if ok else 0.0) for ok in may] + [(0.0, None)] * (n_bins + 1)

    def solve(self, cuts: list[Cut], lines: list[tuple[np.ndarray, np.ndarray]], mass: float) -> Allocation:
        """The fewest episodes with information of at least every line of every cut; outputs have this mass in all."""
        upper, right, owner = [], [], []
        for k, (cut, (slope, constant)) in enumerate(zip(cuts, lines, strict=True)):
            block = np.zeros((len(slope), self.n + self.n_bins + 1))
            block[:, : self.n] = -cut.information.ravel()
            block[:, self.n : -1] = slope[:, None] * cut.refutes
            upper.append(block)
            right.append(-constant)
            owner += [k] * len(slope)
        goal = np.zeros(self.n + self.n_bins + 1)
        goal[-1] = 1
        found = self.linprog(
            goal,
            A_ub=self.sparse.csr_array(np.vstack(upper)),
            b_ub=np.concatenate(right),
            A_eq=self.equal,
            b_eq=np.append(np.zeros(self.equal.shape[0] - 1), mass),
            bounds=self.bounds,
        )
        if found.x is None:
            raise RuntimeError(f"the linear program of the floor has no solution: {found.message}")
        multipliers = np.maximum(-found.ineqlin.marginals, 0.0)
        weights = np.bincount(owner, multipliers)
        needed = np.zeros(self.n_bins)  # by a run all of whose outputs are of one kind
        for k, cut in enumerate(cuts):
            own = multipliers[np.array(owner) == k]
            needed += lines[k][1] @ own + cut.refutes * mass * (lines[k][0] @ own)
        floor = self.certified(cuts, weights, float(needed.min()))
        visits = np.maximum(found.x[: self.n], 0.0).reshape(self.kernel.shape[:3])
        return Allocation(floor, visits, np.maximum(found.x[self.n : -1], 0.0), weights)

    def certified(self, cuts: list[Cut], weights: np.ndarray, needed: float) -> float:
        """Episodes of which each tells the weighted information, at most, until there is as much as is needed."""
        total = np.zeros(self.kernel.shape[:3])
        for weight, cut in zip(weights, cuts, strict=True):
            total += weight * cut.information
        most = most_information(self.kernel, self.initial, self.legal, total) * (1 + 2 * len(cuts) * _ULP)
        less = needed - 1e-12 * (abs(needed) + float(weights.sum()))
        return max(less, 0.0) / most if most > 0 else 0.0


def most_information(kernel: np.ndarray, initial: np.ndarray, legal: np.ndarray, information: np.ndarray) -> float:
    """No policy's episode tells more than this, on average: backward induction with ``information`` as the reward.

    All numbers are nonnegative, so that each sum or product is off by a share of at most half a unit in the last place
    and errors never cancel: the result is rounded up by as much as they can come to.
    """
    value = np.zeros(kernel.shape[1])
    for h in reversed(range(len(kernel))):
        value = np.where(legal, information[h] + kernel[h] @ value, 0.0).max(axis=1)
    operations = len(kernel) * (3 * kernel.shape[1] + 4) + 2 * len(initial)
    return float(initial @ value) * (1 + 2 * operations * _ULP)


def information_of(kernel: np.ndarray, other: np.ndarray) -> np.ndarray:
    """KL(row | other row) of each cell (H, S, A), rounded up; 0 where the rows are the same."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(kernel > 0, kernel * np.log(kernel / other), 0.0)
    same = (kernel == other).all(axis=-1)
    slack = 16 * _ULP * (np.abs(terms).sum(axis=-1) + kernel.shape[-1])
    return np.where(same, 0.0, np.maximum(terms.sum(axis=-1), 0.0) + slack)
