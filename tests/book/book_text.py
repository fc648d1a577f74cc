"""The words of the book: the Markdown of its pages, and what is left of it without code, formulas and markup."""

from __future__ import annotations

import re

import nbformat

from tests import ROOT, files_of, tracked_files

#: What students get is generated from the notebooks in source/.
LEFT_OUT = ("book/assignments/release", "book/_static")
FENCE = re.compile(r"^ *(`{3,}|~{3,}|:{3,})")
#: Directives whose content is prose. That of any other fence is code, a formula or a path.
PROSE = re.compile(
    r"^ *[`:]{3,}\{(?:prf:\w+|exercise|solution[\w-]*|glossary|admonition|note|tip|warning|dropdown)\}(.*)"
)
MATHS = re.compile(r"\$\$.*?\$\$(?: \([\w-]+\))?|(?<!\\)\$[^$]+\$", re.DOTALL)
#: The same, and what stands in a block of its own.
FORMULA = re.compile(MATHS.pattern + r"|^ *(?P<mark>`{3,}|:{3,})\{math\}.*?^ *(?P=mark)$", re.DOTALL | re.MULTILINE)
ROLE = re.compile(r"\{[\w:-]+\}`(?:([^`<]+) <[^`>]*>|[^`]*)`")
OPTION = re.compile(r" *:[\w-]+:( |$)|\([\w-]+\)=$")
LINK = re.compile(r"\{(prf:ref|ref|eq|doc)\}`(?:[^`<]*<)?([^`>]+)>?`(?:, \*([^*]+)\*)?")
MARKUP = [
    (re.compile(r"<!--.*?-->|</?\w[^>\n]*>", re.DOTALL), ""),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"https?://\S+"), "address"),
    (re.compile(r"`[^`]*`"), "name"),
]


def in_order(paths):
    """Paths by name, their numbers by size: chapter 10 comes after chapter 9."""
    return sorted(paths, key=lambda path: re.sub(r"\d+", lambda number: number[0].zfill(4), str(path)))


CHAPTERS = [*in_order(files_of("book", "*.ipynb")), *in_order(files_of("book/reference", "*.ipynb"))]


def pages():
    """Every page that is written by hand: chapters, problem sets with solutions, reference, the root's files."""
    found = [p for p in tracked_files() if p.suffix in (".ipynb", ".md") and p.is_file()]
    found = [p for p in found if p.parent == ROOT or p.is_relative_to(ROOT / "book")]
    found = [p for p in found if not any(part.startswith((".", "_build")) for part in p.relative_to(ROOT).parts)]
    return in_order(p for p in found if not any(p.is_relative_to(ROOT / folder) for folder in LEFT_OUT))


def markdown(path):
    """The Markdown of a page, that of a notebook cell by cell."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def without_fences(text):
    """Without blocks of code; of a definition or an exercise the title and the text stay, the options go."""
    kept, inside = [], []  # the fences that we are in: what closes each, whether it holds prose, or terms
    for line in text.splitlines():
        fence = FENCE.match(line)
        if fence and inside and line.strip() == inside[-1][0]:
            inside.pop()
            kept.append("")
        elif inside and not inside[-1][1]:
            continue
        elif fence:
            title = PROSE.match(line)
            inside.append((fence[1], bool(title), "{glossary}" in line))
            kept += ["", title[1].strip() if title else "", ""]
        else:
            alone = line.startswith("#") or (inside and inside[-1][2] and not line.startswith(" "))  # a heading, a term
            kept += ["", line, ""] if alone else ["" if OPTION.match(line) else line]
    return "\n".join(kept)


def plain(text):
    """The words of a page alone. A formula, a name in code and a citation count as one word each."""
    text = MATHS.sub("formula", without_fences(text))
    text = ROLE.sub(lambda role: role[1] or "name", text)
    for pattern, words in MARKUP:
        text = pattern.sub(words, text)
    return re.sub(r"\*+|(?<!\w)_|_(?!\w)", "", text)


def sentences(text):
    """The sentences of a page: headings, items, cells of a table and definitions end one as a full stop does."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-#|:]|\d+\. ))|\|", plain(text)):
        for sentence in re.split(r"(?<=[.?!])[\"”’)]*\s+", block):
            if words := " ".join(sentence.split()):
                yield words


def formulas(text):
    """Every formula of a page, with its dollars; code is left out."""
    code = re.compile(r"^( *`{3,})(?!\{)[^\n]*\n.*?^\1$|(?<!`)`[^`\n]+`(?!`)", re.DOTALL | re.MULTILINE)
    return [found.group() for found in FORMULA.finditer(code.sub("", text))]


def missing_places(place):
    """What the links of a place name and the book does not have; no link at all is one complaint."""
    links = LINK.findall(place)
    bad = [] if links else [f"no link: {place}"]
    for role, target, section in links:
        if role == "doc":
            path = ROOT / f"{target.lstrip('/')}.ipynb"
            path = path if path.is_file() else path.with_suffix(".md")
            if not path.is_file():
                bad.append(target)
            elif section not in re.findall(r"^#+ (.+)$", markdown(path), re.MULTILINE):
                bad.append(f"{target}: {section!r}")
        else:
            sign = rf"^(:label: {re.escape(target)}|\({re.escape(target)}\)=|.*\$\$ \({re.escape(target)}\))$"
            bad += [] if any(re.search(sign, markdown(path), re.MULTILINE) for path in CHAPTERS) else [target]
    return bad
