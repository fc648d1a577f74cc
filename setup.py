"""What a package index shows of the README: the one thing that pyproject.toml cannot say by itself.

An index has no files beside the text, so a relative link leads nowhere there and a picture is not found. With an
address under ``Repository`` in ``[project.urls]`` they become links into the repository, of the form that GitHub and
GitLab have; without it a link becomes its words, and a picture what it shows.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent


def for_index(text: str, repository: str) -> str:
    """The README with no relative address in it."""

    def place(match: re.Match[str]) -> str:
        picture, words, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        if repository:
            return f"{picture}[{words}]({repository.rstrip('/')}/{'raw' if picture else 'blob'}/HEAD/{target})"
        return f"*{words}*" if picture else words

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", place, text)


if __name__ == "__main__":
    urls = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf8"))["project"].get("urls", {})
    readme = (HERE / "README.md").read_text(encoding="utf8")
    setup(
        long_description=for_index(readme, urls.get("Repository", "")),
        long_description_content_type="text/markdown",
    )
