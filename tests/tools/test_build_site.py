"""One folder to publish, and the workflow that publishes it."""

from __future__ import annotations

import hashlib
import os
import zipfile

import pytest
import yaml

import build_site
from shared.steps import Failed
from tests import ROOT


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A folder with all parts, and no trace in the project's own."""
    monkeypatch.setattr(build_site, "STATE", tmp_path / "state")
    folder = tmp_path / "build"
    for name in ("html", "pages", "lite"):
        (folder / name / "_static").mkdir(parents=True)
        (folder / name / "index.html").write_text(name)
        (folder / name / "_static" / "book.css").write_text("p {}")
    (folder / "pdf").mkdir()
    (folder / "pdf" / build_site.PDF).write_bytes(b"%PDF")
    return folder


def test_the_folder_holds_book_jupyterlite_pdf_and_archive(build, tmp_path):
    build_site.assemble(build, tmp_path / "site")
    files = {p.relative_to(tmp_path / "site").as_posix() for p in (tmp_path / "site").rglob("*") if p.is_file()}
    pages = {"index.html", "_static/book.css", "lite/index.html", "lite/_static/book.css"}
    assert files == pages | {build_site.PDF, build_site.ARCHIVE, ".nojekyll"}
    assert (tmp_path / "site" / "index.html").read_text() == "pages"
    assert (tmp_path / "site" / "lite" / "index.html").read_text() == "lite"


def test_the_archive_is_the_book_alone_and_always_the_same_bytes(build, tmp_path):
    digests = []
    for name in ("one", "two"):
        build_site.assemble(build, tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name / build_site.ARCHIVE).read_bytes()).hexdigest())
        os.utime(build / "html" / "index.html", (0, 10**9))
    assert digests[0] == digests[1]
    with zipfile.ZipFile(tmp_path / "one" / build_site.ARCHIVE) as packed:
        assert packed.namelist() == ["mornavi-lite-book/_static/book.css", "mornavi-lite-book/index.html"]
        assert packed.read("mornavi-lite-book/index.html") == b"html"


@pytest.mark.parametrize("part", ["html/index.html", "pages/index.html", "lite/index.html", f"pdf/{build_site.PDF}"])
def test_a_part_that_is_missing_is_named_and_the_old_folder_stays(build, tmp_path, part):
    build_site.assemble(build, tmp_path / "site")
    (build / part).unlink()
    with pytest.raises(Failed, match="not built yet"):
        build_site.assemble(build, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").is_file()


def test_the_workflow_publishes_what_make_site_builds():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf8"))
    steps = workflow["jobs"]["site"]["steps"]
    assert [s["run"].split("#")[0].strip() for s in steps if "run" in s] == ["make site"]
    (upload,) = [s for s in steps if "upload-pages-artifact" in s.get("uses", "")]
    assert ROOT / upload["with"]["path"] == build_site.OUT
    assert all("@v" in s["uses"] for s in steps if "uses" in s)
    (python,) = [s for s in steps if "setup-python" in s.get("uses", "")]
    assert (ROOT / "runtime.txt").read_text() == f"python-{python['with']['python-version']}\n"
