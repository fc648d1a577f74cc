"""Backups of the package beside compiled loops for the same rows, in one run: what NumPy leaves on the table.

The loops are ``compiled.cpp``, built here by g++ for this processor. Writes ``results/compiled.json``.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import KullbackLeibler, TotalVariation  # noqa: E402
from mornavi_lite.uncertainty import UncertaintySet  # noqa: E402

RADIUS = 0.1
SETS: dict[str, UncertaintySet] = {"TV": TotalVariation(RADIUS), "KL": KullbackLeibler(RADIUS)}
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
DENSE, SPARSE, N_SPARSE = (5, 10, 20, 50, 100, 200, 500, 1000), (2, 5, 10), 10_000


def compiled(folder: str) -> tuple[ctypes.CDLL, str]:
    """The loops, and the compiler's name and version."""
    target = Path(folder, "compiled.so")
    subprocess.run(["g++", *FLAGS, str(common.HERE / "compiled.cpp"), "-o", str(target)], check=True)
    said = subprocess.run(["g++", "--version"], check=True, capture_output=True, text=True).stdout
    return ctypes.CDLL(str(target)), said.splitlines()[0]


def seconds(call: Callable[[], object]) -> float:
    """Smallest processor time of one call, over a second of them: other work on the machine does not count."""
    best, begin = float("inf"), time.process_time()
    while time.process_time() < begin + 1:
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def bound(function: Callable[..., None], *arguments: object) -> Callable[[], None]:
    """A call of a compiled function; arrays by their address, numbers of rows and entries as long."""
    changed = [
        ctypes.c_void_p(each.ctypes.data)
        if isinstance(each, np.ndarray)
        else (ctypes.c_long(each) if isinstance(each, int) else ctypes.c_double(each))
        for each in arguments
    ]
    return lambda: function(*changed)


def line(name: str, size: int, rows: int, ours: float, loop: float, product: float) -> dict:
    took = {key: 1e9 * each / rows for key, each in (("ours_ns", ours), ("loop_ns", loop), ("product_ns", product))}
    words = ", ".join(f"{key} {each:.0f}" for key, each in took.items())
    print(f"{name}, {size}: {words}, ours / loop {ours / loop:.1f}", flush=True)
    return {"set": name, "size": size, **took}


def dense(loops: ctypes.CDLL, n_states: int) -> list[dict]:
    rng, rows = np.random.default_rng(n_states), max(2_000, 200_000 // n_states)
    p, v = rng.dirichlet(np.ones(n_states), size=rows), np.sort(rng.random(n_states))
    v = rng.permutation((v - v[0]) / (v[-1] - v[0]))
    order, out, lines = np.argsort(-v, kind="stable"), np.empty(rows), []
    product = seconds(bound(loops.product_dense, rows, n_states, p, v, out))
    for name, ball in SETS.items():
        extra = (order,) if name == "TV" else ()
        call = bound(getattr(loops, f"{name.lower()}_dense"), rows, n_states, p, v, *extra, RADIUS, out)
        loop = seconds(call)
        np.testing.assert_allclose(out, ball.worst_case_unchecked(p, v), rtol=0, atol=1e-9)
        ours = seconds(lambda b=ball: b.worst_case_unchecked(p, v))
        lines.append(line(name, n_states, rows, ours, loop, product))
    return lines


def sparse(loops: ctypes.CDLL, width: int) -> list[dict]:
    rng, shape = np.random.default_rng(width), (9 * N_SPARSE, width)
    listed, p, v = (
        rng.integers(N_SPARSE, size=shape),
        rng.dirichlet(np.ones(width), size=shape[0]),
        rng.random(N_SPARSE),
    )
    v = (v - v.min()) / (v.max() - v.min())
    out, lines = np.empty(shape[0]), []
    product = seconds(bound(loops.product_sparse, *shape, listed, p, v, out))
    for name, ball in SETS.items():
        call = bound(getattr(loops, f"{name.lower()}_sparse"), *shape, listed, p, v, RADIUS, out)
        loop = seconds(call)
        np.testing.assert_allclose(out, ball.worst_case_unchecked(p, v[listed], floor=v.min()), rtol=0, atol=1e-9)
        ours = seconds(lambda b=ball: b.worst_case_unchecked(p, v[listed], floor=v.min()))
        lines.append(line(name, width, shape[0], ours, loop, product))
    return lines


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        loops, compiler = compiled(folder)
        found = {
            "compiler": compiler,
            "flags": FLAGS[:3],
            "radius": RADIUS,
            "dense": [each for n in DENSE for each in dense(loops, n)],
            "sparse": [each for k in SPARSE for each in sparse(loops, k)],
        }
    common.save("compiled", found)
