"""Counts in files. Methods of ``Counts``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import checks
from ..files import fitting_together, read_arrays, write_arrays
from ..games.arrays import one_step
from ..games.legal import legal_masks, stands_for
from ..games.sparse import check_next_state
from ..summaries import About

if TYPE_CHECKING:
    from .counts import Counts

KIND = "Counts"


def save(self: Counts, path: str | os.PathLike[str]) -> None:
    """Write the counts to one file, whole or not at all.

    Parameters
    ----------
    path : str or path
        File to write, by custom ``.npz``; an older one is replaced.

    Raises
    ------
    OSError
        If the file cannot be written; an older one is then as it was.

    Notes
    -----
    The file holds reward range, kind of rewards, legal actions and names as well, so that counting can go on.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import Counts
    >>> counts = Counts(n_states=2, n_actions=(1,), horizon=1, reward_range=(-5, 5))
    >>> counts.record([0, 1], [0], [[-2.5]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "counts.npz")
    ...     counts.save(file)
    ...     again = Counts.load(file)
    >>> again.transitions.tolist(), float(again.reward[0, 0, 0, 0])
    ([[[[0, 1]], [[0, 0]]]], -2.5)
    """
    write_arrays(path, KIND, self.parts())


def load(cls: type[Counts], path: str | os.PathLike[str]) -> Counts:
    """Read counts that :meth:`save` wrote.

    Parameters
    ----------
    path : str or path
        File to read.

    Returns
    -------
    Counts
        The same numbers, checked like any others.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If the file is truncated, damaged, of another kind, or written by a newer version.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import Counts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     foreign = pathlib.Path(folder, "notes.npz")
    ...     _ = foreign.write_text("no counts at all")
    ...     try:
    ...         Counts.load(foreign)
    ...     except ValueError as error:
    ...         print("damaged" in str(error))
    True
    """
    stored = read_arrays(path, KIND)
    with fitting_together(path):
        return cls.from_parts(stored)


def parts(self: Counts) -> dict[str, np.ndarray]:
    """What makes these counts, as arrays that can be stored; of the default kinds as version 0.1.0 stored them."""
    seen = self._rewards
    made = {
        "transitions": self._transitions,
        "reward": seen.values,
        "n_actions": np.array(self._n_actions),
    } | self._names.parts()
    if self.rewards != "deterministic" or (seen.ranges != (0.0, 1.0)).any():
        made |= {"rewards": np.array(self.rewards), "ranges": seen.ranges}
    if seen.constant is not None:
        made["constant"] = seen.constant
    if self._legal is not None:
        made["legal"] = np.concatenate(self._legal, axis=1)
    if self._starts is not None:
        made["starts"] = self._starts
    if self._start_learned:
        made["start_learned"] = np.array(True)
    if self._listed is not None:
        made["next_state"] = one_step(self._listed, 0)
    if self._lists is not None:
        made["lists"] = one_step(self._lists, 0)
    return made


def from_parts(cls: type[Counts], made: Mapping[str, np.ndarray]) -> Counts:
    """The counts of which :func:`parts` are given; others may be among them."""
    steps, size = made["transitions"].shape[:2]
    kind, ranges = str(made.get("rewards", "deterministic")), made.get("ranges", (0, 1))
    counts = cls(size, np.asarray(made["n_actions"]).tolist(), steps, ranges, kind)
    lists = None
    if "lists" in made:
        lists = checks.integer_array("lists", made["lists"])
        check_next_state(np.maximum(lists, 0), lists, size)
        lists = np.broadcast_to(lists, (*counts._visits.shape, lists.shape[-1]))
    counts._lay_out(kind, counts.step_ranges, lists)
    played = checks.counts_array("transitions", made["transitions"])
    checks.has_shape("transitions", played, counts._transitions.shape, "(H, S, A, S)")
    counts._check_room("transitions", played)
    reward = checks.real_array("reward", made["reward"])
    checks.has_shape("reward", reward, counts._rewards.values.shape, "(m, H, S, A)")
    counts._rewards.check(reward, counts._telling(played), counts._telling(counts._transitions), lists=counts._lists)
    counts._add(played, reward)
    if counts._rewards.constant is not None:
        checks.has_shape("constant", made["constant"], counts._rewards.constant.shape, "(2, m, H, S, A)")
        counts._rewards.constant = np.array(made["constant"], dtype=bool)
    if "legal" in made:
        masks = np.split(np.asarray(made["legal"]), np.cumsum(counts.n_actions)[:-1], axis=1)
        counts._legal = legal_masks(masks, size, counts.n_actions)
        counts._stand = None if counts._legal is None else stands_for(counts._legal, counts.n_actions)
    if "starts" in made:
        checks.has_shape("starts", made["starts"], (size,), "(S,)")
        counts._starts = np.array(made["starts"], dtype=bool)
    counts._start_learned = bool(made.get("start_learned", False))
    if "next_state" in made:
        listed = checks.integer_array("next_state", made["next_state"])
        check_next_state(listed, listed, size)
        counts._listed = np.broadcast_to(listed, (*counts._visits.shape, listed.shape[-1]))
    names = {name: made[name] for name in ("game", "n_actions", "state_names", "action_names") if name in made}
    counts._names = replace(About.from_parts(names, counts._visits.shape), n_actions=())
    return counts
