"""What every notebook of the book must be; its numbers are compared by nbval, see tools/make.py.

Each check is a function from a notebook to a list of complaints. The tests apply it to the notebooks of the book,
and to a small notebook that is wrong in just this way: a check that cannot fail is none.
"""

from __future__ import annotations

import ast
import re
from collections import Counter

import nbformat
import pytest
import yaml

from shared.notebooks import SOURCES, all_notebooks, runs_through
from tests import ROOT

NOTEBOOKS = [ROOT / path for path in all_notebooks()]
#: What students get stops where an answer is missing, so it has no outputs to check; it is generated from the
#: notebooks in source/, which are checked here, and is compared with them in tests/book/test_assignments_grading.py.
SHEETS = [p for p in NOTEBOOKS if not runs_through(p.relative_to(ROOT))]
#: The same with solutions: executed and compared like every notebook, and never a page of the book.
SOLVED = [p for p in NOTEBOOKS if p.is_relative_to(ROOT / SOURCES)]
NOTEBOOKS = [p for p in NOTEBOOKS if p not in SHEETS]
CHAPTERS = [p for p in NOTEBOOKS if p.parent == ROOT / "book"]
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
PICTURES = {"image/png", "image/jpeg"}
#: Tags and comments that hide a cell from the comparison.
HIDING_TAGS = {
    "nbval-ignore-output",
    "nbval-skip",
    "nbval-raises-exception",
    "raises-exception",
    "skip-execution",
    "remove-cell",
}
HIDING_COMMENT = re.compile(r"#\s*(NBVAL_(IGNORE_OUTPUT|SKIP|RAISES_EXCEPTION)|PYTEST_VALIDATE_IGNORE_OUTPUT)")
IMG_WITHOUT_ALT = re.compile(r"<img\b(?![^>]*\balt=(\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*'))[^>]*>", re.IGNORECASE)


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(nb, kind=None):
    return [out for cell in code_cells(nb) for out in cell.outputs if kind in (None, out.output_type)]


def shows(cell, kinds):
    return any(set(kinds) & set(out.get("data", {})) for out in cell.outputs)


def alternative_text(cell):
    return str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")).strip()


def hidden_cells(nb):
    """Cells that nbval would not compare, or that the reader would not see."""
    tagged = [t for cell in nb.cells for t in cell.metadata.get("tags", []) if t in HIDING_TAGS]
    return tagged + [m.group() for cell in code_cells(nb) for m in HIDING_COMMENT.finditer(cell.source)]


def stale_cells(nb):
    """Cells that were not executed in order, from the top, in one run."""
    counts = [cell.execution_count for cell in code_cells(nb)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts {counts}"]


def errors_and_warnings(nb):
    """Stored exceptions, and anything on stderr."""
    bad = [f"{out.ename}: {out.evalue}" for out in outputs(nb, "error")]
    return bad + [out.text for out in outputs(nb, "stream") if out.name == "stderr"]


def repeated_ids(nb):
    """Cells without an id, or with one used twice."""
    count = Counter(cell.get("id") for cell in nb.cells)
    return [f"cell id {name!r} stands {n} times" for name, n in count.items() if n > 1 or not name]


def no_number(nb):
    """A page without one printed decimal number: nothing of it would be compared."""
    text = "".join(out.text for out in outputs(nb, "stream") if out.name == "stdout")
    return [] if re.search(r"\d\.\d", text) else ["prints no decimal number"]


def pictures_without_words(nb):
    """Pictures without alternative text: of a cell, in Markdown, in HTML, in the frames of a slider."""
    bad = [f"cell {cell.id}" for cell in code_cells(nb) if shows(cell, PICTURES) and not alternative_text(cell)]
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            bad += re.findall(r"!\[\s*\]\([^)]*\)", cell.source)
            figures = re.findall(r"(?:`{3,}|:{3,})\{(?:figure|image)\}[^\n]*\n(?:(?!```|:::).*\n)*", cell.source)
            bad += [f for f in figures if not re.search(r"^:alt:[ \t]*\S", f, re.MULTILINE)]
            bad += [m.group() for m in IMG_WITHOUT_ALT.finditer(cell.source)]
    for out in outputs(nb):
        bad += [m.group()[:60] for m in IMG_WITHOUT_ALT.finditer(str(out.get("data", {}).get("text/html", "")))]
    for model in widget_models(nb):
        value = str(model["state"].get("value", ""))
        bad += [m.group()[:60] for m in IMG_WITHOUT_ALT.finditer(value)]
        bad += ["an Image widget has no place for words: use HTML"] if model["model_name"] == "ImageModel" else []
    return bad


def widget_models(nb):
    return nb.metadata.get("widgets", {}).get(STATE, {}).get("state", {}).values()


def fragile_outputs(nb):
    """SVG holds dates and random ids. A closing semicolon hides a value from Jupyter and not from nbval."""
    svg = [f"cell {cell.id}: SVG" for cell in code_cells(nb) if shows(cell, {"image/svg+xml"})]
    return svg + [f"cell {c.id}: write _ = ... instead of ;" for c in code_cells(nb) if c.source.rstrip().endswith(";")]


def lonely_sliders(nb):
    """Sliders without a still picture in the same cell or the next code cell on either side, or without their state."""
    cells = code_cells(nb)
    bad = []
    for k, cell in enumerate(cells):
        if shows(cell, {VIEW}):
            near = cells[max(0, k - 1) : k + 2]
            bad += [] if any(shows(c, PICTURES) for c in near) else [f"cell {cell.id}: no still picture beside it"]
            bad += [] if widget_models(nb) else [f"cell {cell.id}: the state of the widget is not stored"]
    return bad


def figures_that_do_not_stand_alone(nb):
    """Pictures of cells without a name, without a caption of a sentence, or that the text never refers to."""
    bad, names = [], []
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    for cell in code_cells(nb):
        if shows(cell, PICTURES):
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            name, caption = figure.get("name", ""), figure.get("caption", "").strip()
            names.append(name)
            bad += [] if re.fullmatch(r"fig-[a-z0-9-]+", name) else [f"cell {cell.id}: name {name!r}"]
            bad += [] if len(caption.split()) > 9 and caption.endswith(".") else [f"cell {cell.id}: {caption!r}"]
            bad += [] if f"{{numref}}`{name}`" in text else [f"cell {cell.id}: no {{numref}} to {name!r}"]
    return bad + [f"{name!r} twice" for name in set(names) if names.count(name) > 1]


def stills(nb):
    """Sliders that no cell with the tag "still" follows, and such cells that follow no slider."""
    cells = code_cells(nb)
    pairs = list(zip(cells, [*cells[1:], None], strict=True))
    bad = [f"cell {a.id}: no still" for a, b in pairs if shows(a, {VIEW}) and not (b and is_still(b))]
    return bad + [f"cell {b.id}: still of what?" for a, b in pairs if b and is_still(b) and not shows(a, {VIEW})]


def is_still(cell):
    return "still" in cell.metadata.get("tags", []) and shows(cell, PICTURES)


def long_functions(nb, most=10):
    """Functions of more than ``most`` lines belong in the package, with a test; so do magics and installations."""
    bad = []
    for cell in code_cells(nb):
        bad += re.findall(r"^\s*[%!].*", cell.source, re.MULTILINE)
        for node in ast.walk(ast.parse(re.sub(r"^\s*[%!].*", "pass", cell.source, flags=re.MULTILINE))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= most:
                bad.append(f"{node.name} has {node.end_lineno - node.lineno + 1} lines")
    return bad


def foreign_metadata(nb):
    """Versions of the writer's machine; tools/execute.py leaves them out."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    expected = {"kernelspec": kernel, "language_info": {"name": "python"}}
    found = {k: v for k, v in nb.metadata.items() if k != "widgets"}
    return [] if found == expected else [f"metadata {found}"]


CHECKS = [
    hidden_cells,
    stale_cells,
    errors_and_warnings,
    repeated_ids,
    no_number,
    pictures_without_words,
    fragile_outputs,
    lonely_sliders,
    long_functions,
    foreign_metadata,
]


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p not in SOLVED], ids=lambda p: p.stem)
def test_figures_have_numbers_captions_and_references_and_sliders_a_still_copy(path):
    nb = nbformat.read(path, as_version=4)
    assert figures_that_do_not_stand_alone(nb) + stills(nb) == []


def test_a_figure_that_does_not_stand_alone_is_found():
    caption = "What each plan is worth against the radius of the ball, in one game."
    good = {"mystnb": {"figure": {"name": "fig-a", "caption": caption}}}
    picture, words = code("plot()", shown("image/png"), **good), markdown("See {numref}`fig-a`.")
    assert figures_that_do_not_stand_alone(notebook(picture, words)) == []
    assert len(figures_that_do_not_stand_alone(notebook(picture))) == 1
    again = code("plot()", shown("image/png"), **good)
    assert len(figures_that_do_not_stand_alone(notebook(picture, again, words))) == 1
    short = {"mystnb": {"figure": {"name": "fig-a", "caption": "A plot"}}}
    assert len(figures_that_do_not_stand_alone(notebook(code("plot()", shown("image/png"), **short), words))) == 1
    slider, still = code("slider", shown(VIEW, {})), code("plot()", shown("image/png"), tags=["still"])
    assert stills(notebook(slider, still)) == []
    slider, still = code("slider", shown(VIEW, {})), code("plot()", shown("image/png"), tags=["still"])
    assert len(stills(notebook(slider, words))) == len(stills(notebook(still))) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook(path):
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    complaints = {check.__name__: check(nb) for check in CHECKS}
    if path in SOLVED:  # what a student is to write cannot be imported
        complaints["long_functions"] = long_functions(nb, most=20)
    assert {name: found for name, found in complaints.items() if found} == {}


def repeated_words(notebooks):
    """Alternative texts that stand under two different pictures."""
    count = Counter(
        alternative_text(cell)
        for nb in notebooks
        for cell in code_cells(nb)
        if shows(cell, PICTURES) and alternative_text(cell)
    )
    return [text for text, n in count.items() if n > 1]


def test_alternative_texts_are_unique():
    assert repeated_words([nbformat.read(p, as_version=4) for p in NOTEBOOKS]) == []


def exercises(nb):
    """Labels of the exercises of a page, and of those that a folded solution answers."""
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    asked = re.findall(r"\{exercise(?:-start)?\}[^\n]*\n(?:[^\n]+\n)*?:label: *(\S+)", text)
    answered = re.findall(r"\{solution(?:-start)?\} *(\S+)\n(?:[^\n]+\n)*?:class: *dropdown", text)
    return asked, answered


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if re.match(r"ch\d", p.name)], ids=lambda p: p.stem)
def test_a_chapter_has_exercises_with_folded_solutions(path):
    asked, answered = exercises(nbformat.read(path, as_version=4))
    assert len(asked) >= 2
    assert sorted(asked) == sorted(answered)


def quiz_mistakes(nb):
    """What is missing in the quiz of a page: questions, answers, the one right answer, reasons; and how to cite it."""
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    bad = [] if re.search(r"^\*\*Cite this", text, re.MULTILINE) else ["no line 'Cite this'"]
    section = re.search(r"^## Quiz\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not section:
        return [*bad, "no section 'Quiz'"]
    _, *questions = re.split(r"^\*\*\d+\. ", section[1], flags=re.MULTILINE)
    bad += [] if len(questions) >= 2 else [f"{len(questions)} questions"]
    for k, question in enumerate(questions, 1):
        answers = re.findall(r"^:::\{dropdown\} \S[^\n]*\n(.*?)^:::$", question, re.MULTILINE | re.DOTALL)
        right = [reason.startswith("Yes.") for reason in answers]
        bad += [] if len(answers) >= 3 else [f"question {k} has {len(answers)} answers"]
        bad += [] if sum(right) == 1 else [f"question {k} has {sum(right)} right answers"]
        for reason in answers:
            bad += [] if reason.startswith(("Yes. ", "No. ")) else [f"question {k}: neither Yes nor No: {reason[:40]}"]
            bad += [] if len(reason.split()) > 6 else [f"question {k}: no reason: {reason.strip()}"]
    return bad


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_has_a_quiz_with_reasons_and_says_how_to_cite_it(path):
    assert quiz_mistakes(nbformat.read(path, as_version=4)) == []


def missing_parts(nb):
    """Parts that a chapter has, and this one does not: what it is for, asks and takes, and how it ends."""
    first, text = nb.cells[0].source, "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    bad = [name for name in ("Goal.", "You will be able to") if f"**{name}** " not in first]
    needs = re.search(r"\*\*You need\*\* (.*?)\*\*Time\*\*: (.*?minutes|.*?hour)", first, re.DOTALL)
    bad += [] if needs else ["You need, and Time"]
    bad += [] if not needs or re.search(r"\{(doc|ref|cite:t)\}`", needs[1]) else ["a link behind You need"]
    ends = ("Exercises", "Quiz", "What to remember", "Further reading")
    return bad + [f"## {name}" for name in ends if not re.search(rf"^## {name}$", text, re.MULTILINE)]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_has_all_its_parts(path):
    assert missing_parts(nbformat.read(path, as_version=4)) == []


PARTS = (
    "# Title\n\n**Goal.** Know.\n\n**You need** {doc}`a`. **Time**: five minutes. **You will be able to** do.\n",
    "\n## Exercises\n\n## Quiz\n\n## What to remember\n\n## Further reading\n",
)


@pytest.mark.parametrize(
    "part", ["**Goal.** ", "{doc}`a`", "five minutes", "able to** ", "## Quiz", "## Further reading"]
)
def test_a_part_that_is_missing_is_found(part):
    texts = [text.replace(part, "") for text in PARTS]
    assert texts != list(PARTS)
    assert missing_parts(nbformat.v4.new_notebook(cells=[markdown(text) for text in PARTS])) == []
    assert len(missing_parts(nbformat.v4.new_notebook(cells=[markdown(text) for text in texts]))) == 1


def files_in_toc():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))

    def walk(node):
        if isinstance(node, dict):
            yield from (v for k, v in node.items() if k in ("root", "file"))
            node = list(node.values())
        for item in node if isinstance(node, list) else []:
            yield from walk(item)

    return list(walk(toc))


def test_every_notebook_is_in_the_table_of_contents_once():
    listed = files_in_toc()
    assert len(listed) == len(set(listed))
    pages = {p.relative_to(ROOT).with_suffix("").as_posix() for p in NOTEBOOKS + SHEETS if p not in SOLVED}
    assert pages <= set(listed)
    assert not [name for name in listed if name.startswith("book/assignments/source")]


# --- the checks themselves, each on a notebook that is wrong in this way ---------------------------------------------


def notebook(*cells):
    """A notebook that passes every check, with ``cells`` put after its first."""
    good = code("print(0.5)", stream("0.5\n"))
    nb = nbformat.v4.new_notebook(cells=[good, *cells])
    nb.metadata.update(kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"})
    nb.metadata.update(language_info={"name": "python"})
    for k, cell in enumerate(nb.cells):
        cell["id"] = f"c{k}"
    for k, cell in enumerate(code_cells(nb), 1):
        cell.execution_count = k
    return nb


def code(source, *outs, **metadata):
    return nbformat.v4.new_code_cell(source, outputs=list(outs), metadata=metadata)


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", text=text, name=name)


def shown(kind, content="x"):
    return nbformat.v4.new_output("display_data", data={kind: content})


def markdown(source):
    return nbformat.v4.new_markdown_cell(source)


def described(text):
    return {"mystnb": {"image": {"alt": text}}}


def with_frames(model, value):
    nb = notebook(code("slider", shown("image/png"), shown(VIEW, {}), **described("A line")))
    nb.metadata["widgets"] = {STATE: {"state": {"1": {"model_name": model, "state": {"value": value}}}}}
    return nb


LONG = "def f():\n" + "    x = 1\n" * 10
WRONG = {
    "tag": (hidden_cells, notebook(code("1", tags=["nbval-ignore-output"]))),
    "comment": (hidden_cells, notebook(code("# NBVAL_IGNORE_OUTPUT\n1"))),
    "raises": (hidden_cells, notebook(code("1", tags=["raises-exception"]))),
    "error": (errors_and_warnings, notebook(code("1", nbformat.v4.new_output("error", ename="E", evalue="v")))),
    "stderr": (errors_and_warnings, notebook(code("1", stream("careful", "stderr")))),
    "picture": (pictures_without_words, notebook(code("plot()", shown("image/png")))),
    "blank words": (pictures_without_words, notebook(code("plot()", shown("image/png"), **described("  ")))),
    "markdown picture": (pictures_without_words, notebook(markdown("![](a.png)"))),
    "figure": (pictures_without_words, notebook(markdown("```{figure} a.png\n:name: a\n\nCaption\n```\n"))),
    "html": (pictures_without_words, notebook(code("1", shown("text/html", "<img src='a.png'>")))),
    "frames": (pictures_without_words, with_frames("HTMLModel", "<img src='a.png' alt=''>")),
    "image widget": (pictures_without_words, with_frames("ImageModel", "")),
    "svg": (fragile_outputs, notebook(code("plot()", shown("image/svg+xml")))),
    "semicolon": (fragile_outputs, notebook(code("plot();"))),
    "slider": (lonely_sliders, notebook(code("slider", shown(VIEW, {})))),
    "slider without state": (lonely_sliders, notebook(code("s", shown(VIEW, {}), shown("image/png")))),
    "long": (long_functions, notebook(code(LONG))),
    "install": (long_functions, notebook(code("%pip install x"))),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_check_finds_its_mistake(name):
    check, nb = WRONG[name]
    assert check(nb)
    assert not check(notebook())


def test_checks_of_order_ids_numbers_and_metadata_find_their_mistake():
    for check, spoil in [
        (stale_cells, lambda nb: nb.cells[0].update(execution_count=7)),
        (stale_cells, lambda nb: nb.cells[0].update(execution_count=None)),
        (repeated_ids, lambda nb: nb.cells[1].update(id="c0")),
        (no_number, lambda nb: nb.cells[0].update(outputs=[stream("5\n")])),
        (foreign_metadata, lambda nb: nb.metadata.language_info.update(version="3.11.7")),
    ]:
        nb = notebook(code("2"))
        assert not check(nb)
        spoil(nb)
        assert check(nb)


def test_a_good_notebook_passes_every_check():
    slider = with_frames("HTMLModel", "<img src='a.png' alt='A line, steep'>")
    words = markdown("```{figure} a.png\n:name: a\n:alt: A line\n\nCaption\n```\n![a](b.png)")
    for nb in (slider, notebook(words, code("def f():\n" + "    x = 1\n" * 9))):
        assert [found for check in CHECKS for found in check(nb)] == []


def test_repeated_words_and_unanswered_exercises_are_found():
    picture = code("plot()", shown("image/png"), **described("A line"))
    assert repeated_words([notebook(picture), notebook(picture)]) == ["A line"]
    text = ":::{exercise} Name\n:label: ex-a\nAsk.\n:::\n````{solution-start} ex-a\n:label: s\n:class: dropdown\n````\n"
    assert exercises(notebook(markdown(text))) == (["ex-a"], ["ex-a"])
    assert exercises(notebook(markdown(text.replace(":class: dropdown", "")))) == (["ex-a"], [])


def quiz(
    questions=2, answers=("Yes", "No", "No"), reason="Six words or more say why.", cite="**Cite this chapter**: us."
):
    options = "".join(f"\n:::{{dropdown}} Title\n{answer}. {reason}\n:::\n" for answer in answers)
    return (
        "## Quiz\n" + "".join(f"\n**{k}. Why?**\n{options}" for k in range(1, questions + 1)) + f"\n## Next\n{cite}\n"
    )


@pytest.mark.parametrize(
    "spoiled",
    [
        {"questions": 1},
        {"answers": ("Yes", "No")},
        {"answers": ("No", "No", "No")},
        {"answers": ("Yes", "Yes", "No")},
        {"answers": ("Yes", "No", "Perhaps")},
        {"reason": "Too few words to say."},
        {"cite": ""},
    ],
    ids=str,
)
def test_a_quiz_that_is_not_one_is_found(spoiled):
    assert quiz_mistakes(notebook(markdown(quiz()))) == []
    assert len(quiz_mistakes(notebook(markdown(quiz(**spoiled))))) > 0
    assert quiz_mistakes(notebook(markdown("**Cite this chapter**: us."))) == ["no section 'Quiz'"]
