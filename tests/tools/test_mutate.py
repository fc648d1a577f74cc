"""tools/mutate.py, without a mutation: which files are changed, by which tests, in which copy, and the score."""

from __future__ import annotations

import os

import pytest

import mutate
from shared.steps import Failed
from tests import ROOT


def test_every_room_has_a_place_and_tests():
    assert mutate.places("uncertainty") == ("mornavi_lite/uncertainty/*", "tests/uncertainty")
    assert mutate.places("deployment") == ("mornavi_lite/deployment.py", "tests/test_deployment.py")


@pytest.mark.parametrize("room", ["", "nothing", "../tests", "__main__"])
def test_what_is_no_room_is_said(room):
    with pytest.raises(Failed, match="ROOM="):
        mutate.places(room)


def test_the_copy_follows_the_checkout_and_leaves_alone_what_stayed(tmp_path, monkeypatch):
    monkeypatch.setattr(mutate, "COPIED", ("tools/npm", "pyproject.toml"))
    mutate.copy_checkout(tmp_path)
    copied = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "pyproject.toml" in copied and "tools/npm/page_scripts/package.json" in copied
    for name in ("tools/npm/old.json", "tools/npm/page_scripts/package.json"):
        (tmp_path / name).write_text("old", encoding="utf8")
    os.utime(tmp_path / "pyproject.toml", (1e9, 1e9))
    mutate.copy_checkout(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == copied
    package = "tools/npm/page_scripts/package.json"
    assert (tmp_path / package).read_bytes() == (ROOT / package).read_bytes()
    assert (tmp_path / "pyproject.toml").stat().st_mtime == 1e9


def test_the_score_is_of_what_was_tried():
    counts = dict.fromkeys(["killed", "timeout", "segfault", "suspicious", "survived", "no_tests", "total"], 0)
    assert "0 of 0 changes tried: 0 found (nothing)" in mutate.report(counts)
    counts |= {"killed": 17, "timeout": 1, "survived": 1, "no_tests": 1, "total": 50}
    assert mutate.report(counts).startswith("20 of 50 changes tried: 18 found (90.0%), 1 survived, 1 without a test")
