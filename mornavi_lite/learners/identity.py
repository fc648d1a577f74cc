"""What a saved run is known by: the learner's options, and the version of the algorithm that they name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ..contents import described

#: Keyword-only options that files of version 1 name where an option is an array, set or not.
_NAMED_BESIDE_ARRAYS = {"support", "rows", "fail_state"}


def algorithm_of(confidence: str) -> int:
    """Version of what makes plans of counts: 2 for "model", which has been another algorithm since 0.2.0; else 1."""
    return 2 if confidence == "model" else 1


def identity_of(learner: Any) -> str:
    """Text that tells a learner from every other one that could go on with its run.

    Options at their defaults are not in it, so that a new one changes no text; a change of the defaults or of what they
    do is another version. Version 1 is known by the texts that its files hold: they name all options that may stand
    without their name, and "events" by the name that it had then, "model".
    """
    options = {each: described(getattr(learner, each.name)) for each in fields(learner) if each.compare}
    version = algorithm_of(learner.confidence)
    always: set[str] = set()
    if version == 1:
        always = {each.name for each in options if not each.kw_only}
        if any(text != repr(getattr(learner, each.name)) for each, text in options.items()):
            always |= _NAMED_BESIDE_ARRAYS
    named = []
    for each, text in options.items():
        if each.name == "confidence" and text == repr("events"):
            text = repr("model")
        if each.name in always or text != described(each.default):
            named.append(f"{each.name}={text}")
    return f"{type(learner).__qualname__}({', '.join(named)})" + (f", algorithm {version}" if version > 1 else "")
