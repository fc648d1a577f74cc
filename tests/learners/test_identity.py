"""By what a saved run knows its learner again, and what a new plan waits for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import EpsilonGreedy, KullbackLeibler, Mornavi, NashVI, Nominal, OfflinePessimistic, TotalVariation
from mornavi_lite.contents import described

BALL = TotalVariation(0.1)
OLD = "concept='cce', confidence='{}', delta=0.05, scale=1.0, replan='doubling', min_probability=None"
SUPPORT = np.eye(2, dtype=bool)[None, :, None, :] | np.zeros((3, 2, 1, 2), dtype=bool)


@pytest.mark.parametrize(
    ("learner", "text"),
    [
        (Mornavi(BALL), f"Mornavi(uncertainty={BALL!r}), algorithm 2"),
        (Mornavi(BALL, "ce", delta=0.1), f"Mornavi(uncertainty={BALL!r}, concept='ce', delta=0.1), algorithm 2"),
        (Mornavi(BALL, rows="stationary"), f"Mornavi(uncertainty={BALL!r}, rows='stationary'), algorithm 2"),
        (NashVI(), "NashVI(), algorithm 2"),
        (Mornavi(BALL, confidence="bonus"), f"Mornavi(uncertainty={BALL!r}, {OLD.format('bonus')})"),
        (Mornavi(BALL, confidence="events"), f"Mornavi(uncertainty={BALL!r}, {OLD.format('model')})"),
        (
            NashVI(confidence="events", fail_state=1),
            f"NashVI(uncertainty=Nominal(), {OLD.format('model')}, fail_state=1)",
        ),
        (
            EpsilonGreedy(BALL, confidence="hoeffding", epsilon=0.1),
            f"EpsilonGreedy(uncertainty={BALL!r}, {OLD.format('hoeffding')}, epsilon=0.1)",
        ),
        (
            OfflinePessimistic(BALL, confidence="row"),
            f"OfflinePessimistic(uncertainty={BALL!r}, {OLD.format('row')}, digest='uniform')",
        ),
        (
            Mornavi(BALL, confidence="row", support=SUPPORT),
            f"Mornavi(uncertainty={BALL!r}, {OLD.format('row')}, support={described(SUPPORT)}, "
            "rows=None, fail_state=None)",
        ),
        (Mornavi(BALL, support=SUPPORT), f"Mornavi(uncertainty={BALL!r}, support={described(SUPPORT)}), algorithm 2"),
    ],
)  # fmt: skip
def test_saved_runs_know_these_texts(learner: Mornavi, text: str) -> None:
    assert learner.identity == text


def test_what_differs_in_one_option_has_another_identity() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"uncertainty": KullbackLeibler(0.1)}, {"concept": "nash"}, {"confidence": "row"}, {"delta": 0.1},
        {"scale": 0.5}, {"replan": "often"}, {"min_probability": 0.1}, {"rows": np.zeros((3, 2, 1), dtype=int)},
        {"support": SUPPORT}, {"support": ~SUPPORT}, {"fail_state": 0}, {"fail_state": 1}, {"confidence": "events"},
    ]  # fmt: skip
    for kind in (Mornavi, EpsilonGreedy, OfflinePessimistic):
        assert len({kind(**{"uncertainty": BALL, **change}).identity for change in changes}) == len(changes)


def test_a_plan_waits_for_visits_of_rows_and_of_cells() -> None:
    visits = np.random.default_rng(0).integers(0, 5, (3, 4, 2))
    visits[1, 2] = 0
    assert Mornavi(Nominal()).watched(visits).tolist() == visits.ravel().tolist()
    flags = (visits.ravel() > 0).astype(int).tolist()
    told = Mornavi(Nominal(), rows="stationary").watched(visits).tolist()
    assert told == visits.sum(axis=0).ravel().tolist() + flags
    numbers = np.broadcast_to([5, -1], (3, 4, 2))  # one row for each joint action
    assert Mornavi(Nominal(), rows=numbers).watched(visits).tolist() == [
        int(visits[..., 1].sum()), int(visits[..., 0].sum()), *flags,
    ]  # fmt: skip


def test_what_is_stated_is_kept_as_read_only_copies_and_plain_numbers() -> None:
    rows, support = np.zeros((3, 2, 1), dtype=np.int8), SUPPORT.copy()
    learner = Mornavi(BALL, rows=rows, support=support, fail_state=np.int64(1), min_probability=np.float64(0.25))
    rows[:], support[:] = 1, False
    assert (learner.rows == 0).all() and learner.rows.dtype == np.int64 and not learner.rows.flags.writeable
    assert (learner.support == SUPPORT).all() and not learner.support.flags.writeable
    assert type(learner.fail_state) is int and type(learner.min_probability) is float
    assert (
        "fail_state=1" in learner.identity
        and learner.given == "given: min_probability=0.25, support, rows, fail_state=1"
    )
