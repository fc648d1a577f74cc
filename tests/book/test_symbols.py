"""One notation throughout: the table of symbols is complete, the glossary has it, and the chapters keep to it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest
from symbols import MARK, SOURCE, load, with_symbols

from tests import ROOT, files_of
from tests.book.book_text import CHAPTERS, FORMULA, formulas, markdown, missing_places, pages

TABLE = load()
SYMBOLS = TABLE["symbol"]
GLOSSARY = ROOT / "book/reference/glossary.md"
GREEK = {
    *(f"\\{name}" for name in "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa".split()),
    *(f"\\{name}" for name in "lambda mu nu xi pi rho varrho sigma tau upsilon phi varphi chi psi omega".split()),
    *(f"\\{name}" for name in "Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega".split()),
}
#: Other ways to write what has a symbol, and that symbol.
FORBIDDEN = {
    r"\\epsilon\b": r"\varepsilon",
    r"\\phi\b": r"\varphi, a deviation",
    r"\\sigma\b": r"\rho for a radius, \pi for a policy",
    r"\\varrho\b": r"\rho",
    r"\\(?:leq|geq)\b": r"\le, \ge",
    r"\\(?:Pr|Prob)\b|\\mathrm\{P\}": r"\mathbb{P}",
    r"\\mathrm\{E\}|\\operatorname\{E\}": r"\mathbb{E}",
    r"\(s' ?\| ?s": r"s' \mid s",
    r"D_\{?\\(?:mathrm|text)\{(?:KL|TV)\}": r"\mathrm{KL}, \mathrm{TV}",
    r"\b[htk] ?(?:=|<|\\le|\\dots, ?) ?T\b|\^\{?T\b|_\{[ht] ?= ?[01]\}\^\{?T": "H, the horizon",
}
#: Which symbols may follow a word, as in "radius $\rho$", or stand before one, as in "$K$ episodes".
AFTER = {
    "radius": {r"\rho", r"\rho_i", r"\hat\rho", "r", "d"},  # r: three balls in one unit; d: a distance of worlds
    "radius of": {r"\rho", r"\rho_i", r"\hat\rho"},
    "horizon": {"H"},
    "number of episodes": {"K"},
    "player": {"i"},
    "step": {"h", "H"},
    "state": {"s", "s'"},
    "joint action": {"a"},
}
BEFORE = {
    "players": {"m"},
    "states": {"S"},
    "steps": {"H"},
    "actions": {"A_i"},
    "joint actions": {"A"},
    "visits": {"N", "n"},
    "episodes": {"K", "k", "n", "t", "t_j"},  # n: a number of independent ones; t: those of one plan
}
BARE = r"(?:\\(?:hat|bar|tilde))?\\?[A-Za-z]+'?(?:_\w|_\{[^}]*\})?"  # a symbol alone, no expression


def letters(formula):
    """The letters of a formula, Latin and Greek; words such as gap are none, nor are script letters."""
    formula = re.sub(r"\\(?:mathrm|mathcal|mathbb|text|operatorname)\{[^}]*\}", " ", formula)
    return {
        a for a in re.findall(r"\\[A-Za-z]+|(?<![A-Za-z])[A-Za-z](?![A-Za-z])", formula) if a in GREEK or len(a) == 1
    }


KNOWN = set().union(*(letters(s["tex"]) for s in SYMBOLS), TABLE["local"])


def forbidden(text):
    """Formulas that write something in another way than the table does."""
    joined = " ; ".join(formulas(text))
    return [
        f"{found.group()}: write {instead}" for bad, instead in FORBIDDEN.items() for found in re.finditer(bad, joined)
    ]


def misnamed(text):
    """Words that stand beside another symbol than theirs."""
    text = " ".join(text.split())
    sides = [(rf"\b{word} \$({BARE})\$", word, right) for word, right in AFTER.items()]
    sides += [(rf"\$({BARE})\$ {word}\b", word, right) for word, right in BEFORE.items()]
    sides += [(rf"\bnumber \$({BARE})\$ of {word}\b", word, right) for word, right in BEFORE.items()]
    return [
        f"{word}: ${symbol}$"
        for pattern, word, right in sides
        for symbol in re.findall(pattern, text)
        if symbol not in right
    ]


def chapter_of(label):
    """Position of the chapter in which a definition stands."""
    return next(
        k for k, path in enumerate(CHAPTERS) if f"label: {label}\n" in markdown(path) or f"({label})" in markdown(path)
    )


def too_early(chapters, symbols):
    """Greek letters that a chapter uses before the chapter that introduces them."""
    first = {}
    for symbol in symbols:
        for letter in letters(symbol["tex"]) & GREEK:
            place = chapter_of(re.search(r"`([^`]+)`", symbol["where"])[1])
            first[letter] = min(place, first.get(letter, place))
    used = {k: set().union(*map(letters, formulas(text)), set()) for k, text in chapters.items()}
    return [(CHAPTERS[k].stem, letter) for k, found in used.items() for letter in found if k < first.get(letter, 0)]


def test_every_symbol_has_what_the_table_needs():
    for symbol in SYMBOLS:
        assert {"tex", "meaning", "where"} <= set(symbol) <= {"tex", "code", "meaning", "term", "where"}, symbol
        assert missing_places(symbol["where"]) == []
    assert [tex for tex, n in Counter(s["tex"] for s in SYMBOLS).items() if n > 1] == []


def test_every_name_in_code_exists():
    code = "\n".join(p.read_text(encoding="utf8") for p in files_of("mornavi_lite", "**/*.py"))
    words = set(re.findall(r"\w+", code))
    names = [re.split(r"\W", s["code"])[0] for s in SYMBOLS if "code" in s]
    assert [name for name in names if name not in words] == []


def test_the_glossary_has_the_table_and_the_symbol_of_each_term():
    text = GLOSSARY.read_text(encoding="utf8")
    assert text.count(MARK) == 1
    made = with_symbols(text, SYMBOLS)
    assert MARK not in made
    for symbol in SYMBOLS:
        assert f"| ${symbol['tex']}$ | " in made
        if "term" in symbol:
            entry = re.search(rf"^{re.escape(symbol['term'])}\n(?:(?!```).+\n)+", made, re.MULTILINE)[0]
            assert re.search(rf"\n  Written .*{re.escape('$' + symbol['tex'] + '$')}[^\n]*\.\n$", entry), entry


def test_a_term_that_the_glossary_lacks_is_an_error():
    with pytest.raises(ValueError, match="no such term: nothing"):
        with_symbols(GLOSSARY.read_text(encoding="utf8"), [{**SYMBOLS[0], "term": "nothing"}])


def test_the_glossary_uses_no_symbol_that_the_table_lacks():
    found = set().union(*map(letters, formulas(GLOSSARY.read_text(encoding="utf8"))))
    assert {"H", "L", r"\rho", r"\delta"} <= found
    assert found <= KNOWN


def test_every_greek_letter_of_the_book_is_in_the_table():
    found = {p.stem: set().union(*map(letters, formulas(markdown(p))), set()) & GREEK for p in pages()}
    assert {name: used - KNOWN for name, used in found.items() if used - KNOWN} == {}
    assert set(TABLE["local"]) - {"x"} <= set().union(*found.values()), "a local letter that nobody uses"


def test_no_greek_letter_comes_before_its_definition():
    assert too_early({k: markdown(p) for k, p in enumerate(CHAPTERS) if p.stem.startswith("ch")}, SYMBOLS) == []
    assert too_early({0: r"the level $\delta$"}, SYMBOLS) == [(CHAPTERS[0].stem, r"\delta")]


def test_the_notation_of_the_first_page_is_that_of_the_table():
    """Each row: symbols, meaning, names in code."""
    text = markdown(ROOT / "book/welcome.ipynb")
    rows = re.findall(r"^\| (\$.*?) \| (.*) \| (.*?) ?\|$", text[text.index("### Notation") :], re.MULTILINE)
    table = {s["tex"]: s.get("code") for s in SYMBOLS}
    assert len(rows) > 10
    for left, _, right in rows:
        symbols = [found.group().strip("$").split(" = ")[0] for found in FORMULA.finditer(left)]
        assert [s for s in symbols if s not in table] == []
        named = set(re.findall(r"`([^`]+)`", right))
        assert named <= {table[s] for s in symbols}, (symbols, named)


def test_the_book_keeps_to_its_symbols():
    bad = defaultdict(list)
    for path in pages():
        for found in forbidden(markdown(path)) + misnamed(markdown(path)):
            bad[path.stem].append(found)
    assert dict(bad) == {}


@pytest.mark.parametrize(
    "text",
    [
        r"radius $\sigma$",
        r"a radius of $\varepsilon$",
        "the horizon $T$",
        "steps $h = 0, \\dots, T - 1$: $\\sum_{h=0}^{T-1} r_h$",
        r"an error of $\epsilon$",
        r"$P(s' | s, a)$",
        r"$x \leq y$",
        "after $T$ episodes",
        "with $N$ players",
        "player $j$",
        "in state $x$",
        "The number $T$ of steps",
    ],
)
def test_other_symbols_are_found(text):
    assert forbidden(text) + misnamed(text)


def test_the_source_is_one_file():
    assert SOURCE == ROOT / "book/reference/symbols.toml" and len(SYMBOLS) > 40
