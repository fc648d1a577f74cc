"""The page "Can I trust these numbers?" shows the figures that are stored, and they are those of the tests of today."""

from __future__ import annotations

import importlib.util
import json

from tests import ROOT

SCRIPT = ROOT / "benchmarks" / "measure_reliability.py"


def test_the_table_is_made_of_the_stored_figures() -> None:
    spec = importlib.util.spec_from_file_location("measure_reliability", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures = json.loads((module.RESULTS / "reliability.json").read_text(encoding="utf8"))
    page = module.PAGE.read_text(encoding="utf8")
    assert f"{module.BEGINS}\n{module.table(figures)}\n{module.ENDS}" in page
    assert all(each["failed"] == 0 for each in figures["random_cases"].values())
    assert figures["inputs"]["functions"] >= 150 and figures["kills"] >= 6 and figures["damaged_files"] >= 400
