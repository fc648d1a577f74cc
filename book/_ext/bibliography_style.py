"""Entries of the bibliography carry the label by which the text cites them: author and year."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle


class Labels(BaseLabelStyle):
    """Nash, 1950; He and Parker, 2026a; Farhat et al., 2026.

    The letter stands in references.bib, where the citations in the text take the year from as well.
    """

    def format_labels(self, entries):
        labels = [
            f"{names(entry)}, {entry.fields['year']}" for entry in entries
        ]
        twins = [label for label in labels if labels.count(label) > 1]
        if twins:
            raise ValueError(
                f"references.bib: two works are {twins[0]}; write {twins[0]}a and b"
            )
        return labels


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
