"""What is told about pools and processes, and what programs seldom do to them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ungil.launch.command import environment
from ungil.substitute.settings import Model, Settings

Events = list[dict[str, Any]]
Run = Callable[..., tuple[str, Events, str]]

SHARED: list[Model] = ["serial", "threads"]


@pytest.fixture(params=["3.13t", "3.14", "3.14t"])
def run(request: pytest.FixtureRequest, need: Callable[[str], str], tmp_path: Path) -> Run:
    """Run a program's text under a model: what it printed, what was told, and its standard error."""
    python = need(request.param)

    def run(text: str, model: Model, status: int = 0, **settings: Any) -> tuple[str, Events, str]:
        if model == "interpreters" and request.param == "3.13t":
            pytest.skip("concurrent interpreters came with Python 3.14")
        program, events = tmp_path / "program.py", tmp_path / "events"
        program.write_text(text)
        events.write_text("")
        environ = environment(Settings(model, **settings), environ=os.environ, gil="default", events=str(events))
        environ.pop("PYTHONUNBUFFERED", None)
        done = subprocess.run([python, str(program)], env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stderr
        return done.stdout, [json.loads(line) for line in events.read_text().splitlines()], done.stderr

    return run


def told(events: Events, kind: str) -> Events:
    return [event for event in events if event["event"] == kind]


def codes(events: Events) -> set[str]:
    return {event["code"] for event in told(events, "named")}


POOL = """
import multiprocessing as mp

def init():
    pass

def square(x):
    return x * x

if __name__ == "__main__":
    with mp.Pool(3, initializer=init) as pool:
        print(pool.map(square, range(4)), pool._processes, len(pool._pool))
"""


def test_a_pool_that_stays_is_told_with_its_width(run: Run) -> None:
    _, events, _ = run(POOL, "as-is")
    (pool,) = told(events, "pool")
    assert (pool["pool"], pool["line"], pool["asked"], pool["workers"], pool["initializer"]) == (
        ("multiprocessing.Pool", 11, 3, 3, True)
    )
    assert not told(events, "substituted")


@pytest.mark.parametrize(("model", "workers"), [("threads", 2), ("processes", 2), ("serial", 1), ("interpreters", 2)])
def test_a_replaced_pool_is_told_with_both_widths(run: Run, model: Model, workers: int) -> None:
    stdout, events, _ = run(POOL, model, workers=2)
    (pool,) = told(events, "substituted")
    assert (pool["pool"], pool["line"], pool["asked"], pool["workers"], pool["model"]) == (
        ("multiprocessing.Pool", 11, 3, workers, model)
    )
    assert stdout.startswith("[0, 1, 4, 9]")


def test_processes_made_by_hand_are_told_once(run: Run) -> None:
    program = """
import multiprocessing as mp
if __name__ == "__main__":
    for _ in range(3):
        p = mp.Process(target=print, args=("x",))
        p.start()
        p.join()
"""
    stdout, events, _ = run(program, "as-is")
    assert stdout == "x\nx\nx\n"
    assert [event["pool"] for event in told(events, "pool")] == ["multiprocessing.Process"]
    for model in SHARED:
        stdout, events, _ = run(program, model)
        assert stdout == "x\nx\nx\n"
        assert [event["model"] for event in told(events, "substituted")] == [model]


@pytest.mark.parametrize("model", SHARED)
def test_a_worker_that_fails_says_so_as_a_process_does(run: Run, model: Model) -> None:
    program = """
import multiprocessing as mp
def work():
    raise LookupError("nothing there")
if __name__ == "__main__":
    p = mp.Process(target=work)
    p.start()
    p.join()
    print(p.exitcode)
"""
    stdout, _, stderr = run(program, model)
    assert stdout == "1\n"
    assert "Process Process-1:\nTraceback (most recent call last):" in stderr
    assert "LookupError: nothing there" in stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("os._exit(3)", "os-exit"),
        ("os.kill(os.getpid(), 9)", "os-exit"),
        ("os.chdir('/')", "chdir"),
        ("os.umask(0)", "umask"),
        ("os.environ['X'] = '1'", "environ"),
        ("os.nice(0) or os.setpgid(0, 0)", "os.setpgid"),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "signal"),
        ("signal.signal(signal.SIGUSR1, print)", "signal"),
        ("locale.setlocale(locale.LC_ALL, 'C')", "setlocale"),
    ],
)
@pytest.mark.parametrize("model", SHARED)
def test_what_a_worker_does_to_its_process_is_named_and_the_program_unharmed(
    run: Run, model: Model, line: str, code: str
) -> None:
    program = f"""
import locale, multiprocessing as mp, os, signal
def work():
    {line}
def handlers():
    return [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGUSR1)]
if __name__ == "__main__":
    os.umask(0o22)
    before = os.getcwd(), handlers()
    p = mp.Process(target=work)
    p.start()
    p.join()
    print(before == (os.getcwd(), handlers()), os.umask(0o22) == 0o22)
"""
    stdout, events, _ = run(program, model)
    assert stdout == "True True\n"
    assert code in codes(events)
    (event,) = [event for event in told(events, "named") if event["code"] == code]
    assert event["line"] == 4


def test_under_serial_a_workers_changes_are_there_in_its_next_task_and_never_outside(run: Run) -> None:
    program = """
import multiprocessing as mp, os
def enter(folder):
    os.chdir(folder)
    os.environ["PLACE"] = folder
def where(_):
    return os.getcwd(), os.environ.get("PLACE")
if __name__ == "__main__":
    here = os.getcwd()
    with mp.Pool(1) as pool:
        pool.apply(enter, ("/",))
        print(os.getcwd() == here, os.environ.get("PLACE"))
        print(pool.map(where, range(2)))
        print(os.getcwd() == here, os.environ.get("PLACE"))
    p = mp.Process(target=enter, args=("/",))
    p.start()
    p.join()
    print(os.getcwd() == here, os.environ.get("PLACE"))
"""
    stdout, _, _ = run(program, "serial")
    assert stdout == "True None\n[('/', '/'), ('/', '/')]\nTrue None\nTrue None\n"


@pytest.mark.parametrize("model", SHARED)
def test_fork_by_hand_is_named(run: Run, model: Model) -> None:
    program = """
import multiprocessing, os
pid = os.fork()
if pid == 0:
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    stdout, events, _ = run(program, model)
    assert stdout == "5\n"
    assert [(event["code"], event["line"]) for event in told(events, "named")] == [("os-fork", 3)]


@pytest.mark.parametrize("model", SHARED)
def test_maxtasksperchild_and_a_task_cut_short_are_named(run: Run, model: Model) -> None:
    program = """
import multiprocessing as mp, time
def work(event):
    event.set()
    while True:
        time.sleep(0.01)
if __name__ == "__main__":
    event = mp.Event()
    pool = mp.Pool(1, maxtasksperchild=5)
    pool.apply_async(work, (event,))
    event.wait()
    pool.terminate()
    pool.join()
    print("over")
"""
    if model == "threads":
        program = program.replace("mp.Event()", "mp.Manager().Event()")
    stdout, events, _ = run(program, model)
    assert stdout == "over\n"
    assert {"max-tasks-per-child", "terminate"} <= codes(events)


@pytest.mark.parametrize("model", SHARED)
def test_two_tasks_of_a_pool_may_wait_for_each_other(run: Run, model: Model) -> None:
    program = """
import multiprocessing as mp
def init(b):
    global barrier
    barrier = b
def meet(i):
    barrier.wait(20)
    return i
if __name__ == "__main__":
    with mp.Pool(2, init, (mp.Barrier(2),)) as pool:
        print(pool.map(meet, range(2), chunksize=1))
"""
    assert run(program, model)[0] == "[0, 1]\n"


def test_under_serial_a_lock_that_nobody_can_release_is_an_error_not_a_hang(run: Run) -> None:
    program = """
import multiprocessing as mp
def init(lk):
    global lock
    lock = lk
def work(_):
    with lock:
        pass
if __name__ == "__main__":
    lk = mp.Lock()
    lk.acquire()
    with mp.Pool(1, init, (lk,)) as pool:
        try:
            pool.map(work, range(1))
        except RuntimeError as error:
            print(error)
"""
    assert run(program, "serial")[0].startswith("deadlock: ")


@pytest.mark.parametrize("model", SHARED)
def test_the_librarys_own_thread_pool_keeps_working(run: Run, model: Model) -> None:
    program = """
import multiprocessing.dummy, multiprocessing.pool
def name(x):
    return x, multiprocessing.current_process().name
with multiprocessing.pool.ThreadPool(2) as pool:
    print(pool.map(name, range(2)), list(pool.imap(abs, [-1, 2])))
with multiprocessing.dummy.Pool(2) as pool:
    print(pool.apply_async(abs, (-3,)).get(10))
"""
    stdout, events, _ = run(program, model)
    assert stdout == "[(0, 'MainProcess'), (1, 'MainProcess')] [1, 2]\n3\n"
    assert {event["pool"] for event in told(events, "substituted")} == {"multiprocessing.pool.ThreadPool"}


@pytest.mark.parametrize("model", SHARED)
def test_nothing_of_a_program_without_pools_is_changed(run: Run, model: Model) -> None:
    program = """
import sys
print(type(sys).__name__, type(sys.stdout).__name__, "multiprocessing" in sys.modules)
"""
    stdout, events, _ = run(program, model)
    assert stdout == "module TextIOWrapper False\n"
    assert {event["event"] for event in events} <= {"start"}


@pytest.mark.parametrize("model", SHARED)
def test_no_process_is_started(run: Run, model: Model) -> None:
    program = """
import multiprocessing as mp, os
def work(q, lock):
    with lock:
        q.put(1)
if __name__ == "__main__":
    ctx = mp.get_context("spawn")
    with ctx.Manager() as manager, ctx.Pool(2) as pool:
        q, lock, shared = ctx.Queue(), ctx.Lock(), manager.list()
        p = ctx.Process(target=work, args=(q, lock))
        p.start()
        shared.append(q.get())
        p.join()
        print(pool.map(abs, [-1]), shared)
        with open(f"/proc/self/task/{os.getpid()}/children") as f:
            print(f.read().split())
"""
    assert run(program, model)[0] == "[1] [1]\n[]\n"


def test_an_initializer_that_runs_once_runs_once(run: Run) -> None:
    program = """
import multiprocessing as mp
def init(counter):
    with counter.get_lock():
        counter.value += 1
if __name__ == "__main__":
    counter = mp.Value("i", 0)
    with mp.Pool(3, init, (counter,)) as pool:
        pool.map(abs, range(100), chunksize=1)
        pool.close()
        pool.join()
    print(counter.value)
"""
    assert run(program, "threads", initializer="once")[0] == "1\n"
    assert run(program, "threads", initializer="each")[0] == "3\n"
