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
    assert figures["inputs"]["functions"] >= 150 and figures["kills_run"] + figures["kills_learn"] >= 200
    assert sum(each["cases"] for each in figures["random_cases"].values()) >= 10**6
    assert all(each["cases"] >= 1000 and each["slowest"] <= 100 for each in figures["random_cases"].values())
    assert figures["long_run"]["minutes"] >= 30 and abs(figures["long_run"]["growth_percent"]) <= 2
