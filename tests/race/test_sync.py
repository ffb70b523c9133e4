"""Watched primitives are the primitives they were (see syncing.py), and who is stuck is known (see stuck.py)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)
SPECS = ("3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")


def run(python: str, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *arguments],
        cwd=HERE,
        env={"PYTHONPATH": SOURCES, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


def result(python: str, *arguments: str) -> dict[str, Any]:
    ran = run(python, *arguments)
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_primitives_behave_as_if_nobody_watched(spec: str, need: Callable[[str], str]) -> None:
    plain = result(need(spec), "syncing.py", "behave")
    watched = result(need(spec), "syncing.py", "behave", "watched")
    assert len(plain) > 15
    for name, behaviour in plain.items():
        assert watched[name] == behaviour, name


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_the_watcher_is_told_all_in_the_right_order(spec: str, need: Callable[[str], str]) -> None:
    assert result(need(spec), "syncing.py", "told") == {}


@pytest.mark.exhaustive
@pytest.mark.parametrize("spec", SPECS)
def test_the_interpreters_own_tests_pass(spec: str, need: Callable[[str], str]) -> None:
    python = need(spec)
    if run(python, "-c", "import test.lock_tests").returncode != 0:
        pytest.skip(f"{python} came without its tests")
    classes = ("Lock", "PyRLock", "CRLock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier", "Thread")
    tests = [f"test.test_threading.{name}Tests" for name in classes]
    ran = run(python, "syncing.py", "unittest", *tests, "test.test_queue", "test.test_thread.LockTests")
    assert ran.returncode == 0, ran.stderr[-3000:]


# --- who is stuck


@pytest.fixture(scope="module")
def stuck(need: Callable[[str], str]) -> Callable[[str], dict[str, Any]]:
    """What became of the programs of stuck.py on a build."""
    known: dict[str, dict[str, Any]] = {}

    def of(spec: str) -> dict[str, Any]:
        if spec not in known:
            known[spec] = result(need(spec), "stuck.py")
        return known[spec]

    return of


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_what_is_stuck_is_found_and_nothing_else(spec: str, stuck: Callable[[str], dict[str, Any]]) -> None:
    wrong = {}
    for name, found in stuck(spec).items():
        expected = None if name.startswith("fine") else name.partition("_")[0]
        if (found["event"] if isinstance(found, dict) else found) != expected:
            wrong[name] = found
    assert wrong == {}


CYCLES = {
    "deadlock_of_two_locks": {"ab", "ba"},
    "deadlock_of_two_rlocks": {"ab", "ba"},
    "deadlock_of_three_locks": {"one", "two", "three"},
    "deadlock_while_others_go_on": {"ab", "ba"},
    "deadlock_without_with_while_others_go_on": {"ab", "ba"},
    "deadlock_of_daemons": {"ab", "ba"},
    "deadlock_of_conditions": {"ab", "ba"},
    "deadlock_with_itself": {"twice"},
    "deadlock_of_the_main_thread_with_itself": {"MainThread"},
    "deadlock_by_a_queues_mutex": {"MainThread"},
    "deadlock_of_joins": {"one", "two"},
    "deadlock_of_a_lock_and_a_join": {"MainThread", "work"},
    "deadlock_of_a_starved_pool": {"worker_0"},
}


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_a_deadlock_names_its_threads(spec: str, stuck: Callable[[str], dict[str, Any]]) -> None:
    for name, threads in CYCLES.items():
        assert {thread["name"] for thread in stuck(spec)[name]["cycle"]} == threads, name
    (starved,) = [{t["name"] for t in stuck(spec)["deadlock_of_a_starved_pool_while_others_go_on"]["cycle"]}]
    assert starved and starved <= {"worker_0", "worker_1"}


WAITS = {
    "hang_on_a_leaked_lock": ("MainThread", "lock", "lock lock"),
    "hang_on_a_queue_never_filled": ("MainThread", "queue-get", "Queue q"),
    "hang_on_a_simple_queue": ("MainThread", "queue-get", "SimpleQueue q"),
    "hang_on_a_full_queue": ("MainThread", "queue-put", "Queue q"),
    "hang_on_a_queues_join": ("MainThread", "queue-join", "Queue q"),
    "hang_on_a_lost_notification": ("MainThread", "condition", "Condition condition"),
    "hang_on_an_event": ("waits", "event", "Event event"),
    "hang_on_a_barrier": ("MainThread", "join", "Thread-1 (wait)"),
    "hang_at_the_end": ("MainThread", "shutdown", None),
}


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_a_hang_says_who_waits_for_what(spec: str, stuck: Callable[[str], dict[str, Any]]) -> None:
    for name, (thread, kind, thing) in WAITS.items():
        found = {each["name"]: each for each in stuck(spec)[name]["threads"]}
        waits = found[thread]["waits"]
        assert (waits["kind"], waits["thing"]) == (kind, thing), name
        assert waits["timeout_s"] is None and waits["since_s"] >= 0


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_locks_that_are_held_have_the_place_where_they_were_taken(
    spec: str, stuck: Callable[[str], dict[str, Any]]
) -> None:
    lines = (HERE / "stuck.py").read_text().splitlines()
    for name in ("deadlock_of_two_locks", "deadlock_of_two_rlocks", "deadlock_of_conditions"):
        for thread in stuck(spec)[name]["cycle"]:
            (held,) = thread["holds"]
            assert (Path(held["path"]).name, held["function"]) == ("stuck.py", "crossing.<locals>.take")
            assert lines[held["line"] - 1].strip() == "with first:"
            assert {thread["waits"]["held_by"]["thread"], thread["name"]} == {"ab", "ba"}
            assert any(
                lines[line - 1].strip() == "with second:" and function == "crossing.<locals>.take"
                for path, line, function in thread["stack"]
                if path.endswith("stuck.py")
            )
            assert not any("race/inside" in path for path, _, _ in thread["stack"])
    leaked = next(t for t in stuck(spec)["hang_on_a_leaked_lock"]["threads"] if t["name"] == "MainThread")
    assert leaked["waits"]["held_by"]["thread"] == "leaks" and leaked["waits"]["held_by"]["ended"]
