"""Try the changes that mutmut makes, each in a fork of one warm process: what `tools/mutate.py` starts in its copy.

usage: python mutants.py ROOM'S_TESTS MINUTES PROCESSES AGAIN

pytest collects the tests once. A first fork runs all of them and keeps which test comes to which function and how long
it takes. Then each change has a fork of its own, which runs the tests that come to the changed function until one
fails: first those that found changes of the same function, then the quickest, as many as take ENOUGH seconds. Tests of
more than SLOWEST seconds are left out. With AGAIN=1 what survived is tried again, by all of its other tests.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from hypothesis import Phase, settings
from mutmut.__main__ import collect_source_file_mutation_data, create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd, copy_also_copy_files, copy_src_dir, setup_source_paths
from mutmut.utils.format_utils import mangled_name_from_mutant_name

SLOWEST, ENOUGH = 1.0, 3.0
#: A changed test may take so many times as long as before, and a second more, of the processor.
PATIENCE = 5
MEMORY = 6 << 30
SURVIVED, KILLED, NO_TESTS, TIMEOUT = 0, 1, 33, 36
PYTEST = ["-q", "-x", "-m", "not slow", "--rootdir=.", "--tb=native", "--assert=plain", "--capture=no"]
PYTEST += ["--hypothesis-profile=changes", *(f"-pno:{name}" for name in ("cacheprovider", "xdist", "faulthandler"))]


def is_check(node: cst.CSTNode) -> bool:
    """An error that is raised, or a call of `checks`: what they say and refuse is for the table of inputs to try."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return isinstance(node.func.value, cst.Name) and node.func.value.value == "checks"
    return isinstance(node, cst.Raise)


def leave_checks_alone() -> None:
    skipped = MutationVisitor._skip_node_and_children
    MutationVisitor._skip_node_and_children = lambda visitor, node: is_check(node) or skipped(visitor, node)


class Tried:
    """A plugin of pytest: in the place of the tests, the changes."""

    def __init__(self, minutes: float, processes: int, again: bool) -> None:
        self.until, self.processes = time.monotonic() + 60 * minutes, processes
        self.again, codes = again, (None, NO_TESTS, SURVIVED) if again else (None, NO_TESTS)
        mutants, _ = collect_source_file_mutation_data(mutant_names=())
        self.todo = [(data, name) for data, name, was in mutants if was in codes]
        for data in {id(data): data for data, _, _ in mutants}.values():
            data.meta_path = data.meta_path.resolve()
        self.kills: dict[str, Counter[str]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.session = session
        self.known = known(session)
        todo = sorted(self.todo, key=lambda each: sum(self.known["took"][test] for test in self.tests(each[1])))
        print(f"      {len(todo)} changes, {len(self.items)} tests", flush=True)
        running: dict[int, tuple[SourceFileMutationData, str, int]] = {}
        for n, (data, name) in enumerate(todo):
            if time.monotonic() > self.until:
                print("      the time is over; the same command goes on from here", flush=True)
                break
            if not self.tests(name):
                keep(data, name, NO_TESTS)
                continue
            while len(running) >= self.processes:
                self.ended(running)
            running.update(self.begin(data, name))
            if n % 100 == 0:
                print(f"      {n} of {len(todo)}", flush=True)
        while running:
            self.ended(running)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"      {used.ru_utime + used.ru_stime:.0f} s of the processor for all that was tried", flush=True)
        return True

    def tests(self, name: str) -> list[str]:
        """The tests that come to the changed function, in the order in which they are run."""
        function = mangled_name_from_mutant_name(name)
        kills, took = self.kills.get(function, Counter()), self.known["took"]
        found = [test for test in self.known["tests"].get(function, ()) if took[test] < SLOWEST]
        order = sorted(found, key=lambda test: (-kills[test], took[test]))
        total = accumulate(took[test] for test in order)
        return [test for test, until in zip(order, total, strict=True) if self.again or until <= ENOUGH]

    def begin(self, data: SourceFileMutationData, name: str) -> dict[int, tuple[SourceFileMutationData, str, int]]:
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            alone(lambda: self.changed(name, writing))
        os.close(writing)
        return {pid: (data, name, reading)}

    def changed(self, name: str, writing: int) -> int:
        """In a fork: run the tests with the change, until one fails."""
        set_mutant_under_test(name)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        tests = self.tests(name)
        for test, after in zip(tests, [*tests[1:], None], strict=True):
            limit = PATIENCE * self.known["took"][test] + 1
            signal.setitimer(signal.ITIMER_PROF, limit)  # of the processor; the default of the signal is the end
            signal.alarm(int(20 * limit))
            if not passes(self.items[test], self.items[after] if after else None):
                os.write(writing, test.encode())
                return KILLED
        return SURVIVED

    def ended(self, running: dict[int, tuple[SourceFileMutationData, str, int]]) -> None:
        pid, status = os.wait()
        data, name, reading = running.pop(pid)
        with os.fdopen(reading) as pipe:
            test = pipe.read()
        code = os.waitstatus_to_exitcode(status)
        self.kills.setdefault(mangled_name_from_mutant_name(name), Counter())[test] += bool(test)
        keep(data, name, TIMEOUT if code in (-signal.SIGPROF, -signal.SIGALRM) else code)


def keep(data: SourceFileMutationData, name: str, code: int) -> None:
    data.exit_code_by_key[name] = code
    data.save()


def passes(item: pytest.Item, after: pytest.Item | None) -> bool:
    session = item.session
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
    return not session.testsfailed


def alone(action: Any) -> None:
    """In a fork: do it in silence and end without what a process does at its end."""
    code = KILLED
    with suppress(BaseException), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            code = action()
    os._exit(code)


def known(session: pytest.Session) -> dict[str, Any]:
    """Which tests come to a function, and how long each takes, in a fork: nothing is warm but imports."""
    path = Path("../tests.json").resolve()
    path.unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        alone(lambda: watched(session, path))
    os.waitpid(pid, 0)
    found = json.loads(path.read_text()) if path.exists() else {"failed": "collecting or running the tests"}
    if "failed" in found:
        raise SystemExit(f"without any change it fails: {found['failed']}")
    for name in found.pop("modules"):
        with suppress(Exception):
            import_module(name)
    return found


def watched(session: pytest.Session, path: Path) -> int:
    set_mutant_under_test("stats")
    del os.environ["MUTANT_UNDER_TEST"]  # nothing is kept of what a process does that a test starts
    tests: dict[str, list[str]] = {}
    took = {}
    before = set(sys.modules)
    for item, after in zip(session.items, [*session.items[1:], None], strict=True):
        start = time.process_time()
        if not passes(item, after):
            path.write_text(json.dumps({"failed": item.nodeid}))
            return KILLED
        took[item.nodeid] = time.process_time() - start
        for function in state()._stats:
            tests.setdefault(function, []).append(item.nodeid)
        state()._stats.clear()
    modules = sorted(set(sys.modules) - before)
    path.write_text(json.dumps({"tests": tests, "took": took, "modules": modules}))
    return SURVIVED


def result() -> dict[str, Any]:
    """How many changes there are and were tried, and what each that no test has found makes of its line."""
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    codes = [code for _, _, code in mutants]
    left = []
    for data, name, code in mutants:
        if code in (SURVIVED, NO_TESTS):
            lines = [each for each in get_diff_for_mutant(name, path=data.path).splitlines() if each]
            was, becomes = (
                " ".join(" ".join(each[1:].split()) for each in lines if each[0] == side and each[:3] != 3 * side)
                for side in "-+"
            )
            file = Path(data.path).relative_to("mornavi_lite").as_posix()
            function = mangled_name_from_mutant_name(name).rpartition(".")[2]
            function = function.removeprefix("x").removeprefix("_").strip("ǁ").replace("ǁ", ".")
            told = {"function": function, "line": was, "becomes": becomes}
            left.append({"file": file, **told, "name": name, "reached": code == SURVIVED})
    return {"changes": len(codes), "tried": sum(code is not None for code in codes), "left": left}


def main() -> None:
    tests, minutes, processes, again = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell takes it from what goes on in the background
    leave_checks_alone()
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        copy_src_dir()
        copy_also_copy_files()
        setup_source_paths()
        create_mutants(1)
    set_mutant_under_test("")
    settings.register_profile(
        "changes", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
    )
    tried = Tried(float(minutes), int(processes), again == "1")
    if float(minutes):
        with suppress(KeyboardInterrupt), change_cwd("mutants"):
            pytest.main([*PYTEST, tests], plugins=[tried])
    Path("result.json").write_text(json.dumps(result()))


if __name__ == "__main__":
    main()
