"""What a task of a substituted pool has to itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SPECS = ("3.10", "3.13t", "3.14", "3.14t")

SETUP = """
import sys
sys.path.insert(0, {source!r})
from ungil.substitute import _notice, _worker, _guard
named = []
_notice.configure({model!r}, named.append)
_guard.install({model!r})
import threading
task = _worker.task
def in_thread(fn, *args):
    done = []
    thread = threading.Thread(target=lambda: done.append(task(fn, *args)))
    thread.start()
    thread.join()
    return done[0]
"""


@pytest.fixture(params=SPECS)
def run(request: pytest.FixtureRequest, need: Callable[[str], str], tmp_path: Path) -> Callable[[str, str], str]:
    """Run a text that uses ``task`` under a model; its standard output."""
    python = need(request.param)

    def run(model: str, text: str) -> str:
        source = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "src")
        program = tmp_path / "program.py"
        program.write_text(SETUP.format(source=os.path.abspath(source), model=model) + text)
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
        done = subprocess.run([python, str(program)], capture_output=True, text=True, timeout=60, env=environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_tasks_result_and_error_are_the_functions_own(run: Callable[[str, str], str]) -> None:
    text = """
print(in_thread(divmod, 7, 2), task(int, "11", base=2))
try:
    task(int, "x")
except ValueError as error:
    print(error)
"""
    expected = "(3, 1) 3\ninvalid literal for int() with base 10: 'x'\n"
    assert run("threads", text) == run("serial", text) == expected


def test_whole_lines_of_each_thread_stay_together(run: Callable[[str, str], str]) -> None:
    text = """
def talk(name):
    for _ in range(300):
        print(name, end="")
        print(name * 20)
threads = [threading.Thread(target=task, args=(talk, name)) for name in "abcd"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    lines = run("threads", text).splitlines()
    assert sorted(lines) == sorted([name * 21 for name in "abcd"] * 300)


def test_a_thread_that_assigns_stdout_changes_its_own(run: Callable[[str, str], str]) -> None:
    text = """
import io
mine, barrier = sys.stdout, threading.Barrier(2)
def capture(name):
    before, sys.stdout = sys.stdout, io.StringIO()
    barrier.wait(20)
    print(name)
    barrier.wait(20)
    text, sys.stdout = sys.stdout.getvalue(), before
    return text
results = {}
def run(name):
    results[name] = task(capture, name)
threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(results["a"] == "a\\n", results["b"] == "b\\n", sys.stdout is mine)
"""
    assert run("threads", text) == "True True True\n"


def test_what_a_worker_prints_goes_where_the_program_has_sent_its_output(run: Callable[[str, str], str]) -> None:
    text = """
import contextlib, io
text = io.StringIO()
with contextlib.redirect_stdout(text):
    in_thread(print, "from a worker")
print("caught", repr(text.getvalue()))
"""
    assert run("threads", text) == "caught 'from a worker\\n'\n"


def test_prints_are_written_when_their_thread_has_ended(run: Callable[[str, str], str]) -> None:
    text = """
print("first, written last")
in_thread(print, "second, from a worker")
"""
    assert run("threads", text) == "second, from a worker\nfirst, written last\n"


def test_a_directory_is_a_threads_own(run: Callable[[str, str], str]) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux, where a thread can have a working directory of its own")
    text = """
import os
here = os.getcwd()
def move():
    os.chdir("/")
    return os.getcwd()
print(in_thread(move), os.getcwd() == here, [event["code"] for event in named])
"""
    assert run("threads", text) == "/ True ['chdir']\n"


def test_under_serial_the_caller_gets_everything_back(run: Callable[[str, str], str]) -> None:
    text = """
import os, random, signal
random.seed(5)
expected = random.Random(5).random()
def change():
    os.chdir("/")
    os.environ["HERE"] = "worker"
    os.umask(0o77)
    random.seed(1)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
def look():
    return os.getcwd(), os.environ["HERE"], signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
os.umask(0o22)
here = os.getcwd()
task(change)
print(os.getcwd() == here, os.environ.get("HERE"), os.umask(0o22) == 0o22, random.random() == expected)
print(signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL, task(look), os.getcwd() == here)
"""
    assert run("serial", text) == "True None True True\nTrue ('/', 'worker', True) True\n"


def test_the_guards_say_nothing_outside_workers(run: Callable[[str, str], str]) -> None:
    text = """
import os, signal
os.environ["X"] = "1"
os.chdir(os.getcwd())
os.getpid()
signal.signal(signal.SIGINT, signal.SIG_IGN)
print(named, signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""
    assert run("threads", text) == "[] True\n"
