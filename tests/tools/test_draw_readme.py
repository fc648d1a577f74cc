"""The README's picture shows what its words say."""

from __future__ import annotations

import importlib.util

import numpy as np

from tests import ROOT

# --- the README's picture


def test_readme_picture_shows_what_its_words_say() -> None:
    spec = importlib.util.spec_from_file_location("draw_readme", ROOT / "tools" / "draw_readme.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    radii, nominal, robust = module.curves()
    np.testing.assert_allclose(nominal, (1 - 0.049 - radii) ** 5, atol=1e-12)
    np.testing.assert_allclose(robust, np.maximum(nominal, 0.95**5), atol=1e-12)
    assert module.draw() == module.draw()
    assert module.TARGET.read_bytes().startswith(b"\x89PNG") and module.TARGET.stat().st_size < 60_000
