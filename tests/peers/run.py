"""Run by the interpreter under test: its own tests of ``concurrent.futures``, with our pools in place of its own.

``run.py`` alone prints the names of all tests there are.
``run.py KIND FILE`` adds a line of JSON to FILE for each test when it begins and when it has ended, and passes over
those it finds there: after a test that hung, which ends this program, the next start takes up the rest.
``run.py KIND FILE library`` leaves the library's pools in place, which shows whether a failure is ours.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import pkgutil
import sys
import traceback
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bound
from listed import NOT_RUN, pattern_of

PACKAGE = "test.test_concurrent_futures"
HERE = Path(__file__).parent
KINDS = {
    "ThreadPoolMixin": "threads",
    "InterpreterPoolMixin": "interpreters",
    "ProcessPoolForkMixin": "fork",
    "ProcessPoolForkserverMixin": "forkserver",
    "ProcessPoolSpawnMixin": "spawn",
    "FutureTests": "threads",  # run once is enough
}
"""By a test's class: which model it is for, or which way of starting a process."""

RESOURCES = {"threads": ("walltime", "cpu"), "forkserver": ("walltime",)}
"""Which of the tests that take long are run: what they are of is the same for the other kinds."""

PATIENCE_S = 60
"""Some of the tests wait for 30 s before they fail."""


class Record(unittest.TestResult):
    """Writes down each test as it comes and goes."""

    def __init__(self, file: Path, support: Any) -> None:
        super().__init__()
        self._file, self._support = file, support
        self._outcome: tuple[str, str] = ("passed", "")

    def write(self, test: str, outcome: str, detail: str = "") -> None:
        with self._file.open("a") as file:
            file.write(json.dumps({"test": test, "outcome": outcome, "detail": detail}) + "\n")

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._outcome = ("passed", "")
        self.write(name_of(test), "started")
        faulthandler.dump_traceback_later(PATIENCE_S, exit=True)

    def stopTest(self, test: unittest.TestCase) -> None:
        faulthandler.dump_traceback_later(PATIENCE_S, exit=True)  # what comes between the tests can hang as well
        if self._outcome[0] == "failed":
            bound.shut_down()  # or the end of its module may wait for what the test has left open
        if self._support.environment_altered:
            self._support.environment_altered = False
            if self._outcome[0] == "passed":
                self._outcome = ("failed", "leaves threads or processes behind")
        self.write(name_of(test), *self._outcome)
        super().stopTest(test)

    def _failed(self, test: Any, error: Any) -> None:
        text = "".join(traceback.format_exception(*error))
        if isinstance(test, unittest.TestCase):
            self._outcome = ("failed", text)
        else:  # a module that cannot be set up or taken down
            self.write(str(test), "failed", text)

    def addError(self, test: Any, err: Any) -> None:
        self._failed(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        self._failed(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self._failed(test, err)

    def addSkip(self, test: Any, reason: str) -> None:
        if isinstance(test, unittest.TestCase):
            self._outcome = ("skipped", reason)
        else:
            self.write(str(test), "skipped", reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        self._outcome = ("skipped", "fails with the library's own pool as well")

    def addUnexpectedSuccess(self, test: Any) -> None:
        self._outcome = ("failed", "passes, where the library's own pool fails")


def name_of(test: unittest.TestCase) -> str:
    return test.id().removeprefix(PACKAGE + ".")


def kind_of(test: unittest.TestCase) -> str:
    for cls in type(test).__mro__:
        if cls.__name__ in KINDS:
            return KINDS[cls.__name__]
    if type(test).__name__ == "FailingInitializerResourcesTest":
        return name_of(test).rpartition("test_")[2]
    return "unknown"


def tests_in(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_in(item)
        else:
            yield item


def all_tests() -> list[unittest.TestCase]:
    package = importlib.import_module(PACKAGE)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.name.startswith("test_"))
    loader = unittest.TestLoader()
    tests: list[unittest.TestCase] = []
    for name in names:
        module = importlib.import_module(f"{PACKAGE}.{name}")
        tests += tests_in(loader.loadTestsFromModule(module))
    return tests


def bind_programs() -> None:
    """Programs that the tests start are to find our pools as well; the tests would have them ignore PYTHONPATH."""
    helper: Any = importlib.import_module("test.support.script_helper")
    original = helper.run_python_until_end
    path = os.pathsep.join([str(HERE / "hook"), str(HERE), os.environ["PYTHONPATH"]])

    def run(*args: Any, **options: Any) -> Any:
        return original(*args, **{"__isolated": False, "PYTHONPATH": path, **options})

    helper.run_python_until_end = run


def bind_futures() -> bound.PendingFutures:
    """The tests of ``Future`` make futures by themselves: they are to get ours."""
    pending = bound.PendingFutures()
    util: Any = importlib.import_module(f"{PACKAGE}.util")
    for name, future in list(vars(util).items()):
        if name.endswith("_FUTURE"):
            setattr(util, name, pending(future._state, future._exception, future._result))
    tests: Any = importlib.import_module(f"{PACKAGE}.test_future")
    tests.Future = tests.create_future = pending
    return pending


def main(kind: str, file: Path, bound_to: str = "ours") -> None:
    support: Any = importlib.import_module("test.support")
    support.use_resources = dict.fromkeys(RESOURCES.get(kind, ()))
    pending = None
    if bound_to == "ours":
        bound.bind()
        bound.bind_traceback()
        bind_programs()
        if kind == "threads":
            pending = bind_futures()
    done = {json.loads(line)["test"] for line in file.read_text().splitlines()} if file.exists() else set()
    record = Record(file, support)
    chosen = []
    for test in all_tests():
        name = name_of(test)
        if name in done:
            continue
        if kind_of(test) == "unknown":
            record.write(name, "failed", f"KINDS does not say what {type(test).__name__} tests")
        elif kind_of(test) != kind:
            continue
        elif pattern_of(name, NOT_RUN) is not None and bound_to == "ours":
            record.write(name, "not run")
        else:
            chosen.append(test)
    unittest.TestSuite(chosen).run(record)
    faulthandler.cancel_dump_traceback_later()
    if pending is not None:
        pending.close()
    record.write("", "end")


if __name__ == "__main__" and len(sys.argv) == 1:
    print(*map(name_of, all_tests()), sep="\n")
elif __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
