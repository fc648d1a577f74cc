"""Nash equilibria of three players and more: certified, or an error that says what can be done."""

import sys

import numpy as np
import pytest
from stage_kinds import kinds

from mornavi_lite.equilibrium import (
    deviation_gain,
    solve_stage,
)
from tests.equilibrium.references import PENNIES, pure_equilibria


def test_players_with_one_action_do_not_make_a_game_of_three(monkeypatch):
    monkeypatch.setitem(sys.modules, "quantecon", None)
    between = np.array([PENNIES[0], [9, 8, 7, 6], PENNIES[1]])
    np.testing.assert_allclose(solve_stage(between, (2, 1, 2), "nash"), 0.25, atol=1e-14)


# Three and more players


@pytest.mark.parametrize("n_actions", [(2, 2, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_mixed_nash_of_many_players(n_actions):
    pytest.importorskip("quantecon")
    payoffs = np.random.default_rng(8).normal(size=(60, len(n_actions), int(np.prod(n_actions))))
    payoffs = payoffs[[not pure_equilibria(game, n_actions) for game in payoffs]][:6]
    policy = solve_stage(payoffs, n_actions, "nash")
    assert (deviation_gain(payoffs, policy, n_actions, "nash") <= 1e-9 * np.ptp(payoffs, axis=2).max(axis=1)).all()


def test_a_game_of_three_players_that_cannot_be_certified_ends_and_says_what_can_be_done():
    """The simplicial method creeps on this game: without a limit on its steps it ran for minutes."""
    pytest.importorskip("quantecon")
    payoffs = np.random.default_rng(124).random((3, 27))
    with pytest.raises(RuntimeError, match=r"deviation gain of .* concepts 'ce' and 'cce' are linear programs"):
        solve_stage(payoffs, (3, 3, 3), "nash")
    for concept in ("ce", "cce"):
        assert deviation_gain(payoffs, solve_stage(payoffs, (3, 3, 3), concept), (3, 3, 3), concept) <= 1e-9


def test_without_the_optional_solver_only_what_needs_it_fails(monkeypatch):
    monkeypatch.setitem(sys.modules, "quantecon", None)
    coordination = np.zeros((3, 8))
    coordination[:, 0] = 1
    assert solve_stage(coordination, (2, 2, 2), "nash")[0] == 1
    cycle = kinds(1, (2, 2, 2), 0)["cycle"]
    assert not pure_equilibria(cycle[0], (2, 2, 2))
    with pytest.raises(ImportError, match=r"install mornavi-lite\[nash\].*'ce' or 'cce'"):
        solve_stage(cycle, (2, 2, 2), "nash")
    solve_stage(cycle, (2, 2, 2), "cce")
