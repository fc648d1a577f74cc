"""One folder to publish, and the workflow that publishes it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import zipfile

import pytest
import yaml

import build_site
import mornavi_lite
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


def test_without_python_for_the_browser_there_is_a_site_without_jupyterlite(build, tmp_path, capsys):
    (build / "lite" / "index.html").unlink()
    build_site.assemble(build, tmp_path / "site")
    assert not (tmp_path / "site" / "lite").exists() and (tmp_path / "site" / build_site.PDF).is_file()
    assert "no JupyterLite" in capsys.readouterr().out


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


@pytest.mark.parametrize("part", ["html/index.html", "pages/index.html", f"pdf/{build_site.PDF}"])
def test_a_part_that_is_missing_is_named_and_the_old_folder_stays(build, tmp_path, part):
    build_site.assemble(build, tmp_path / "site")
    (build / part).unlink()
    with pytest.raises(Failed, match="not built yet"):
        build_site.assemble(build, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").is_file()


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf8"))


def test_the_workflow_publishes_what_make_site_builds():
    jobs = workflow("pages.yml")["jobs"]
    steps = jobs["build"]["steps"]
    commands = [step["run"].split("#")[0].strip() for step in steps if "run" in step]
    assert commands == ["make site", "python tools/build_versions.py"]
    (upload,) = [s for s in steps if "upload-pages-artifact" in s.get("uses", "")]
    assert ROOT / upload["with"]["path"] == build_site.OUT
    (python,) = [s for s in steps if "setup-python" in s.get("uses", "")]
    assert (ROOT / "binder" / "runtime.txt").read_text() == f"python-{python['with']['python-version']}\n"


def test_who_builds_may_not_publish_and_who_publishes_runs_nothing_of_ours():
    pages = workflow("pages.yml")
    build, deploy = pages["jobs"]["build"], pages["jobs"]["deploy"]
    assert pages["permissions"] == {} and build["permissions"] == {"contents": "read"}
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"} and deploy["needs"] == "build"
    assert not any("run" in step for step in deploy["steps"])
    assert workflow("tests.yml")["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", ["pages.yml", "tests.yml", "audit.yml"])
def test_actions_have_a_version_and_no_checkout_keeps_a_key(name):
    steps = [step for job in workflow(name)["jobs"].values() for step in job["steps"] if "uses" in step]
    assert steps and all(re.fullmatch(r"actions/[\w-]+@(v\d+|[0-9a-f]{40})", step["uses"]) for step in steps)
    checkouts = [step for step in steps if "checkout" in step["uses"]]
    assert checkouts and all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_is_built_and_tested_whole_is_locked_and_every_lock_is_audited():
    for name, job, command in (("pages.yml", "build", "make site"), ("tests.yml", "book", "make test")):
        (step,) = [s for s in workflow(name)["jobs"][job]["steps"] if s.get("run", "").startswith(command)]
        assert step["env"] == {"LOCKED": "1"}
    jobs = workflow("audit.yml")["jobs"]
    python, npm = (" ".join(s["run"] for s in jobs[name]["steps"] if "run" in s) for name in ("python", "npm"))
    assert "--require-hashes --requirement requirements.lock" in python and (ROOT / "requirements.lock").is_file()
    locks = {path.parent.name for path in (ROOT / "tools" / "npm").glob("*/package-lock.json")}
    assert set(jobs["npm"]["strategy"]["matrix"]["folder"]) == locks and "npm audit" in npm


def test_the_tests_run_on_each_system_and_python_that_the_project_names():
    matrix = workflow("tests.yml")["jobs"]["package"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}" and matrix["python"][-1] == "3.14"
    systems = json.loads((ROOT / "codemeta.json").read_text(encoding="utf8"))["operatingSystem"]
    assert [name.partition("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"] and len(systems) == 3


def test_what_cites_the_project_says_the_same():
    meta, zenodo = (json.loads((ROOT / name).read_text(encoding="utf8")) for name in ("codemeta.json", ".zenodo.json"))
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))
    paper = yaml.safe_load((ROOT / "paper.md").read_text(encoding="utf8").split("---")[1])
    assert zenodo["title"] == cited["title"] and zenodo["keywords"] == meta["keywords"]
    assert set(cited["keywords"]) <= set(meta["keywords"])
    assert meta["version"] == mornavi_lite.__version__
    assert meta["license"].endswith(zenodo["license"]) and zenodo["license"] == cited["license"]
    names = [meta["author"][0]["name"], zenodo["creators"][0]["name"], cited["authors"][0]["name"]]
    assert {*names, paper["authors"][0]["name"]} == {"mornavi-lite contributors"}
    assert (ROOT / paper["bibliography"]).is_file()
