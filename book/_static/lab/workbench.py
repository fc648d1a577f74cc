"""The laboratory: from what a reader picks to a result as a piece of a page.

It runs in the reader's browser, and once when the book is built, for the result
that stands on the page before a click. NumPy and mornavi_lite are all it takes.

What is picked comes as text. The program that is shown is made of it, and is
what runs; so every word in it is a known name, a number or a quoted string.
"""

import json
import math
import time
from html import escape
from pathlib import Path

import numpy as np

from mornavi_lite import run

#: Games by name: how to make one, and how many players it has.
GAMES = {
    "safe_or_risky": ("zoo.safe_or_risky()", 2),
    "delayed_coordination": ("zoo.delayed_coordination()", 2),
    "traffic_merge": ("zoo.traffic_merge()", 2),
    "fishing": ("zoo.fishing()", 2),
    "patrol": ("zoo.patrol()", 2),
    "intersection": ("zoo.intersection()", 2),
    "congestion": ("zoo.congestion()", 3),
    "gambler": ("zoo.gambler()", 1),
    "support_shift": ("zoo.support_shift(0)", 1),
    "paper_cooperative": ("zoo.paper_cooperative()", 2),
    "paper_general_sum": ("zoo.paper_general_sum()", 2),
    "garnet": ("zoo.garnet(5, (2, 3), 4, 3, seed=1)", 2),
}
#: Uncertainty sets by name: the class, and what stands behind the radius.
SETS = {
    "tv": ("TotalVariation", ""),
    "tv-support": ("TotalVariation", ", shift_support=False"),
    "kl": ("KullbackLeibler", ""),
    "chi2": ("ChiSquare", ""),
    "contamination": ("Contamination", ""),
    "nominal": ("Nominal", None),
}
CONCEPTS = ("cce", "ce", "nash")
#: What the page shows before anything is picked.
DEFAULT = {
    "game": "safe_or_risky",
    "sets": "tv:0.1",
    "concept": "cce",
    "delta": "0.05",
    "episodes": "1e9",
    "seed": "0",
}
#: Episodes before the first look at a run on its way; each next look doubles.
FIRST_LOOK = 64


# --- from what is picked to a program ---------------------------------------


def number(name, text):
    """A number as it stands in the program; the package checks its range."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, got {text!r}") from None
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def integer(name, text):
    value = number(name, text)
    if not value.endswith(".0") and "e+" not in value:
        raise ValueError(f"{name} must be an integer, got {text!r}")
    return int(float(value))


def quoted(text):
    """A string as it stands in the program."""
    return json.dumps(text, ensure_ascii=False)


def chosen(name, text, known):
    if text not in known:
        words = ", ".join(map(repr, known))
        raise ValueError(f"{name} must be one of {words}, got {text!r}")
    return text


def power(n):
    """An integer as one would write it: 10**9."""
    zeros = len(str(n)) - len(str(n).rstrip("0"))
    return (
        f"10**{zeros}"
        if zeros > 3 and str(n)[0] == "1" and n == 10**zeros
        else str(n)
    )


def game_lines(picked):
    """Lines that make the game, and the imports they need."""
    if picked["game"] != "file":
        chosen("game", picked["game"], GAMES)
        return [f"game = {GAMES[picked['game']][0]}"], {"zoo"}, []
    name = Path(picked.get("file") or "").name
    if name.lower().endswith(".nfg"):
        return (
            [
                f"stage = read_nfg({quoted(name)})",
                "rows = np.ones((1, stage.payoffs.shape[1], 1))",
                "game = MarkovGame.stationary(",
                "    rows, stage.payoffs[:, None], stage.n_actions, 1,",
                '    reward_range="observed", name=stage.title,',
                "    action_names=stage.action_names,",
                ")",
            ],
            {"MarkovGame"},
            [
                "import numpy as np",
                "from mornavi_lite.formats import read_nfg",
            ],
        )
    if not name.lower().endswith(".csv"):
        raise ValueError(
            "choose a file first, a table (.csv) or a game of Gambit (.nfg)"
        )
    more = f", name={quoted(Path(name).stem)}"
    if picked.get("horizon"):
        more = f", horizon={integer('horizon', picked['horizon'])}" + more
    if picked.get("initial"):
        more += f", initial={quoted(picked['initial'])}"
    imports = ["from mornavi_lite.formats import read_table"]
    return [f"game = read_table({quoted(name)}{more})"], set(), imports


def set_words(picked):
    """The uncertainty set as it stands in the program, or one per player; and its classes."""
    words, used = [], set()
    pairs = picked["sets"].split(",")
    for i, pair in enumerate(pairs):
        kind, _, radius = pair.partition(":")
        name, rest = SETS[chosen("set", kind, SETS)]
        which = "radius" if len(pairs) == 1 else f"radius of player {i + 1}"
        words.append(
            f"{name}()"
            if rest is None
            else f"{name}({number(which, radius)}{rest})"
        )
        used.add(name)
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]", used


def learner_words(picked):
    """The learner as it stands in the program."""
    words = [
        f"uncertainty, concept={quoted(picked['concept'])}",
        f"delta={number('delta', picked['delta'])}",
    ]
    if picked.get("min_probability"):
        words.append(
            f"min_probability={number('min_probability', picked['min_probability'])}"
        )
    if picked.get("support"):
        words.append("support=game")
    if picked.get("rows"):
        words.append('rows="stationary"')
    if picked.get("fail_state"):
        words.append(
            f"fail_state=game.state({quoted(picked['fail_state'])})"
        )
    lines = ["learner = Mornavi("]
    for word in words:
        if len(lines) > 1 and len(lines[-1]) + len(word) < 66:
            lines[-1] += f" {word},"
        else:
            lines.append(f"    {word},")
    return [*lines, ")"]


def program(picked, action):
    """The program that does the same: lines that set up, and lines that do it."""
    chosen("concept", picked["concept"], CONCEPTS)
    making, names, imports = game_lines(picked)
    sets, classes = set_words(picked)
    lines = [*making, f"uncertainty = {sets}"]
    if action == "solve":
        done = [
            f"solution = solve(game, uncertainty, {quoted(picked['concept'])})",
            "print(solution)",
        ]
        names = {*names, *classes, "solve"}
    else:
        lines += learner_words(picked)
        episodes, seed = (
            integer(name, picked[name]) for name in ("episodes", "seed")
        )
        done = [
            f"history = run(learner, game, n_episodes={power(episodes)}, seed={seed})",
            "print(history)",
        ]
        names = {*names, *classes, "Mornavi", "run"}
    needed = sorted(names, key=lambda name: (name.islower(), name))
    imports = [*imports, f"from mornavi_lite import {', '.join(needed)}"]
    imports.sort(key=lambda line: (line.startswith("from"), line))
    return [*imports, "", *lines], done


def set_up(picked, action):
    """What the first part of the program makes, by name, and the whole text."""
    lines, done = program(picked, action)
    made = {}
    exec("\n".join(lines), made)
    return made, "\n".join([*lines, *done]) + "\n"


# --- what is done ------------------------------------------------------------


def solved(picked):
    """Solve the game; the piece of a page that shows it."""
    made, text = set_up(picked, "solve")
    start = time.perf_counter()
    exec(program(picked, "solve")[1][0], made)
    took = time.perf_counter() - start
    solution = made["solution"]
    return {
        "html": scrolling(
            solution._repr_html_(), "Policy and values of the solution"
        )
        + shown_program(text),
        "said": f"Solved: gap {float(solution.gap):.3g}.",
        "numbers": repr(solution),
        "program": text,
        "seconds": took,
        "done": True,
    }


class Learning:
    """A run on its way, looked at whenever the number of its episodes has doubled."""

    def __init__(self, picked):
        self.made, self.text = set_up(picked, "learn")
        self.total, self.seed = (
            integer(name, picked[name]) for name in ("episodes", "seed")
        )
        self.history, self.seconds = None, 0.0

    def step(self):
        """Go on to the next look; the piece of a page that shows where the run is."""
        before = (
            0 if self.history is None else int(self.history.episode[-1])
        )
        start = time.perf_counter()
        target = min(max(FIRST_LOOK, 2 * before), self.total)
        learner, game = self.made["learner"], self.made["game"]
        self.history = run(
            learner, game, target, seed=self.seed, resume=self.history
        )
        self.seconds += time.perf_counter() - start
        return self.shown(target >= self.total)

    def shown(self, done):
        history = self.history
        episodes = int(history.episode[-1])
        said = (
            f"{episodes:,} episodes, {history.n_plans} plans: "
            f"certificate {history.best_certificate:.4g}, regret {history.regret[-1]:.6g}."
        )
        parts = [curve(history)]
        if done:
            parts += [
                scrolling(
                    history._repr_html_(),
                    "Policy and bounds of the best plan",
                ),
                shown_program(self.text),
            ]
        return {
            "html": "".join(parts),
            "said": said,
            "numbers": repr(history),
            "program": self.text,
            "seconds": self.seconds,
            "done": done,
        }


def learnt(picked):
    """The whole run, as the page shows it at its end."""
    learning = Learning(picked)
    while not (shown := learning.step())["done"]:
        pass
    return shown


_going = {}  # the run that the next step goes on with


def answer(asked):
    """What the page asks its worker, and what it is told: both as JSON."""
    question = json.loads(asked)
    picked = DEFAULT | question.get("picked", {})
    try:
        if question["ask"] == "solve":
            told = solved(picked)
        else:
            if question["ask"] == "learn":
                _going["run"] = Learning(picked)
            told = _going["run"].step()
    except (
        ValueError,
        TypeError,
        RuntimeError,
        ArithmeticError,
        OSError,
        MemoryError,
        NotImplementedError,
    ) as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps(told)


# --- how it is shown ---------------------------------------------------------


def scrolling(html, label):
    """A table may be wider than a phone: it scrolls, by key as well."""
    return f'<div class="lab-table" role="region" tabindex="0" aria-label="{escape(label)}">{html}</div>'


def shown_program(text):
    return (
        '<p class="lab-head">The same in Python:</p>'
        f'<div class="lab-code"><pre><code>{escape(text)}</code></pre></div>'
    )


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 62, 630, 30, 292
EDGE = BOTTOM - 8  # the smallest value; 0 lies below it, on the axis


class Axis:
    """A logarithmic axis from a power of ten to another, and where it lies."""

    def __init__(self, low, high, start, end):
        self.first = math.floor(math.log10(low))
        self.last = max(math.ceil(math.log10(high)), self.first + 1)
        self.start, self.end = start, end

    def place(self, value):
        share = (np.log10(value) - self.first) / (self.last - self.first)
        return self.start + (self.end - self.start) * share

    def ticks(self):
        """No more than nine powers of ten, and where they lie."""
        every = -(-(self.last - self.first) // 8)
        powers = range(self.first, self.last + 1, every)
        return [(k, round(float(self.place(10.0**k)), 1)) for k in powers]


def axes(history):
    """Of episodes and of values: all that is positive has its place."""
    values = np.concatenate([history.certificate, history.gap])
    positive = values[values > 0]
    low, high = (
        (positive.min(), positive.max()) if positive.size else (1, 1)
    )
    episodes = Axis(1.0, max(float(history.episode[-1]), 10.0), LEFT, RIGHT)
    return episodes, Axis(float(low), float(high), EDGE, TOP)


def steps(history, values, across, up):
    """The corners of a line that jumps where a plan follows another."""
    ends = np.maximum(history.episode, 1).astype(float)
    starts = np.concatenate([[1.0], ends[:-1]])
    least = 10.0**up.first
    heights = np.where(
        values > 0, up.place(np.maximum(values, least)), BOTTOM
    )
    corners = zip(
        across.place(starts), across.place(ends), heights, strict=True
    )
    points = [f"{x:.1f},{y:.1f}" for a, b, y in corners for x in (a, b)]
    return " ".join(dict.fromkeys(points))


def frame(across, up):
    """The axes with their marks and words."""
    marks = [f"M{x} {BOTTOM}v5" for _, x in across.ticks()]
    marks += [f"M{LEFT} {y}h-5" for _, y in up.ticks()]
    words = [
        f'<text x="{x}" y="{BOTTOM + 24}" text-anchor="middle">{power_of_ten(k)}</text>'
        for k, x in across.ticks()
    ]
    words += [
        f'<text x="{LEFT - 9}" y="{y + 5}" text-anchor="end">{power_of_ten(k)}</text>'
        for k, y in up.ticks()
    ]
    return (
        f'<path stroke="currentColor" fill="none" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}{"".join(marks)}"/>'
        f'<g fill="currentColor" font-size="15">{"".join(words)}'
        f'<text x="{RIGHT}" y="{HEIGHT - 4}" text-anchor="end">episodes</text>'
        f'<text x="{LEFT + 8}" y="{TOP - 12}">certificate (line) and gap (dashed) of the plan that is played</text></g>'
    )


def power_of_ten(k):
    return f'10<tspan dy="-7" font-size="12">{k}</tspan>'


def curve(history):
    """Certificate and gap of the plan that is played, by episodes."""
    across, up = axes(history)
    label = (
        f"After {int(history.episode[-1]):,} episodes the plan that is played has the certificate "
        f"{history.certificate[-1]:.3g} and the gap {history.gap[-1]:.3g}. "
        "Both axes are logarithmic, and 0 lies on the lower edge."
    )
    lines = {"lab-certificate": history.certificate, "lab-gap": history.gap}
    drawn = "".join(
        f'<polyline class="{name}" points="{steps(history, values, across, up)}"/>'
        for name, values in lines.items()
    )
    return (
        f'<figure class="lab-curve"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{frame(across, up)}{drawn}</svg><figcaption>{escape(label)}</figcaption></figure>"
    )
