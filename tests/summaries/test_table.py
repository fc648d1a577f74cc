"""The table of a result: what is played where play gets to, by name, and how much is left out."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Mornavi, Nominal, Solution, TotalVariation, run, solve, zoo
from mornavi_lite.games.flows import expected_visits
from tests.learners.small_games import MIXED
from tests.summaries.shown import Page, named_game, steps_of


def check_table(page: Page, game: MarkovGame, policy: np.ndarray, visits: np.ndarray, most: int = 12) -> list[int]:
    """Every row says what the policy is where it is reached, the most visited states come first; the states shown."""
    head, *rows = page.rows
    assert head[:4] == ["state", "visits", "steps", "plays"] and all(len(row) == len(head) for row in rows)
    shown: list[int] = []
    told: dict[int, list[int]] = {}
    for state, visited, steps, plays, *_ in rows:
        if state:
            shown.append(game.state(state))
            told[shown[-1]] = []
        if plays == "otherwise":
            told[shown[-1]] += [-1] * int(steps.split()[0])
            continue
        each = steps_of(steps)
        told[shown[-1]] += each
        assert float(visited) == pytest.approx(visits[each, shown[-1]].sum(), rel=6e-3, abs=1e-9)
        for h in each:
            row = policy[h, shown[-1]]
            names = [game.joint_action_name(a) for a in np.flatnonzero(row > 1e-9)]
            if len(names) == 1:
                assert plays == names[0]
            else:
                for word, name in re.findall(r"([01]\.\d{3}) ((?:\([^)]*\)|[^,]*))", plays):
                    a = next(a for a in range(game.n_joint_actions) if game.joint_action_name(a) == name)
                    assert float(word) == pytest.approx(row[a], abs=6e-4) and row[a] > 0
    total = visits.sum(axis=0)
    for s in shown:
        assert len(told[s]) == (visits[:, s] > 0).sum() and set(told[s]) - {-1} <= set(np.flatnonzero(visits[:, s] > 0))
    n_reached = int((total > 0).sum())
    assert len(shown) == min(most, n_reached) and (np.diff(total[shown]) <= 1e-9).all()
    assert total[shown].min() >= np.sort(total)[::-1][len(shown) - 1] - 1e-9
    left = re.search(r"([\d,]+) more states that play reaches are left out", page.note)
    assert (int(left[1].replace(",", "")) if left else 0) == n_reached - len(shown)
    never = re.search(r"does not reach ([\d,]+) states?", page.note)
    assert (int(never[1].replace(",", "")) if never else 0) == game.n_states - n_reached
    return shown


@pytest.mark.parametrize("concept", ["cce", "ce", "nash"])
def test_the_table_of_a_solution_is_its_policy_and_value_where_play_gets_to(concept: str) -> None:
    game = named_game()
    solution = solve(game, MIXED, concept)
    page = Page(solution._repr_html_())
    visits = expected_visits(game.transition, game.initial, solution.policy)
    shown = check_table(page, game, solution.policy, visits)
    assert game.n_states - 1 not in shown and len(shown) >= 3  # nothing leads to the last state
    assert page.rows[0][4:] == ["value, player 1", "value, player 2", "value, player 3"]
    state = 0
    for name, _, steps, _, *values in page.rows[1:]:
        state = game.state(name) if name else state
        expected = solution.value[:, steps_of(steps)[0], state]
        np.testing.assert_allclose([float(value) for value in values], expected, rtol=1e-5)
    assert page.lines == repr(solution)


def test_names_are_escaped_and_no_formula_is_made_of_them() -> None:
    page = solve(named_game(), MIXED)._repr_html_()
    assert not {"b", "i", "left"} & Page(page).tags and "&lt;b&gt;home&lt;/b&gt;" in page
    assert 'class="tex2jax_ignore mathjax_ignore"' in page


def test_illegal_actions_are_never_shown() -> None:
    game = named_game()
    assert game.legal is not None
    for concept in ("cce", "ce", "nash"):
        solution = solve(game, MIXED, concept)
        for a in range(12):
            own = np.unravel_index(a, game.n_actions)
            illegal = ~np.logical_and.reduce([mask[:, i] for mask, i in zip(game.legal, own, strict=True)])
            assert not solution.policy[:, illegal, a].any()
    history = run(Mornavi(MIXED), game, 200)
    page = Page(history._repr_html_())
    forbidden = {game.joint_action_name(a) for a in range(12) if np.unravel_index(a, game.n_actions)[1] == 1}
    at_home = [row for row in page.rows if row[0] == game.state_names[0]]
    assert at_home and not any(name in at_home[0][3] for name in forbidden)


def test_the_table_of_a_plan_and_of_a_history_has_bounds() -> None:
    game = named_game()
    history = run(Mornavi(MIXED), game, 3000, seed=1)
    plan = history.best_plan
    page = Page(plan._repr_html_())
    assert plan.about.visits is not None
    check_table(page, game, plan.policy, plan.about.visits)
    state = 0
    for name, _, steps, _, *values in page.rows[1:]:
        state = game.state(name) if name else state
        for i, words in enumerate(values):
            low, high = (float(word) for word in words.split(" to "))
            h = steps_of(steps)[0]
            assert low == pytest.approx(plan.lower[i, h, state], rel=1e-5, abs=1e-9)
            assert high == pytest.approx(plan.upper[i, h, state], rel=1e-5)
    whole = Page(history._repr_html_())
    assert whole.rows == page.rows and whole.note == page.note and whole.lines == repr(history)


def test_a_game_with_a_thousand_states_stays_small() -> None:
    ring = (np.arange(1000)[:, None, None] + np.array([[0, 1], [0, -1], [0, 2]])) % 1000
    rng = np.random.default_rng(0)
    rows, reward = np.tile([0.4, 0.6], (1000, 3, 1)), 0.1 * rng.random((3, 1000, 3))
    reward[:, :, 2] += 0.9  # on and on
    game = MarkovGame.sparse(ring, rows, reward, (1, 3, 1), n_states=1000, horizon=40, initial=500)
    solution = solve(game, [TotalVariation(0.05), TotalVariation(0.1), Nominal()])
    html = solution._repr_html_()
    visits = expected_visits(game.transition, game.initial, solution.policy)
    shown = check_table(Page(html), game, solution.policy, visits)
    assert len(shown) == 12 and len(html) < 30_000 and len(repr(solution).splitlines()) <= 6
    by_state = Page(Solution(*solution)._repr_html_())  # nothing is known of visits
    assert by_state.rows[0][:3] == ["state", "steps", "plays"] and "988 more states are left out" in by_state.note


def test_many_rows_players_and_actions_are_cut_and_counted() -> None:
    """A policy that is another one at each of nine steps, a lottery over all of 256 joint actions of eight players."""
    rng = np.random.default_rng(0)
    policy = rng.dirichlet(np.ones(256), size=(9, 2))
    page = Page(Solution(policy, np.zeros((8, 10, 2)), 0.0)._repr_html_())
    assert [row[0] for row in page.rows] == ["state", "0", "", "", "", "", "1", "", "", "", ""]
    assert page.rows[5][1:3] == ["5 more", "otherwise"] and page.rows[1][2].endswith(", and 253 more")
    assert len(page.rows[0]) == 3 + 6 and "2 more players are left out" in page.note


def test_expected_visits_are_what_play_does() -> None:
    game = named_game()
    rng = np.random.default_rng(3)
    policy = game.fold(rng.dirichlet(np.ones(12), size=(4, 5)))
    visits = expected_visits(game.transition, game.initial, policy)
    played = game.play(policy, 10**12, rng).sum(axis=(2, 3)) / 10**12
    np.testing.assert_allclose(visits, played, rtol=0, atol=1e-5)
    dense = zoo.garnet(6, (2, 3), 5, 2, seed=4)
    policy = rng.dirichlet(np.ones(6), size=(5, 6))
    listed = np.argsort(-dense.transition, axis=-1)[..., :3]
    rows = np.take_along_axis(dense.transition, listed, -1)
    found = expected_visits(rows, dense.initial, policy, listed)
    np.testing.assert_allclose(found, expected_visits(dense.transition, dense.initial, policy), rtol=0, atol=1e-15)
