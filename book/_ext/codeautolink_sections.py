"""Let sphinx-codeautolink meet the untitled sections of sphinx-proof and sphinx-exercise.

sphinx-codeautolink (all versions to 0.19.0) pops one title per section, and
``{prf:...}``, ``{exercise}`` and ``{solution}`` emit untitled sections, so it
fails with "IndexError: pop from empty list".
"""

from docutils import nodes
from sphinx_codeautolink.extension import block


def _visit_section(self, node):
    self.__dict__.setdefault("_marks", []).append(
        (len(self.title_stack), self.current_refid)
    )
    if (
        any(isinstance(child, nodes.title) for child in node.children)
        and node["ids"]
    ):
        self.current_refid = node["ids"][0]


def _depart_section(self, node):
    depth, refid = self._marks.pop()
    del self.title_stack[depth:]
    if not any(isinstance(child, nodes.title) for child in node.children):
        self.current_refid = refid


def setup(app):
    block.CodeBlockAnalyser.visit_section = _visit_section
    block.CodeBlockAnalyser.depart_section = _depart_section
    return {"parallel_read_safe": True, "parallel_write_safe": True}
