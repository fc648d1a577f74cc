"""Bounds on factors from mixtures: a ridge regression for each event, and its self-normalised bound.

With features phi in the simplex, the probability of an event B is phi . m(B), where m(B)_j = mu_j(B). Chapter 13.
"""

from __future__ import annotations

import math

import numpy as np


class RidgeBounds:
    """Upper bounds on tails of factors, and of rows, at one step.

    Parameters
    ----------
    sums : numpy.ndarray, shape (d, S)
        Sums of features over visits, by the state that followed.
    gram : numpy.ndarray, shape (d, d)
        Sums of their products.
    ridge : float
        Weight of the identity.
    scale : float
        Multiplies the width.

    Notes
    -----
    Chapter 13, :eq:`linear-ridge`.
    With L = lambda I + sum phi phi' and x = 1 where the event happened, the estimate and its bound are::

        m = 1/2 + L^-1 sum phi (x - 1/2)
        |L^(1/2) (m - m(B))| <= sqrt(2 (log_term + log(1 / delta)) + log det(L / lambda)) / 2 + sqrt(lambda d) / 2

    since noise in an interval of length 1 is sub-Gaussian with constant 1/2, and m(B) is within sqrt(d) / 2 of the
    centre. So phi . m(B) is at most phi . m + beta |phi|, with |phi|^2 = phi' L^-1 phi, for *every* phi.
    Abbasi-Yadkori, Pal and Szepesvari (2011).
    """

    def __init__(self, sums: np.ndarray, gram: np.ndarray, ridge: float, scale: float) -> None:
        d = len(gram)
        regular = ridge * np.eye(d) + gram
        self.sums, self.inverse = sums, np.linalg.inv(regular)
        self.inverse = (self.inverse + self.inverse.T) / 2
        self.log_det = float(np.linalg.slogdet(regular)[1]) - d * math.log(ridge)
        self.bias, self.scale = math.sqrt(ridge * d) / 2, scale

    def width(self, log_term: float) -> float:
        """beta, where the union and delta together cost ``log_term``."""
        return self.scale * (0.5 * math.sqrt(2 * log_term + self.log_det) + self.bias)

    def kernels(self, features: np.ndarray, value: np.ndarray, log_term: float) -> np.ndarray:
        """Optimistic rows (n, S) of features (n, d), in the order of values (S,): tails raised and made monotone."""
        order = np.argsort(-value, kind="stable")
        above = np.cumsum(self.sums[:, order], axis=1)
        centre = above[:, -1:] / 2
        estimates = 0.5 + features @ (self.inverse @ (above[:, :-1] - centre))
        lengths = np.sqrt(np.maximum(np.einsum("nj,jk,nk->n", features, self.inverse, features), 0.0))
        tails = np.ones((len(features), len(value)))
        tails[:, :-1] = np.clip(estimates + self.width(log_term) * lengths[:, None], 0.0, 1.0)
        tails = np.minimum.accumulate(tails[:, ::-1], axis=1)[:, ::-1]
        return kernels_of(tails, order)


def kernels_of(tails: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rows (n, S) whose mass on the first k states of an order is the k-th tail (n, S)."""
    rows = np.empty_like(tails)
    rows[:, order] = np.diff(tails, axis=1, prepend=0.0)
    return rows
