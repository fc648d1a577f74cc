"""How long chapters take to read: what they state is what the model of tools/reading_time.py says."""

from __future__ import annotations

import nbformat
import pytest
import yaml

from reading_time import SECONDS, both, counts, listing, minutes, state, stated
from tests import ROOT, files_of

CHAPTERS = files_of("book", "*.ipynb")
NONE = dict.fromkeys(SECONDS, 0)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_states_its_time_for_both_ways_of_reading(path):
    for said, computed in zip(stated(nbformat.read(path, as_version=4)), both(path), strict=True):
        assert abs(said - computed) <= 0.15 * computed, "python tools/reading_time.py --write"


def parts():
    """The chapters of each part of the book, by its caption; the first page belongs to the first part."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    found = {part["caption"]: [entry["file"] for entry in part["chapters"]] for part in toc["parts"]}
    found["Essentials"].insert(0, toc["root"])
    return found


def test_every_chapter_stands_in_a_part_for_readers():
    listed = [ROOT / f"{name}.ipynb" for part in list(parts())[:-3] for name in parts()[part]]
    assert sorted(listed) == CHAPTERS
    assert list(parts())[-3:] == ["Laboratory", "Classroom", "Reference"]


def test_no_chapter_takes_longer_than_seventy_minutes_and_the_essentials_five_hours():
    closed = {path: both(path)[0] for path in CHAPTERS}
    assert {path.stem: taken for path, taken in closed.items() if taken > 70} == {}
    assert sum(closed[ROOT / f"{name}.ipynb"] for name in parts()["Essentials"]) <= 300


# --- the model, on notebooks of one thing each -----------------------------------------------------------------------


def markdown(text):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def code(source, *outputs, tags=()):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})
    return nbformat.v4.new_notebook(cells=[cell])


def shown(kind):
    return nbformat.v4.new_output("display_data", data={kind: "x"})


PRINTED = nbformat.v4.new_output("stream", text="1\n\n2\n")
PROOF = "```{prf:proof}\n:class: dropdown\n\nTwo words.\n\n$$\nx\n$$ (eq-x)\n```\n"


@pytest.mark.parametrize(
    ("nb", "seen"),
    [
        (markdown("Four words, $x + y$ twice: $z$."), {"word": 5}),
        (markdown("See {eq}`gap`, `f(x)` and [a page](to/it.md).\n"), {"word": 6}),
        (markdown("Before\n\n$$\nx = 1\n$$ (eq-x)\n\n```{math}\n:label: y\n\ny\n```\n"), {"word": 1, "formula": 2}),
        (markdown("```python\na = 1\nb = 2\n```\n"), {"code": 2}),
        (markdown("```{prf:proof}\nTwo words.\n```\n"), {"proof": 1, "word": 2}),
        (code("a = 1\n\nb = 2", PRINTED), {"code": 2, "output": 2}),
        (code("a\nb", shown("image/png"), tags=["hide-input"]), {"figure": 1}),
        (code("slider", shown("application/vnd.jupyter.widget-view+json")), {"code": 1, "figure": 1}),
        (code("still", shown("image/png"), tags=["hide-input", "still"]), {}),
        (markdown(PROOF + "After."), {"word": 1}),
        (markdown(":::{dropdown} A title\nFolded words here.\n:::\n"), {"word": 2}),
    ],
)
def test_what_is_read_with_the_folded_parts_closed(nb, seen):
    assert {**NONE, **counts(nb)[0]} == {**NONE, **seen}


@pytest.mark.parametrize(
    ("nb", "more"),
    [
        (markdown(PROOF), {"word": 2, "formula": 1, "proof": 1}),
        (markdown(":::{dropdown} A title\nFolded words here.\n:::\n"), {"word": 3}),
        (markdown("```{solution} ex\n:class: dropdown\n\nOne.\n```\nAfter."), {"word": 1}),
    ],
)
def test_what_opening_adds(nb, more):
    closed, opened = counts(nb)
    assert {kind: opened[kind] - closed[kind] for kind in SECONDS} == {**NONE, **more}


def test_code_and_output_of_a_solution_are_folded():
    start = markdown("```{solution-start} ex\n:class: dropdown\n```\n\nOne.").cells
    inside, end = code("a = 1", PRINTED).cells, markdown("Two.\n\n```{solution-end}\n```\n\nSeen.").cells
    closed, opened = counts(nbformat.v4.new_notebook(cells=start + inside + end))
    assert {**NONE, **closed} == {**NONE, "word": 1}
    assert {**NONE, **opened} == {**NONE, "word": 3, "code": 1, "output": 2}


def test_included_code_is_counted(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    assert listing(tmp_path / "a.py", [":language: python"]) == 4
    assert listing(tmp_path / "a.py", [":pyobject: g", ":lines: 1-"]) == 2


def test_minutes_are_those_of_the_model():
    assert minutes({"word": 130}) == pytest.approx(1)
    assert minutes({"formula": 12, "code": 12}) == pytest.approx(6)
    assert minutes({"output": 20, "figure": 3, "proof": 2}) == pytest.approx(6)


def test_the_statement_is_written_in_its_place(tmp_path):
    said = "**You need** x. **Time**: about 5 minutes, 5 with all that is folded. **You will be able to** do."
    path = tmp_path / "page.ipynb"
    nbformat.write(markdown(said), path)
    with pytest.raises(ValueError, match="Time"):
        stated(markdown("**Time**: forty minutes."))
    state(path, 41.0, 63.0)
    nb = nbformat.read(path, as_version=4)
    assert nb.cells[0].source == said.replace("5 minutes, 5 with", "40 minutes, 65 with")
    assert stated(nb) == (40, 65)
