"""The list of changes of the code that no test can find: each is about a line that is still there, and says why."""

from __future__ import annotations

import tomllib

from tests import ROOT

CHANGES = tomllib.loads((ROOT / "tests" / "equivalent.toml").read_text(encoding="utf8"))["change"]


def test_each_line_is_in_its_file_once_and_becomes_another() -> None:
    for change in CHANGES:
        lines = [line.strip() for line in (ROOT / "mornavi_lite" / change["file"]).read_text("utf8").splitlines()]
        assert lines.count(change["line"]) == 1, change
        assert change["becomes"] != change["line"] and len(change["why"].split()) >= 4, change
