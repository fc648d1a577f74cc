"""Run the cells of a notebook one after the other, in any Python, and print what each printed as JSON.

usage: python wasm_chapter.py NOTEBOOK
"""

import contextlib
import io
import json
import os
import sys
import traceback


def main(path):
    with open(path, encoding="utf8") as file:
        cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    os.chdir(os.path.dirname(path))
    namespace, answers = {"__name__": "__main__"}, []
    for number, cell in enumerate(cells, 1):
        said, raised = io.StringIO(), None
        try:
            with contextlib.redirect_stdout(said):
                exec(compile("".join(cell["source"]), f"cell {number}", "exec"), namespace)
        except Exception:
            raised = traceback.format_exc(limit=-3)
        answers.append({"printed": said.getvalue(), "raised": raised})
    import numpy

    print(json.dumps({"platform": sys.platform, "numpy": numpy.__version__, "cells": answers}))


main(sys.argv[1])
