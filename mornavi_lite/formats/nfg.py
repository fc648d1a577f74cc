"""Gambit's strategic games: ``.nfg`` files, read and written."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..files import write_text
from .stage_games import StageGame, stage_payoffs
from .tokens import MOST_BYTES, TEXT, Tokens, read_text

#: Not in the description of the format; files that have one are clear all the same.

BRACED_COMMENT = re.compile(rf"\{{\s*+{TEXT}\s*+\}}", re.DOTALL)


def read_nfg(path: str | os.PathLike[str]) -> StageGame:
    """Read a stage game from a file in Gambit's ``.nfg`` format.

    Parameters
    ----------
    path : str or path
        The file. Both forms of the format are read: payoffs in a list, and outcomes that the joint actions point to.

    Returns
    -------
    StageGame
        Unpacks to ``payoffs``, shape (m, A), and ``n_actions``; it has the names of players and strategies as well.

    Raises
    ------
    ValueError
        If the file is not of that format: the message names line and column, and what was expected there. Also if the
        file or the game would take more than 256 MiB.

    Notes
    -----
    Numbers are integers, decimals (with an exponent or not) or fractions, and become the nearest float64. In the file
    the strategy of the first player changes fastest; here it changes slowest, as in every array of the package. The
    null outcome 0 pays nothing. Strategies without a name are called by their number, and names that come twice are
    numbered, as Gambit does.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from mornavi_lite.formats import read_nfg
    >>> text = 'NFG 1 R "A game" { "Row" "Column" } { { "up" "down" } { "left" "mid" "right" } }'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "game.nfg"
    ...     _ = file.write_text(text + " 1 10  2 20  3 30  4 40  5 50  1/3 60")
    ...     game = read_nfg(file)
    >>> payoffs, n_actions = game
    >>> n_actions, game.action_names[1]
    ((2, 3), ('left', 'mid', 'right'))
    >>> bool((payoffs[0] == [1, 3, 5, 2, 4, 1 / 3]).all())
    True
    """
    tokens = Tokens(read_text(path), os.fspath(path))
    title, players, actions, comment = prologue(tokens)
    n_actions = tuple(len(names) for names in actions)
    n_joint = math.prod(n_actions)
    if 8 * len(players) * n_joint > MOST_BYTES:
        tokens.fail(f"{n_joint} joint actions of {len(players)} players take more than 256 MiB")
    if tokens.kind == "mark" and tokens.word == "{":
        table = outcomes(tokens, len(players), n_joint)
    else:
        size = len(players) * n_joint
        numbers = (tokens.number("a payoff, one for each player and joint action") for _ in range(size))
        table = np.fromiter(numbers, np.float64, size).reshape(n_joint, len(players))
    if tokens.kind != "end":
        tokens.expected("the end of the file, as all joint actions have their payoffs")
    return StageGame(first_player_slowest(table, n_actions), n_actions, actions, players, title, comment)


def write_nfg(
    path: str | os.PathLike[str],
    payoffs: Any,
    n_actions: Sequence[int],
    action_names: Sequence[Sequence[str]] | None = None,
    player_names: Sequence[str] | None = None,
    title: str = "",
    comment: str = "",
) -> None:
    """Write a stage game to a file in Gambit's ``.nfg`` format, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file.
    payoffs : array_like, shape (m, A)
        Payoff of each player at each joint action.
    n_actions : sequence of int
        Number of actions of each player; their product is A.
    action_names : sequence of sequences of str, optional
        For each player one name per action. Default: "1", "2", ...
    player_names : sequence of str, optional
        One name per player. Default: "Player 1", "Player 2", ...
    title, comment : str
        What Gambit shows of the game.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    The form with a list of payoffs, the first player's strategy changing fastest. Each payoff is the shortest decimal
    that is read as the same float64, so :func:`read_nfg` gives the same bytes back.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from mornavi_lite.formats import read_nfg, write_nfg
    >>> payoffs = np.array([[0.1, 1 / 3, 2, 3, 4, 5], [6, 7, 8, 9, 10, 1e-300]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_nfg(pathlib.Path(folder) / "game.nfg", payoffs, (2, 3))
    ...     again, n_actions = read_nfg(pathlib.Path(folder) / "game.nfg")
    >>> n_actions, again.tobytes() == payoffs.tobytes()
    ((2, 3), True)
    """
    table, counts = stage_payoffs(payoffs, n_actions)
    default = [[str(a + 1) for a in range(n)] for n in counts]
    if action_names is not None:
        checks.per_player("action_names", action_names, len(counts))
    actions = [
        checks.names(f"action_names[{i}]", words, len(default[i]))
        for i, words in enumerate(default if action_names is None else action_names)
    ]
    players = [f"Player {i + 1}" for i in range(len(counts))] if player_names is None else player_names
    names = checks.names("player_names", players, len(counts))
    for name, value in (("title", title), ("comment", comment)):
        try:
            checks.text(name, value).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name} must be a text that UTF-8 can write, {error.reason}") from None
    lines = [f"NFG 1 R {quoted(title)} {braces(names)}", "", "{"]
    lines += [braces(words) for words in actions]
    lines += ["}", quoted(comment), ""]
    profiles = first_player_fastest(table, counts)
    lines += [" ".join(repr(x).removesuffix(".0") for x in row) for row in profiles.tolist()]
    write_text(path, "\n".join(lines) + "\n")


def prologue(tokens: Tokens) -> tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...], str]:
    """Title, names of the players, names of each player's strategies, and comment."""
    if tokens.kind != "word" or tokens.word != "NFG":
        tokens.expected("NFG, with which a strategic game of Gambit begins")
    tokens.advance()
    tokens.take("number", "1, the version of the format", "1")
    if tokens.word not in ("R", "D"):
        tokens.expected("R or D")
    tokens.advance()
    title = unquoted(tokens.take("text", "the title in quotes"))
    players = labels(tokens, 'the list of players, as in { "Row" "Column" }')
    comment = text_or_nothing(tokens)
    actions = strategies(tokens, len(players))
    braced = BRACED_COMMENT.match(tokens.text, tokens.start)
    if braced:
        tokens.end, comment = braced.end(), unquoted(braced[1])
        tokens.advance()
    return title, players, actions, text_or_nothing(tokens) or comment


def text_or_nothing(tokens: Tokens) -> str:
    """The comment that may stand here."""
    return unquoted(tokens.take("text", "a comment")) if tokens.kind == "text" else ""


def labels(tokens: Tokens, what: str) -> tuple[str, ...]:
    """A list of names in braces, made distinct."""
    tokens.take("mark", what, "{")
    found = []
    while tokens.kind == "text":
        found.append(unquoted(tokens.word))
        tokens.advance()
    if not found:
        tokens.expected(f"a name in quotes, in {what}")
    tokens.take("mark", "a name in quotes, or }", "}")
    return distinct(found)


def strategies(tokens: Tokens, n_players: int) -> tuple[tuple[str, ...], ...]:
    """Names of each player's strategies, given as names or as numbers of strategies."""
    tokens.take("mark", "the list of strategies in braces", "{")
    named = tokens.kind == "mark" and tokens.word == "{"
    room = len(tokens.text)
    actions = []
    n_joint = 1
    for i in range(n_players):
        if named:
            actions.append(labels(tokens, f"the strategies of player {i + 1} of {n_players}"))
        else:
            what = f"the number of strategies of player {i + 1} of {n_players}, at least 1"
            # A file cannot hold the payoffs of more joint actions than it has characters.
            actions.append(tuple(str(a + 1) for a in range(tokens.integer(what, 1, room))))
        n_joint *= len(actions[-1])
        if n_joint > room:
            tokens.fail(f"the first {i + 1} players have {n_joint} joint actions, more than the file has characters")
    tokens.take("mark", f"}} after the strategies of {n_players} players", "}")
    return tuple(actions)


def outcomes(tokens: Tokens, n_players: int, n_joint: int) -> np.ndarray:
    """Payoffs (A, m) of a body with outcomes: first what each of them pays, then one of them for each joint action."""
    paid = [[0.0] * n_players]
    tokens.take("mark", "the list of outcomes", "{")
    while tokens.is_mark("{"):
        tokens.take("text", "the name of an outcome in quotes")
        pays = []
        for i in range(n_players):
            pays.append(tokens.number(f"the payoff of player {i + 1} of {n_players}"))
            tokens.is_mark(",")
        tokens.take("mark", f"}} after the payoffs of {n_players} players", "}")
        paid.append(pays)
    tokens.take("mark", "an outcome in braces, or } after the last one", "}")
    last = len(paid) - 1
    what = f"the number of an outcome, from 0 to {last}, one for each joint action"
    return np.array(paid)[np.fromiter((tokens.integer(what, 0, last) for _ in range(n_joint)), np.intp, n_joint)]


def first_player_slowest(table: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """Payoffs (m, A) in C order from rows (A, m) in the order of the file."""
    axes = [n for n in reversed(n_actions) if n > 1]  # NumPy has no more than 64 axes, a file may have more players
    return np.ascontiguousarray(table.reshape(*axes, table.shape[1]).T).reshape(table.shape[1], -1)


def first_player_fastest(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """Rows (A, m) in the order of the file from payoffs (m, A) in C order."""
    axes = [n for n in n_actions if n > 1]
    return payoffs.reshape(payoffs.shape[0], *axes).T.reshape(-1, payoffs.shape[0])


def distinct(words: Sequence[str]) -> tuple[str, ...]:
    """The names; a number where there is none, and a number after each that comes twice."""
    named = [word or str(i + 1) for i, word in enumerate(words)]
    often, taken, number, result = Counter(named), set(named), Counter[str](), []
    for word in named:
        name = word
        while often[word] > 1 and name in taken:
            number[word] += 1
            name = f"{word}_{number[word]}"
        taken.add(name)
        result.append(name)
    return tuple(result)


def braces(words: Sequence[str]) -> str:
    return f"{{ {' '.join(map(quoted, words))} }}"


def quoted(text: str) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)
