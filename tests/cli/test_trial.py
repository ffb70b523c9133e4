"""`ungil trial` as its user sees it: small programs, real interpreters, the JSON and the table they give."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Need = Callable[[str], str]

POOL = """
import multiprocessing, sys

def square(n):
    return n * n

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(10)))
"""


class Trials:
    """Runs `ungil trial` in a folder of its own, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "COLUMNS": "100"}

    def __call__(self, program: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        (self.folder / "app.py").write_text(program)
        return self.command("trial", "--budget", "0", *options, "app.py", stdin=stdin)

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ungil", *arguments],
            cwd=self.folder, env=self.environ, input=stdin, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def document(self, program: str, *options: str, stdin: str = "") -> dict[str, Any]:
        done = self(program, "--json", "-", *options, stdin=stdin)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert isinstance(document, dict)
        return document


@pytest.fixture
def trials(tmp_path: Path) -> Trials:
    return Trials(tmp_path)


def rows(document: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    return [row for row in document["rows"] if all(row[name] == value for name, value in fields.items())]


def test_a_pool_runs_the_same_on_every_model_of_both_builds(trials: Trials, pair: Any) -> None:
    document = trials.document(POOL, *pair.options)
    assert {(row["build"], row["model"]) for row in document["rows"]} == {
        (build, model)
        for build in (pair.gil, pair.free)
        for model in ("as-is", "serial", "threads", "interpreters", "processes")
    }
    without = set() if pair.gil == "3.14" else {"interpreters"}
    assert {row["model"] for row in document["rows"] if row["status"] != "ok"} == without
    assert all(row["same_output"] for row in rows(document, status="ok"))
    assert all(len(row["wall_s"]["samples"]) >= 3 for row in rows(document, status="ok"))
    [threads] = rows(document, build=pair.free, model="threads")
    assert threads["gil_enabled_at_exit"] is False
    [pool] = threads["substituted"]
    assert (pool["pool"], Path(pool["path"]).name, pool["line"], pool["asked"], pool["workers"]) == (
        "multiprocessing.Pool", "app.py", 8, 2, 2,
    )  # fmt: skip
    assert document["verdict"]["sentence"]
    assert (document["schema"], document["tool"], document["program"]) == (1, "ungil", "app.py")


def test_the_table_goes_to_standard_output_and_a_record_stays(trials: Trials, need: Need) -> None:
    done = trials(POOL, "--python", need("3.14"), "--model", "serial")
    assert done.returncode == 0, done.stderr
    assert "serial" in done.stdout
    assert "as-is" in done.stdout
    [record] = (trials.folder / "state").rglob("trial.json")
    again = trials.command("report", str(record))
    assert again.stdout == done.stdout


def test_workers_sets_the_width_of_every_pool(trials: Trials, need: Need) -> None:
    document = trials.document(POOL, "--python", need("3.14t"), "--workers", "1,3", "--model", "threads")
    widths = {row["substituted"][0]["workers"] for row in rows(document, model="threads")}
    assert widths == {1, 3}


def test_output_that_differs_under_threads_is_told_and_kept(trials: Trials, pair: Any) -> None:
    program = """
import multiprocessing

seen = []

def remember(n):
    seen.append(n)
    return len(seen)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        pool.map(remember, range(4))
    print(len(seen))
"""
    document = trials.document(program, *pair.options)
    [threads] = rows(document, build=pair.free, model="threads")
    assert (threads["status"], threads["same_output"]) == ("differs", False)
    assert Path(threads["output_path"]).read_text() == "4\n"
    assert document["verdict"]["code"] == "not-safe"
    assert "the output differs under threads" in document["verdict"]["sentence"]


def test_a_program_that_differs_from_itself_is_not_called_different(trials: Trials, need: Need) -> None:
    document = trials.document("import time; print(time.time_ns())", "--python", need("3.14"))
    [row] = document["rows"]
    assert (row["status"], row["same_output"], row["compared_as"]) == ("ok", None, "not-compared")
    assert "differs from itself" in row["reason"]


def test_a_program_without_pools_has_nothing_to_replace(trials: Trials, pair: Any) -> None:
    document = trials.document("print(1)", *pair.options)
    assert [row["model"] for row in document["rows"]] == ["as-is", "as-is"]
    assert "there is nothing to replace" in " ".join(document["notes"])


def test_a_row_that_crashes_and_one_that_hangs_lose_no_other(trials: Trials, need: Need, pair: Any) -> None:
    program = """
import os, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor

def work(n):
    return n

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(work, range(3))), flush=True)
        if type(pool).__module__ != "concurrent.futures.process" and not sys._is_gil_enabled():
            signal.raise_signal(signal.SIGSEGV)
    if sys.version_info >= (3, 15):
        threading.Event().wait()
"""
    document = trials.document(
        program, *pair.options, "--python", need("3.15t"), "--timeout", "4",
        "--model", "as-is", "--model", "serial", "--model", "threads",
    )  # fmt: skip
    assert [row["status"] for row in rows(document, build=pair.gil)] == ["ok"] * 3
    assert {row["status"] for row in rows(document, build="3.15t")} <= {"timeout", "failed"}
    [hanging] = rows(document, build="3.15t", model="as-is")
    assert (hanging["status"], hanging["reason"]) == ("timeout", "stopped after 4 s (--timeout)")


def test_exit_status_and_traceback_of_a_failing_row_are_its_reason(trials: Trials, pair: Any) -> None:
    program = "import sys\nif not sys._is_gil_enabled():\n    raise RuntimeError('no GIL')\nprint('fine')\n"
    document = trials.document(program, *pair.options)
    [failing] = rows(document, build=pair.free)
    assert (failing["status"], failing["reason"]) == ("failed", "exit status 1: RuntimeError: no GIL")


def test_a_program_that_fails_everywhere_is_said_to_fail(trials: Trials, need: Need) -> None:
    document = trials.document("raise SystemExit(1 / 0)", "--python", need("3.14"))
    assert document["verdict"]["code"] == "cannot-tell"
    assert "ZeroDivisionError" in document["verdict"]["sentence"]


def test_an_exit_status_that_is_the_same_everywhere_is_no_failure(trials: Trials, pair: Any) -> None:
    document = trials.document("print(1); raise SystemExit(3)", *pair.options)
    assert [(row["status"], row["exit_status"]) for row in document["rows"]] == [("ok", 3), ("ok", 3)]


def test_a_model_the_build_has_not_got_is_a_row_that_says_so(trials: Trials, need: Need) -> None:
    document = trials.document(POOL, "--python", need("3.13"), "--model", "interpreters")
    [row] = rows(document, model="interpreters")
    assert (row["status"], row["reason"]) == ("unavailable", "concurrent interpreters came with Python 3.14")


def test_a_program_that_can_run_nowhere_is_one_line(trials: Trials, need: Need) -> None:
    done = trials("# /// script\n# requires-python = '>=4'\n# ///\nprint(1)", "--python", need("3.14"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("ungil: the program can run on no build: ")


@pytest.mark.network
def test_the_package_that_turns_the_gil_on_is_named(trials: Trials, need: Need) -> None:
    program = """# /// script
# dependencies = ["lxml==6.1.3"]
# ///
from concurrent.futures import ThreadPoolExecutor

def parse(n):
    from lxml import etree
    return len(etree.fromstring("<a>" + "<b/>" * n + "</a>"))

with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(parse, range(5))))
"""
    document = trials.document(program, "--python", need("3.14"), "--python", need("3.14t"), "--model", "threads")
    [threads] = rows(document, build="3.14t", model="threads")
    assert (threads["status"], threads["gil_enabled_at_start"], threads["gil_enabled_at_exit"]) == ("ok", False, True)
    assert threads["gil_enabled_by"][0]["module"] == "lxml.etree"
    assert threads["gil_enabled_by"][0]["line"] == 7
    assert document["verdict"]["code"] == "gil-turned-on"
    assert "Not yet: `lxml` turns the GIL back on" in document["verdict"]["sentence"]


@pytest.mark.network
def test_a_dependency_that_a_build_can_not_have_is_that_builds_row(trials: Trials, need: Need) -> None:
    program = "# /// script\n# dependencies = ['orjson==3.13.0']\n# ///\nimport orjson; print(orjson.loads('1'))"
    document = trials.document(program, "--python", need("3.14"), "--python", need("3.14t"))
    [free] = rows(document, build="3.14t")
    if free["status"] == "ok":
        pytest.skip("this version of orjson can be had for 3.14t after all")
    assert (free["status"], rows(document, build="3.14")[0]["status"]) == ("unavailable", "ok")
    assert "orjson" in free["reason"]


def test_standard_input_is_given_to_every_run(trials: Trials, need: Need) -> None:
    document = trials.document("import sys; print(sys.stdin.read().upper())", "--python", need("3.14"), stdin="abc")
    [row] = document["rows"]
    assert (row["status"], row["same_output"]) == ("ok", True)


def test_files_can_be_what_has_to_be_the_same(trials: Trials, pair: Any) -> None:
    program = "import sys\nopen('a.out', 'w').write(str(sys._is_gil_enabled()))\n"
    document = trials.document(program, *pair.options, "--same", "files:*.out")
    assert [row["status"] for row in document["rows"]] == ["ok", "differs"]


def test_an_initializer_gets_a_row_in_which_it_runs_once(trials: Trials, need: Need) -> None:
    program = """
import multiprocessing

def load():
    global table
    table = {n: str(n) for n in range(1000)}

def look_up(n):
    return table[n]

if __name__ == "__main__":
    with multiprocessing.Pool(2, initializer=load) as pool:
        print(pool.map(look_up, range(5)))
"""
    document = trials.document(program, "--python", need("3.14t"), "--model", "threads", "--model", "serial")
    assert [row["variant"] for row in rows(document, model="threads")] == [None, "initializer once"]
    assert {row["status"] for row in document["rows"]} == {"ok"}
    assert "initializer-sharing" in {trade_off["name"] for trade_off in document["trade_offs"]}


def test_html_is_one_page_without_links_out(trials: Trials, need: Need) -> None:
    done = trials(POOL, "--python", need("3.14"), "--model", "serial", "--html", "page.html")
    assert done.returncode == 0, done.stderr
    page = (trials.folder / "page.html").read_text()
    assert "app.py" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.py"], "missing.py"),
        (["--python", "3.99", "app.py"], "3.99"),
        (["--python", "gibberish", "app.py"], "gibberish"),
        (["--model", "fibers", "app.py"], "fibers"),
        (["--workers", "0", "app.py"], "--workers 0"),
        (["--same", "stderr", "app.py"], "--same stderr"),
        (["--json", "no/such/folder/x.json", "app.py"], "no/such/folder"),
        (["--json", "-", "--html", "-", "app.py"], "standard output"),
        (["--budget", "-1", "app.py"], "budget"),
        (["--no-such-option", "app.py"], "--no-such-option"),
        (["text.txt"], "text.txt"),
        (["-m", "no_such_module"], "no_such_module"),
        ([], "PROGRAM"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(trials: Trials, arguments: list[str], message: str) -> None:
    (trials.folder / "app.py").write_text("print(1)")
    (trials.folder / "text.txt").write_text("This is no program at all.")
    done = trials.command("trial", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    ("signum", "status", "said"),
    [(signal.SIGINT, 130, "ungil: interrupted"), (signal.SIGTERM, 143, "ungil: terminated")],
)
def test_ctrl_c_stops_the_tree_and_leaves_nothing(
    trials: Trials, pair: Any, signum: int, status: int, said: str
) -> None:
    program = """
import multiprocessing, pathlib, threading, time

def wait(n):
    time.sleep(600)

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        result = pool.map_async(wait, range(2))
        pathlib.Path("started").write_text("x")
        result.get()
"""
    (trials.folder / "app.py").write_text(program)
    os.mkfifo(trials.folder / "started")
    started = os.open(trials.folder / "started", os.O_RDONLY | os.O_NONBLOCK)
    # Short: multiprocessing keeps a socket in it, whose path may have some hundred characters at most.
    scratch = Path(tempfile.mkdtemp(prefix="ungil-test-"))
    command = [sys.executable, "-m", "ungil", "trial", *pair.options, "app.py"]
    running = subprocess.Popen(
        command, cwd=trials.folder, env={**trials.environ, "TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert select.select([started], [], [], 60)[0], "the program never started"
    except BaseException:
        running.kill()
        raise
    finally:
        os.close(started)
    tree = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signum)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == status
    assert stderr.splitlines()[-1] == said
    gone, alive = psutil.wait_procs(tree, timeout=10)
    assert len(gone) >= 3
    assert alive == []
    scratch.rmdir()  # which is refused where anything is left in it
