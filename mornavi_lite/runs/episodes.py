"""The loop: plan, play until some visits have doubled, count, plan again. Chapters 5 and 6 of the book."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from .. import checks
from ..confidence import Counts
from ..confidence.cells import flow
from ..contents import described
from ..files import located
from ..games import MarkovGame
from ..learners import Mornavi, Plan
from ..planning import Uncertainty
from ..progress import bar
from ..rounding import power_of_two, rounded
from ..uncertainty import UncertaintySet, sets_per_player
from . import protocol
from .history import Checkpoint, History
from .interruption import carrying, whole

MOST_EPISODES = 10**15
#: Plays up to the next look, but not beyond a number of episodes, and tells how many there were; False ends the run.
Play: TypeAlias = Callable[[int, Callable[[int], Any]], bool]
#: "spaced" waits for one episode in so many, unless visits of a cell have grown by the second; "often" for the third.
_SPACING, _GROWN, _OFTEN = 50, 8, 9 / 8
#: The options that make the learner of version 0.1.
_BEFORE = {"confidence": "events", "replan": "doubling"}


def run(
    learner: Any,
    game: MarkovGame,
    n_episodes: int,
    seed: int = 0,
    progress: bool = False,
    until: float | None = None,
    resume: History | None = None,
    uncertainty: Uncertainty | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Let a learner play a game, and record what each of its plans was worth.

    Parameters
    ----------
    learner : Mornavi or another with the same attributes
        Those that are used are listed in :mod:`mornavi_lite.runs`.
    game : MarkovGame or another with the attributes that are used
        What is played, with S states, A joint actions and horizon H. The learner sees counts of it only.
    n_episodes : int
        Episodes K, from 1 to 10**15, those of ``resume`` among them.
    seed : int
        Not negative. The same seed gives the same bytes, on every type of processor. A resumed run keeps its own.
    progress : bool
        Whether to show a progress bar of tqdm or, where that is missing, a line on stderr.
    until : float or None
        Stop at the first plan whose certificate is at most this.
    resume : History or None
        A run of the same learner and game to be taken up; the result is that of a run without the break.
    uncertainty : UncertaintySet, sequence of them or None
        Sets with which gaps and values are evaluated in the true game. None: the learner's own.
    checkpoint : str, path or None
        File to which the history up to each plan is written, as :meth:`History.save` does, to take up from there.

    Returns
    -------
    History
        One record per plan.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or ``resume`` belongs to another learner or game.
    Exception
        Whatever a learner raises, and Ctrl-C; ``history`` of the exception has the run up to there.

    Notes
    -----
    Chapter 5, :prf:ref:`def-doubling` and :prf:ref:`low-switching`: with ``replan="doubling"`` there is a new plan once
    some N_h(s, a) has doubled or was first visited, so at most H S A (floor(log2 K) + 1) + 1 plans are made. Visits are
    looked at 1, 2, 4, ... episodes after a plan. Where K falls between two looks, the episodes since the last one count
    in ``episode`` and ``regret``, which depend on the plan alone; ``checkpoint`` stays at the look.

    The same seed gives the same episodes on every processor. They are those of NumPy's generator, and NumPy 2.5
    corrected how it draws large binomial counts: from there on the same seed gives other episodes of the same law.

    Examples
    --------
    >>> from mornavi_lite import KullbackLeibler, Mornavi, run, zoo
    >>> history = run(Mornavi(KullbackLeibler(0.1)), zoo.safe_or_risky(), n_episodes=10**9)
    >>> bool((history.gap <= history.certificate).all()), history.n_plans < 400
    (True, True)
    """
    protocol.check_learner(learner)
    protocol.check_game(game)
    total = checks.integer("n_episodes", n_episodes, 1, MOST_EPISODES)
    goal = -1.0 if until is None else checks.number("until", until, 0.0)
    judged_by = sets_per_player(learner.uncertainty if uncertainty is None else uncertainty, len(game.n_actions))
    going = Going(learner, game, judged_by, checks.integer("seed", seed, 0, np.inf))
    if resume is not None:
        going.take_up(resume, total)
    return going.on(total, goal, progress, checkpoint, going.play)


class Going:
    """A run on its way: the counts, the plan that is played, and one record for each plan so far."""

    def __init__(self, learner: Any, game: Any, sets: list[UncertaintySet], seed: int) -> None:
        self.learner, self.game, self.sets = learner, game, sets
        self.rng = np.random.default_rng(seed)
        self.generator = self.rng.bit_generator.state
        self.counts = protocol.counts_of(game)
        self.scale = power_of_two(self.counts.step_ranges)
        self.episode = self.since_plan = 0
        self.starts: list[int] = []
        self.gaps: list[float] = []
        self.values: list[np.ndarray] = []
        self.uppers: list[np.ndarray] = []
        self.lowers: list[np.ndarray] = []
        self.certificates: list[float] = []
        self.place = ""
        self.plan: Plan | None = None
        self.best_plan: Plan

    def on(self, total: int, goal: float, progress: bool, checkpoint: Any, play: Play) -> History:
        """Go on to ``total`` episodes, or to a certificate of ``goal``."""
        if checkpoint is not None:
            checkpoint = located("checkpoint", checkpoint)
        with (
            carrying(lambda: self.history(self.episode) if self.starts else None, self.where),
            bar(total, self.episode, progress, "episodes") as shown,
        ):
            while self.episode < total:
                if self.wants_plan():
                    self.place = "at a new plan"
                    self.make_plan()
                    if checkpoint is not None:
                        self.history(self.episode).save(checkpoint)
                if self.certificates[-1] <= goal and self.since_plan == 0:
                    return self.history(self.episode)
                said = f"certificate {min(self.certificates):.3g}, {len(self.starts):,} plans"
                shown.set_postfix_str(said, refresh=False)
                if not play(total, shown.update):
                    break
            shown.update(total - self.episode)  # those after the last look
        return self.history(total)

    def where(self) -> str:
        """Episode and step, as a note of an exception says it."""
        return f"episode {self.episode + 1}" + (f", {self.place}" if self.place else "")

    def wants_plan(self) -> bool:
        """Whether there is no plan, or enough was seen since it was made, at one of the looks.

        "spaced" waits until a fiftieth of all episodes have gone by since the plan, unless some visits grew eightfold.

        *Plans.* Each needs a count that doubled, so the bound of "doubling" holds; chapter 11 has a smaller one, by the
        clock and the cells that grew eightfold. *Bounds* hold for every plan, whenever it was made. *Regret.* At the
        last look before a visit the plan knew at least an eighth of the cell's visits, or fewer than eight were made;
        with "doubling" it is a half, or none. So a sum of widths that fall like one over the root of the visits is at
        most twice as large. With "often" the plan knew eight ninths at least, so that sum is smaller; from eight visits
        of a cell on there are log 2 / log(9 / 8) < 6 times as many plans at most.
        """
        if not self.starts:
            return True
        if self.since_plan & (self.since_plan - 1):
            return False
        if self.learner.replan == "episode":
            return self.since_plan > 0
        watched = getattr(self.learner, "watched", np.ravel)
        now, before = watched(self.counts.visits), watched(self.planned_visits)
        if self.learner.replan == "spaced" and _SPACING * self.since_plan < self.episode:
            return bool((now >= _GROWN * np.maximum(before, 1)).any())
        return bool((now >= np.maximum((_OFTEN if self.learner.replan == "often" else 2) * before, 1)).any())

    def make_plan(self) -> None:
        """Ask the learner for a plan, and record what it claims and what it is worth in the true game.

        All that is recorded is rounded to about 1e-10: the last bits depend on the processor, the rest does not.
        """
        plan = self.learner.plan(self.counts).rounded(self.scale)
        start = self.game.initial
        if start is not None:
            plan.about = replace(plan.about, initial=start)  # the records are those of the true start, known here
        if self.plan is not None and np.array_equal(plan.policy, self.plan.policy):
            gap, value = self.gaps[-1], self.values[-1]
        else:
            gap, value = self._worth(plan.policy)
        if start is None:
            upper, lower, certificate = plan.start
        else:
            upper, lower = (rounded(each[:, 0] @ start, self.scale) for each in (plan.upper, plan.lower))
            certificate = (upper - lower).max()
        with whole():
            if not self.certificates or certificate < min(self.certificates):
                self.best_plan = plan
            self.plan, self.planned_visits, self.since_plan = plan, self.counts.visits.copy(), 0
            self.starts.append(self.episode)
            self.gaps.append(gap)
            self.values.append(value)
            self.uppers.append(upper)
            self.lowers.append(lower)
            self.certificates.append(float(certificate))

    def _worth(self, policy: np.ndarray) -> tuple[float, np.ndarray]:
        """Gap and values (m,) of a policy in the true game."""
        gap, value = protocol.worth(self.game, policy, self.sets, self.learner.concept)
        start = value[:, 0, 0] if self.game.initial is None else value[:, 0] @ self.game.initial
        return float(rounded(np.asarray(gap), self.scale)), rounded(start, self.scale)

    def until_next_look(self) -> int:
        """Episodes to play before visits are looked at again: that is 1, 2, 4, ... episodes after the plan."""
        return 1 if self.learner.replan == "episode" else (1 << self.since_plan.bit_length()) - self.since_plan

    def play(self, total: int, tell: Callable[[int], Any]) -> bool:
        """Play the plan up to the next look, and count, unless the episodes do not suffice for that."""
        n_episodes, self.place = self.until_next_look(), ""
        if self.episode + n_episodes > total:
            return False
        played = protocol.episodes_of(self.learner, self.game, self.plan, n_episodes, self.rng)
        with whole():
            self.counts.add_unchecked(played, self.game.reward)
            self.went_by(n_episodes)
        tell(n_episodes)
        return True

    def went_by(self, n_episodes: int) -> None:
        """So many episodes more were played and counted."""
        self.episode += n_episodes
        self.since_plan += n_episodes
        self.generator = self.rng.bit_generator.state

    def history(self, end: int) -> History:
        """All records, the last one up to ``end``."""
        assert self.plan is not None
        best = self.best_plan
        if isinstance(self.counts, Counts):
            best = Plan(*best, replace(best.about, visits=flow(self.counts, best.policy)), best.start)
        return History(
            episode=np.array([*self.starts[1:], end], dtype=np.int64),
            gap=np.array(self.gaps),
            value=np.array(self.values),
            upper=np.array(self.uppers),
            lower=np.array(self.lowers),
            best_plan=best,
            checkpoint=Checkpoint(
                self.plan,
                self.counts,
                self.planned_visits,
                self.episode,
                self.since_plan,
                json.dumps(self.generator, sort_keys=True),
                self.origin(self.learner),
            ),
            width=np.array(self.certificates) if self.game.initial is None else None,
        )

    def take_up(self, history: History, total: int) -> None:
        """Go on where ``history`` has its checkpoint."""
        if not isinstance(history, History):
            raise TypeError(f"resume must be a History, got {type(history).__name__}")
        at = history.checkpoint
        if at.origin != self.origin(self.learner):
            raise ValueError(
                f"resume must be a run of the same learner and game, judged by the same sets{self.hint(at)}"
            )
        if total < history.episode[-1]:
            raise ValueError(f"n_episodes must be at least those of resume, {int(history.episode[-1])}, got {total}")
        self.generator = self.rng.bit_generator.state = json.loads(at.generator)
        self.counts, self.planned_visits = protocol.counts_of(self.game, at.counts), at.planned_visits
        self.episode, self.since_plan = at.episode, at.since_plan
        self.starts = [0, *history.episode[:-1].tolist()]
        self.gaps, self.certificates = history.gap.tolist(), history.certificate.tolist()
        self.values, self.uppers, self.lowers = list(history.value), list(history.upper), list(history.lower)
        self.plan, self.best_plan = at.plan, history.best_plan

    def hint(self, at: Checkpoint) -> str:
        """What to write in order to take up a run of the algorithm of before."""
        if not isinstance(self.learner, Mornavi):
            return ""
        before = copy.copy(self.learner)
        for name, value in _BEFORE.items():
            object.__setattr__(before, name, value)
        if at.origin != self.origin(before):
            return ""
        line = ", ".join(f"{name}={json.dumps(value)}" for name, value in _BEFORE.items())
        return f"; it was saved by version 0.1, whose learner is this one with {line}"

    def origin(self, learner: Any) -> str:
        """Digest of the learner's settings and of the game: a run is taken up with the same ones only."""
        known_by = learner.identity if isinstance(learner, Mornavi) else described(learner)
        digest = hashlib.sha256(known_by.encode())
        for part in protocol.contents_of(self.game):
            digest.update(part)
        digest.update(described((self.game.n_actions, self.sets)).encode())
        return digest.hexdigest()
