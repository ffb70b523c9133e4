"""What is said about pools of concurrent.futures: which, where, how wide, and what could not be carried over."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ungil.launch.command import environment
from ungil.substitute.settings import Settings

Event = dict[str, Any]


@dataclass
class Ran:
    stdout: str
    stderr: str
    status: int
    events: list[Event]

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]

    def codes(self) -> set[str]:
        return {event["code"] for event in self.of_kind("named")}


RunScript = Callable[..., Ran]


@pytest.fixture
def run_script(tmp_path: Path, need: Callable[[str], str]) -> RunScript:
    """``run_script(text, settings)`` runs a program under a model and gives what it printed and what was said."""

    def run(text: str, settings: Settings, spec: str = "3.14") -> Ran:
        script = tmp_path / "prog.py"
        script.write_text(text)
        events = tmp_path / "events"
        events.write_text("")
        environ = environment(settings, environ=os.environ, gil="default", events=str(events))
        done = subprocess.run(
            [need(spec), str(script)], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        told = [json.loads(line) for line in events.read_text().splitlines()]
        assert not any(event.get("code") == "inside-failed" for event in told), told
        return Ran(done.stdout, done.stderr, done.returncode, told)

    return run


POOL = """\
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
def square(n):
    return n * n
if __name__ == "__main__":
    with ProcessPoolExecutor(3) as pool:
        print(list(pool.map(square, range(4))), pool._max_workers)
"""


@pytest.mark.parametrize(
    ("model", "by", "workers"),
    [
        ("serial", "serial", 1),
        ("threads", "threads", 5),
        ("interpreters", "interpreters", 5),
        ("processes", "processes", 5),
        ("auto", "interpreters", 5),
    ],
)
def test_every_pool_is_told_with_its_place_and_width(
    model: Any, by: str, workers: int, run_script: RunScript, tmp_path: Path
) -> None:
    ran = run_script(POOL, Settings(model, 5))
    assert ran.stdout.startswith("[0, 1, 4, 9]"), ran.stderr
    assert ran.of_kind("substituted") == [
        {
            "event": "substituted",
            "pool": "concurrent.futures.ProcessPoolExecutor",
            "path": str(tmp_path / "prog.py"),
            "line": 6,
            "workers": workers,
            "asked": 3,
            "model": by,
            "initializer": False,
        }
    ]
    assert not ran.codes()


def test_auto_takes_threads_where_the_gil_is_off(run_script: RunScript) -> None:
    ran = run_script(POOL, Settings("auto"), spec="3.14t")
    assert [(event["model"], event["workers"]) for event in ran.of_kind("substituted")] == [("threads", 3)]


def test_auto_keeps_processes_where_the_work_cannot_be_sent(run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "import multiprocessing\n"
        "def start(lock):\n"
        "    global LOCK\n"
        "    LOCK = lock\n"
        "def work(n):\n"
        "    with LOCK:\n"
        "        return n\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('fork')\n"
        "    with ProcessPoolExecutor(2, context, start, (context.Lock(),)) as pool:\n"
        "        print(list(pool.map(work, range(3))))\n",
        Settings("auto"),
    )
    assert ran.stdout == "[0, 1, 2]\n", ran.stderr
    assert [event["model"] for event in ran.of_kind("substituted")] == ["processes"]
    assert "auto-keeps" in ran.codes()


def test_auto_leaves_thread_pools_alone(run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    print(pool.submit(lambda: 1).result(), pool._max_workers)\n",
        Settings("auto", 3),
    )
    assert ran.stdout == "1 3\n"
    assert [(e["pool"], e["model"], e["workers"], e["asked"]) for e in ran.of_kind("substituted")] == [
        ("concurrent.futures.ThreadPoolExecutor", "threads", 3, 2)
    ]


def test_as_is_tells_what_pools_there_are_and_changes_nothing(run_script: RunScript) -> None:
    ran = run_script(
        "import asyncio, inspect\n"
        "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "def ready(): pass\n"
        "class Own(ThreadPoolExecutor):\n"
        "    def __init__(self):\n"
        "        super().__init__(max_workers=4)\n"
        "if __name__ == '__main__':\n"
        "    ProcessPoolExecutor(2, initializer=ready)\n"
        "    Own()\n"
        "    asyncio.run(asyncio.to_thread(ready))\n"
        "    print(inspect.signature(ThreadPoolExecutor.__init__), ProcessPoolExecutor.__mro__[1].__name__)\n",
        Settings("as-is", 7),
    )
    assert [(e["pool"], e["line"], e["asked"], e["workers"], e["initializer"]) for e in ran.of_kind("pool")] == [
        ("concurrent.futures.ProcessPoolExecutor", 8, 2, 2, True),
        ("concurrent.futures.ThreadPoolExecutor", 6, 4, 4, False),
    ]
    assert not ran.of_kind("substituted")
    assert ran.stdout.endswith(" Executor\n")


@pytest.mark.parametrize("model", ["serial", "interpreters", "processes"])
def test_the_event_loops_own_threads_stay(model: Any, run_script: RunScript) -> None:
    ran = run_script(
        "import asyncio\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "async def main():\n"
        "    kept = []\n"
        "    await asyncio.to_thread(kept.append, 1)\n"
        "    loop = asyncio.get_running_loop()\n"
        "    print(kept, isinstance(loop._default_executor, ThreadPoolExecutor))\n"
        "    loop.set_default_executor(ThreadPoolExecutor(1))\n"
        "asyncio.run(main())\n",
        Settings(model),
    )
    assert ran.stdout == "[1] True\n", ran.stderr
    assert len(ran.of_kind("substituted")) == 1


@pytest.mark.parametrize(("initializer", "runs"), [("each", 2), ("once", 1)])
def test_an_initializer_runs_in_each_worker_or_once(initializer: Any, runs: int, run_script: RunScript) -> None:
    ran = run_script(
        "import threading\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "both = threading.Barrier(2)\n"
        "runs = []\n"
        "def start():\n"
        "    runs.append(1)\n"
        "def meet():\n"
        "    both.wait(60)\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(2, initializer=start) as pool:\n"
        "        for future in [pool.submit(meet), pool.submit(meet)]:\n"
        "            future.result()\n"
        "    print(len(runs))\n",
        Settings("threads", initializer=initializer),
    )
    assert ran.stdout == f"{runs}\n", ran.stderr
    assert ran.of_kind("substituted")[0]["initializer"] is True


def test_globals_of_workers_are_named(run_script: RunScript, tmp_path: Path) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "SEEN, TABLE, COUNT = [], {}, 0\n"
        "class Config: level = 0\n"
        "def deeper(n):\n"
        "    global COUNT\n"
        "    COUNT = n\n"
        "    return n\n"
        "def work(n):\n"
        "    SEEN.append(n)\n"
        "    TABLE[n] = 1\n"
        "    Config.level = n\n"
        "    return deeper(n)\n"
        "def harmless(n):\n"
        "    found = [COUNT for _ in range(n)]\n"
        "    found.append(TABLE.get(n))\n"
        "    return found\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(1) as pool:\n"
        "        list(pool.map(work, range(3)))\n"
        "        pool.submit(harmless, 2).result()\n",
        Settings("threads"),
    )
    named = [(e["line"], e["what"].split(":")[0]) for e in ran.of_kind("named")]
    assert sorted(named) == [
        (6, "worker function deeper writes the global 'COUNT'"),
        (9, "worker function work calls append() of the global 'SEEN'"),
        (10, "worker function work writes an item of the global 'TABLE'"),
        (11, "worker function work writes an attribute of the global 'Config.level'"),
    ]
    assert {e["path"] for e in ran.of_kind("named")} == {str(tmp_path / "prog.py")}


@pytest.mark.parametrize("spec", ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"])
def test_globals_are_seen_in_every_bytecode(spec: str, run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "SEEN = []\n"
        "def work(n):\n"
        "    global LAST\n"
        "    LAST = n\n"
        "    SEEN.append(n)\n"
        "    SEEN[0] = n\n"
        "    work.last = n\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(1) as pool:\n"
        "        pool.submit(work, 1).result()\n",
        Settings("serial"),
        spec,
    )
    assert sorted(e["line"] for e in ran.of_kind("named")) == [5, 6, 7, 8], ran.events


def test_what_a_process_pool_cannot_take_is_named_with_its_place(run_script: RunScript, tmp_path: Path) -> None:
    ran = run_script(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(file):\n"
        "    return 1\n"
        "if __name__ == '__main__':\n"
        "    with ThreadPoolExecutor(1) as pool:\n"
        "        print(type(pool.submit(work, open(__file__)).exception()).__name__)\n",
        Settings("processes"),
    )
    assert ran.stdout == "SendError\n", ran.stderr
    (event,) = ran.of_kind("named")
    assert (event["code"], event["path"], event["line"]) == ("unsendable", str(tmp_path / "prog.py"), 2)
    assert "argument 1 of work" in event["what"] and "TextIOWrapper" in event["what"]


def test_what_cannot_be_carried_over_is_named(run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def square(n):\n"
        "    return n * n\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(1, max_tasks_per_child=2)\n"
        "    print(pool.submit(square, 3).result())\n"
        "    pool.terminate_workers()\n"
        "    try:\n"
        "        pool.submit(square, 3)\n"
        "    except RuntimeError as error:\n"
        "        print(error)\n",
        Settings("threads"),
    )
    assert ran.stdout == "9\ncannot schedule new futures after shutdown\n", ran.stderr
    assert ran.codes() == {"max-tasks-per-child", "terminate-workers"}


def test_an_extension_that_keeps_work_out_of_interpreters_is_named(run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def work():\n"
        "    import _testsinglephase\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(1) as pool:\n"
        "        print(pool.submit(work).exception())\n",
        Settings("interpreters"),
    )
    if "No module named" in ran.stdout:
        pytest.skip("this interpreter was built without its test modules")
    assert "the extension module _testsinglephase cannot be loaded by a worker interpreter" in ran.stdout
    assert ran.codes() == {"module-refused"}


def test_what_a_worker_interpreter_has_to_say_comes_back_once(run_script: RunScript) -> None:
    ran = run_script(
        "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "def square(n):\n"
        "    return n * n\n"
        "def inner(n):\n"
        "    with ThreadPoolExecutor(1) as pool:\n"
        "        return pool.submit(square, n).result()\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(2) as pool:\n"
        "        print(list(pool.map(inner, range(6))))\n",
        Settings("interpreters"),
    )
    assert ran.stdout == "[0, 1, 4, 9, 16, 25]\n", ran.stderr
    assert [(e["pool"].rpartition(".")[2], e["line"]) for e in ran.of_kind("substituted")] == [
        ("ProcessPoolExecutor", 8),
        ("ThreadPoolExecutor", 5),
    ]


def test_a_reloaded_library_is_bound_again(run_script: RunScript) -> None:
    ran = run_script(
        "import concurrent.futures.process, importlib\n"
        "importlib.reload(concurrent.futures.process)\n"
        "def square(n):\n"
        "    return n * n\n"
        "with concurrent.futures.process.ProcessPoolExecutor(1) as pool:\n"
        "    print(pool.submit(square, 3).result())\n",
        Settings("threads"),
    )
    assert ran.stdout == "9\n", ran.stderr
    assert [event["model"] for event in ran.of_kind("substituted")] == ["threads"]


def test_interrupts_reach_the_program_under_serial(run_script: RunScript) -> None:
    ran = run_script(
        "import os, signal\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def interrupted():\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "with ProcessPoolExecutor(1) as pool:\n"
        "    try:\n"
        "        pool.submit(interrupted)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted')\n",
        Settings("serial"),
    )
    assert ran.stdout == "interrupted\n", ran.stderr
