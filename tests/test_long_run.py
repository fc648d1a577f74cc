"""Runs, plans and sweeps, again and again: memory stays flat, and no file, thread or process is left behind.

``MINUTES=30 make long-run``; without the variable, one minute.
"""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler, Mornavi, TotalVariation, run, solve, zoo
from mornavi_lite.runs import History
from mornavi_lite.sweep import sweep
from tests.sweep.grids import GRID

MINUTES = float(os.environ.get("MINUTES", "1"))


def round_of_work(folder, k):
    """A plan, a run that is saved, loaded and taken up, and a sweep that begins and one that has nothing to do."""
    sets = [TotalVariation(0.1), KullbackLeibler(0.05), TotalVariation(0.3)]
    assert np.max(solve(zoo.congestion(), sets, "ce").gap) <= 1e-9
    learner, game = Mornavi(sets, concept="ce"), zoo.congestion()
    history = run(learner, game, 300, seed=k)
    history.save(folder / "history.npz")
    again = run(learner, game, 600, seed=k, resume=History.load(folder / "history.npz"))
    assert again.episode[-1] == 600
    place = folder / "sweep"
    for resume in (False, True):
        assert sweep(GRID, place, resume=resume).failures == []
    shutil.rmtree(place)


def in_use(process):
    """Bytes that are this process's alone, its files, its threads and its children."""
    gc.collect()
    return process.memory_info().rss, process.num_fds(), threading.active_count(), len(process.children())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="handles are counted by their files, as Unix has them")
def test_nothing_grows(tmp_path):
    psutil = pytest.importorskip("psutil")
    process, seen, end, k = psutil.Process(), [], time.monotonic() + 60 * MINUTES, 0
    while time.monotonic() < end or len(seen) < 12:
        round_of_work(tmp_path, k)
        seen.append(in_use(process))
        k += 1
    seen = np.array(seen[len(seen) // 3 :])  # what is made once is made by then
    memory, first = seen[:, 0], seen[0]
    half = len(seen) // 2
    growth = np.median(memory[half:]) / np.median(memory[:half]) - 1
    print(f"{k} rounds, {memory[-1] / 1e6:.0f} MB, {growth:+.2%} from the first half to the second")
    assert abs(growth) <= 0.02
    assert (seen[:, 1:] == first[1:]).all(), "files, threads or processes are left behind"


@pytest.mark.slow
def test_a_leak_would_be_seen(tmp_path, monkeypatch):
    """With a round that keeps a megabyte and a file open."""
    kept = []

    def leaking(folder, k):
        kept.append((np.ones(300_000), (folder / "file").open("w")))

    monkeypatch.setitem(globals(), "round_of_work", leaking)
    monkeypatch.setitem(globals(), "MINUTES", 0)
    try:
        with pytest.raises(AssertionError):
            test_nothing_grows(tmp_path)
    finally:
        for _, file in kept:
            file.close()
