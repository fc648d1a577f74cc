"""Files that a coverage-guided search makes: Atheris changes those that led to new lines of a reader, and goes on.

usage: python tools/fuzz_files.py [MINUTES] [--count]

Needs the package atheris, for Linux and macOS, which is not among those that `make` installs. Each kind of
``tests/parsers/damage.py`` gets the same time, in a process of its own. A file that is neither read nor refused in
words is kept in ``.make/fuzz_files``. With ``--count`` the files in a row without one that fails are added up in
``benchmarks/results/guided_files.json``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT, COUNTS = ROOT / ".make" / "fuzz_files", ROOT / "benchmarks" / "results" / "guided_files.json"
KINDS = ("nfg", "table", "log", "grid", "game", "run", "counts", "solution")


def search(kind: str, seconds: int, corpus: str) -> None:
    """In a process of its own, which Atheris ends."""
    import atheris

    with atheris.instrument_imports(include=["mornavi_lite.files", "mornavi_lite.formats", "mornavi_lite.sweep"]):
        from tests.parsers.damage import ARRAYS, SPLINTERS, TEXTS, read_within_bounds
    whole, read = (TEXTS | ARRAYS)[kind]
    folder, here = Path(corpus), tempfile.mkdtemp()
    (folder / "whole").write_bytes(whole)
    words = ["".join(f"\\x{byte:02x}" for byte in each[:60]) for each in SPLINTERS if each]
    (Path(corpus + ".words")).write_text("".join(f'"{word}"\n' for word in words), encoding="utf8")
    tried = 0

    def one(stored: bytes) -> None:
        nonlocal tried
        tried += 1
        read_within_bounds(read, stored, Path(here), tried % 20 == 0)

    options = [f"-max_total_time={seconds}", f"-max_len={2 * len(whole) + 1000}", f"-dict={corpus}.words", "-seed=1"]
    options += ["-print_final_stats=1", f"-artifact_prefix={KEPT}/{kind}-", "-rss_limit_mb=2048", "-timeout=20"]
    atheris.Setup([sys.argv[0], *options, corpus], one)
    atheris.Fuzz()


def main() -> int:
    if find_spec("atheris") is None:
        print("the package atheris is not here: `pip install atheris`; `make fuzz` damages files without it")
        return 0
    given = [each for each in sys.argv[1:] if each != "--count"]
    seconds = max(1, round(60 * float(given[0] if given else 1) / len(KINDS)))
    counts = json.loads(COUNTS.read_text(encoding="utf8")) if COUNTS.exists() else {}
    KEPT.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as outer:
            (corpus := Path(outer) / "corpus").mkdir()
            command = [sys.executable, __file__, "--kind", kind, str(seconds), str(corpus)]
            process = subprocess.run(command, capture_output=True, text=True, errors="replace")
        found = re.search(r"number_of_executed_units: *(\d+)", process.stderr)
        n_files = int(found[1]) if found else 0
        failed = process.returncode != 0 or not n_files
        wrong += failed
        print(f"{kind}: {n_files} files" + (f", one failed:\n{process.stdout[-3000:]}" if failed else ""), flush=True)
        counts[kind] = 0 if failed else counts.get(kind, 0) + n_files
    if "--count" in sys.argv:
        COUNTS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["--kind"]:
        search(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    sys.exit(main())
