"""What mornavi_lite.widgets takes of ipywidgets, as plain pieces of a page: the worker has this under that name.

There is no kernel beside a page that a widget could talk to. A slider over pictures needs none: run_page.js moves it.
"""

from html import escape


class Widget:
    def __init__(self, children=(), **settings):
        self.children = list(children)
        vars(self).update(settings)

    def observe(self, *_, **__):
        """Nobody calls back."""

    def _repr_html_(self):
        return "".join(child._repr_html_() for child in self.children)


class HBox(Widget):
    pass


class VBox(Widget):
    def _repr_html_(self):
        return f'<div class="run-slider">{super()._repr_html_()}</div>'


class Play(Widget):
    pass


class HTML(Widget):
    def __init__(self, value=""):
        super().__init__(value=value)

    def _repr_html_(self):
        return self.value


class Stack(Widget):
    """Of its children one is seen."""

    def _repr_html_(self):
        return "".join(
            f'<div class="run-frame"{"" if k == self.selected_index else " hidden"}>{child._repr_html_()}</div>'
            for k, child in enumerate(self.children)
        )


class SelectionSlider(Widget):
    def _repr_html_(self):
        words = [escape(str(word)) for word, _ in self.options]
        return (
            f'<label>{escape(self.description)} <input type="range" min="0" max="{len(words) - 1}" '
            f'value="{self.index}" data-words="{"|".join(words)}" aria-valuetext="{words[self.index]}">'
            f" <output>{words[self.index]}</output></label>"
        )


def jslink(source, target):
    """The page links what belongs together."""


jsdlink = jslink
