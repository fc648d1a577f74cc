"""The book of each release beside the newest one: a small project with a Makefile stands for the real one."""

from __future__ import annotations

import subprocess

import pytest

import build_versions
from shared.steps import Failed


@pytest.fixture
def project(tmp_path):
    """Three releases, of which one cannot be built, and a tag that is no release."""
    root = tmp_path / "project"
    root.mkdir()

    def git(*words):
        who = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"]
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)

    git("init", "--quiet")
    for tag in ("v0.9.0", "v0.10.0", "v1.0.0", "vague"):
        recipe = "false" if tag == "v1.0.0" else f"mkdir -p _build/html && echo {tag} > _build/html/index.html"
        (root / "Makefile").write_text(f"book:\n\t{recipe}\n")
        git("add", ".")
        git("commit", "--quiet", "-m", tag)
        git("tag", tag)
    return root


def test_releases_come_in_the_order_of_their_numbers(project):
    assert build_versions.releases(project) == ["v1.0.0", "v0.10.0", "v0.9.0"]


def test_each_release_is_built_by_its_own_sources_and_listed(project, tmp_path, capsys):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("newest")
    (site / "versions" / "v0.0.1").mkdir(parents=True)
    build_versions.add_versions(project, site)
    assert {p.name: (p / "index.html").read_text() for p in (site / "versions").iterdir() if p.is_dir()} == {
        "v0.10.0": "v0.10.0\n",
        "v0.9.0": "v0.9.0\n",
    }
    listed = (site / "versions" / "index.html").read_text()
    assert listed.index("v0.10.0/index.html") < listed.index("v0.9.0/index.html") and "v1.0.0" not in listed
    assert "v1.0.0: could not be built" in capsys.readouterr().out


def test_without_a_site_nothing_is_built(project, tmp_path):
    with pytest.raises(Failed, match="no built site"):
        build_versions.add_versions(project, tmp_path / "nothing")
