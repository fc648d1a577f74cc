"""Entries of the bibliography carry the label by which the text cites them: author and year."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle


class Labels(BaseLabelStyle):
    """Nash, 1950; He and Parker, 2026a; Farhat et al., 2026."""

    def format_labels(self, entries):
        plain = [
            f"{names(entry)}, {entry.fields['year']}" for entry in entries
        ]
        for k, label in enumerate(plain):
            twins = plain.count(label)
            yield label + (
                "abcdefgh"[plain[:k].count(label)] if twins > 1 else ""
            )


class AuthorYear(Unsorted):
    default_label_style = Labels
    default_sorting_style = "author_year_title"


def names(entry):
    """Last names of the authors, three or more shortened."""
    last = [
        " ".join(person.prelast_names + person.last_names)
        for person in entry.persons["author"]
    ]
    return " and ".join(last) if len(last) < 3 else f"{last[0]} et al."


def setup(app):
    register_plugin("pybtex.style.formatting", "author_year", AuthorYear)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
