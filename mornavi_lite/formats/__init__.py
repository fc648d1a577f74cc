"""Other people's files and games, in and out: what it takes to bring a game of your own, or to carry one elsewhere.

**Markov games.** ``read_table`` and ``write_table`` know tables in CSV form, one transition a line; ``from_gymnasium``
the tables of transitions that some environments have. ``write_policy`` makes a table of what is played. On the command
line: ``mornavi-lite solve game.csv --horizon 20 --set tv --radius 0.1 --out policy.csv``.

**Environments and logs**, where the kernel is not known. ``from_parallel_env`` and ``from_gymnasium_env`` make of an
environment with finite spaces what :func:`mornavi_lite.learn` asks for; ``to_parallel_env`` makes an environment of a
game. ``read_log`` counts what a log tells, for ``Mornavi.certify``; ``write_log`` writes one.

**Stage games** are payoffs (m, A) and ``n_actions``, as :func:`mornavi_lite.solve_stage` takes them. ``read_nfg`` and
``write_nfg`` know Gambit's files; ``from_quantecon``, ``to_quantecon``, ``from_nashpy`` and ``to_nashpy`` turn the
arrays of those packages into ours and back.

**Guarantee.** What is written is read back with the same bytes, and what a file says wrong is an error that names line
and column. NumPy is enough to read and write files and to take the objects of other packages; making such objects
needs the package: ``pip install 'mornavi-lite[formats]'``, for ``to_parallel_env`` ``'mornavi-lite[pettingzoo]'``.

**Files.** ``nfg`` and ``tokens`` read Gambit's format. ``tables`` are read by ``columns`` (what the header names) and
``cells`` (numbers and labels), and written by ``writing``; ``gymnasium`` reads tables of environments;
``transitions`` makes a game of both. ``environments`` are played by ``episodes``, with what ``spaces`` knows of theirs;
``parallel`` is a game as an environment. ``logs`` are read like tables. ``stage_games`` turns arrays. Chapter 3 of the
book has a game of your own, chapter 5 an environment.
"""

from __future__ import annotations

from .environments import from_gymnasium_env, from_parallel_env, to_parallel_env
from .episodes import Environment
from .gymnasium import from_gymnasium
from .logs import read_log
from .nfg import read_nfg, write_nfg
from .stage_games import StageGame, from_nashpy, from_quantecon, to_nashpy, to_quantecon
from .tables import read_table
from .writing import write_log, write_policy, write_table

__all__ = [
    "Environment",
    "StageGame",
    "from_gymnasium",
    "from_gymnasium_env",
    "from_nashpy",
    "from_parallel_env",
    "from_quantecon",
    "read_log",
    "read_nfg",
    "read_table",
    "to_nashpy",
    "to_parallel_env",
    "to_quantecon",
    "write_log",
    "write_nfg",
    "write_policy",
    "write_table",
]
