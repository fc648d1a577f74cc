"""The face of the room: what it exports, in which order arguments come, and that NumPy is enough for files."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mornavi_lite import formats
from tests import ROOT

LIKE_A_TABLE = "horizon=None initial=None reward_range='observed' normalize=False discount=None accuracy=None name=''"
SIGNATURES = {
    "from_gymnasium": f"P {LIKE_A_TABLE} state_names=None action_names=None",
    "from_gymnasium_env": "env horizon reward_range=(0, 1) rewards='deterministic' states=None ends='observed' "
    "initial=None",
    "from_nashpy": "game",
    "from_parallel_env": "env horizon reward_range=(0, 1) rewards='deterministic' observations=None states=None "
    "ends='observed' initial=None",
    "from_quantecon": "game",
    "read_log": "path horizon=None reward_range=(0, 1) rewards='deterministic' initial=None state_names=None "
    "action_names=None",
    "read_nfg": "path",
    "read_table": f"path {LIKE_A_TABLE} state_names=None action_names=None",
    "to_nashpy": "payoffs n_actions",
    "to_parallel_env": "game render_mode=None",
    "to_quantecon": "payoffs n_actions",
    "write_log": "path game policy n_episodes rng",
    "write_nfg": "path payoffs n_actions action_names=None player_names=None title='' comment=''",
    "write_policy": "path game policy",
    "write_table": "path game",
}
#: Reads and writes with nothing but NumPy installed.
ALONE = """
import sys
sys.modules.update(dict.fromkeys(["gymnasium", "quantecon", "nashpy", "scipy", "pettingzoo", "pandas"]))
from types import SimpleNamespace
import numpy as np
from mornavi_lite import zoo
from mornavi_lite.formats import *
game = zoo.traffic_merge()
write_table("game.csv", game)
assert read_table("game.csv", 5, reward_range=(0, 1), name=game.name) == game
write_nfg("game.nfg", [[1, 2], [3, 4]], (1, 2))
payoffs, n_actions = read_nfg("game.nfg")
assert from_nashpy(SimpleNamespace(payoff_matrices=(payoffs[:1], payoffs[1:])))[1] == n_actions == (1, 2)
assert from_gymnasium({0: {0: [(1.0, 0, 1.0, True)]}}, 1).n_states == 2
uniform = [[[0.25] * 4] * game.n_states] * game.horizon
write_log("log.csv", game, uniform, 10, np.random.default_rng(0))
assert read_log("log.csv").n_episodes == 10
space, done = SimpleNamespace(n=2), (1, 1.0, True, False, {})
env = SimpleNamespace(observation_space=space, action_space=space, reset=lambda seed: (0, {}), step=lambda action: done)
environment = from_gymnasium_env(env, 3)
assert environment.reset(np.random.default_rng(0)) == 0 and environment.step(1, None)[0] == 1
try:
    to_parallel_env(game)
except ImportError as error:
    assert "pip install 'mornavi-lite[pettingzoo]'" in str(error)
else:
    raise AssertionError("no ImportError")
"""


def test_every_name_is_exported() -> None:
    assert set(SIGNATURES) < set(formats.__all__) and all(hasattr(formats, name) for name in formats.__all__)
    assert formats.__all__ == sorted(formats.__all__)


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_have_their_order_and_defaults(name: str) -> None:
    given = inspect.signature(getattr(formats, name)).parameters.values()
    said = [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in given]
    assert " ".join(said) == SIGNATURES[name]


def test_numpy_is_enough_for_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_package_itself_does_not_import_the_room() -> None:
    code = "import sys, mornavi_lite; sys.exit('mornavi_lite.formats' in sys.modules)"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=env).returncode == 0
