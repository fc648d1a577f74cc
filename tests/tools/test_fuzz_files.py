"""tools/fuzz_files.py, without a search: each kind of damaged file is among them, and what is missing is said."""

from __future__ import annotations

from typing import Any

import pytest

import fuzz
import fuzz_files
from tests.parsers.damage import ARRAYS, TEXTS


def test_each_kind_of_file_is_searched() -> None:
    assert set(fuzz_files.KINDS) == set(TEXTS) | set(ARRAYS)


def test_without_atheris_it_is_said(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(fuzz_files, "find_spec", lambda name: None)
    assert fuzz_files.main() == 0 and "pip install atheris" in capsys.readouterr().out


def test_a_subject_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["fuzz.py", "0", "operators", "worst_cases"])
    assert fuzz.main() == 2 and "no subject 'worst_cases'; there are operators, " in capsys.readouterr().err
