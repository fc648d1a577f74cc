"""The list of changes of the code that no test can find: each is about what is still there, and says why."""

from __future__ import annotations

import tomllib

from tests import ROOT

CHANGES = tomllib.loads((ROOT / "tests" / "equivalent.toml").read_text(encoding="utf8"))["change"]


def test_each_function_and_each_line_is_in_its_file_and_has_a_reason() -> None:
    for change in CHANGES:
        lines = (ROOT / "mornavi_lite" / change["file"]).read_text("utf8").splitlines()
        lines = [" ".join(line.split()) for line in lines]
        assert len(change["why"].split()) >= 4, change
        if "line" in change:
            assert change["line"] in lines and change["line"] not in change.get("becomes", []), change
        else:
            name = change["function"].rpartition(".")[2]
            assert any(line.startswith(f"def {name}(") for line in lines), change
