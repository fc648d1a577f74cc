"""Numbers are the same on another processor's kernels and with another number of threads.

Integers, decisions and the digits that results print have to be equal. Values themselves may differ in their last
digits, by 1e-12 of the largest: matrix products are summed in another order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests import ROOT

#: What OpenBLAS may take for its kernels on any processor that NumPy's wheels run on; elsewhere it keeps its own.
CORES = ("Prescott", "Nehalem", "Sandybridge", "Haswell")
#: NumPy's own loops: with everything that this processor has, and without.
WITHOUT = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V3 X86_V4"
TOLERANCE = 1e-12
RUNS = """
import json
import numpy as np
from mornavi_lite import ChiSquare, KullbackLeibler, Mornavi, NashVI, Nominal, TotalVariation, run, solve, zoo
said, values = [], []
sets = [TotalVariation(0.1), KullbackLeibler(0.05), ChiSquare(0.2)]
for game, uncertainty, concept in [
    (zoo.congestion(), sets, "ce"), (zoo.fishing(), sets[1], "nash"),
    (zoo.garnet(9, (2, 3), 4, 3, seed=5), sets[1:], "cce"),
]:
    solution = solve(game, uncertainty, concept)
    said.append(repr(solution))
    values += [np.ravel(solution.value).tolist(), np.ravel(solution.gap).tolist()]
for learner, game in [
    (Mornavi(sets, concept="ce", delta=0.1), zoo.congestion()), (NashVI(delta=0.1), zoo.fishing()),
    (Mornavi(TotalVariation(0.1)), zoo.safe_or_risky()),
]:
    history = run(learner, game, 2000, seed=3)
    said += [repr(history), history.n_plans]
    values.append([history.best_certificate])
print(json.dumps([said, [x for each in values for x in each]]))
"""


def numbers(**variables):
    """What the runs print, and their values, in a Python of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **variables}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUNS], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    said, values = json.loads(done.stdout)
    return said, np.array(values)


@pytest.fixture(scope="module")
def here():
    return numbers()


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        *(
            {"OPENBLAS_CORETYPE": core, "OPENBLAS_NUM_THREADS": threads}
            for core in CORES
            for threads in ("1", "2", "4")
        ),
        {"NPY_DISABLE_CPU_FEATURES": WITHOUT},
        {"PYTHONHASHSEED": "7"},
    ],
    ids=lambda variables: "-".join(variables.values())[:20],
)
def test_decisions_and_printed_digits_are_equal(here, variables):
    said, values = numbers(**variables)
    assert said == here[0]
    assert np.abs(values - here[1]).max() <= TOLERANCE * np.abs(here[1]).max()


@pytest.mark.slow
def test_the_settings_change_the_kernels():
    """Else the test above compares a machine with itself."""
    code = "import numpy as np; a = np.random.default_rng(0).random((300, 300)); print((a @ a).tobytes().hex())"

    def product(core):
        environment = {**os.environ, "OPENBLAS_CORETYPE": core}
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment).stdout

    found = {product(core) for core in CORES}
    if len(found) == 1:
        pytest.skip("this NumPy stands on another library than OpenBLAS, or this is no x86")
    assert len(found) > 1
