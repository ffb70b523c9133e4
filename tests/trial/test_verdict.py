"""The rules of the verdict, one situation each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ungil.launch import GilChange, Substituted
from ungil.trial.command import Command
from ungil.trial.figures import figure
from ungil.trial.result import Row
from ungil.trial.verdict import judge

PROCESS_POOL = Substituted("multiprocessing.Pool", "app.py", 7, 2, None, "as-is")
THREAD_POOL = Substituted("concurrent.futures.ThreadPoolExecutor", "app.py", 7, 2, None, "as-is")
APP = Command(["app.py", "my data"], ["--with", "lxml"])
LXML = GilChange("lxml.etree", "/site/lxml/etree.so", "app.py", 3)


def row(build: str, model: str, wall: float, mb: float = 100, *, spread: float = 0.01, **more: Any) -> Row:
    free = build.endswith("t")
    samples = [wall * (1 - spread), wall, wall * (1 + spread)]
    facts: dict[str, Any] = {
        "status": "ok",
        "wall_s": figure(samples),
        "cpu_s": figure([wall]),
        "peak_bytes": figure([mb * 1e6]),
        "free_threaded": free,
        "gil_enabled_at_exit": not free,
        "other_cpu_s": figure([0.0]),
        "wait_s": figure([0.0]),
        "today": (build, model) == ("3.14", "as-is"),
        "pools": (PROCESS_POOL,) if model == "as-is" else (),
    }
    return Row(build=build, model=model, workers=2, **{**facts, **more})


def failed(build: str, model: str, status: Any = "differs", reason: str = "the output differs") -> Row:
    return replace(row(build, model, 1), status=status, reason=reason, wall_s=None)


def verdict(*rows: Row) -> tuple[str, str]:
    judged = judge(rows, APP)
    return judged.code, judged.sentence


def both(model: str, gil: float, free: float, mb: float = 100, free_mb: float | None = None) -> Sequence[Row]:
    return [row("3.14", model, gil, mb), row("3.14t", model, free, free_mb or mb)]


def test_threads_that_are_faster_and_leaner_are_moved_to() -> None:
    code, sentence = verdict(
        *both("as-is", 1.9, 1.95, 200), *both("serial", 3.4, 3.6, 60), row("3.14", "threads", 3.5, 60),
        row("3.14t", "threads", 1.0, 78),
    )  # fmt: skip
    assert code == "move-to-threads"
    assert sentence == "Move to free threads on 3.14t: 1.9x faster than today with 61 % less memory"


def test_threads_as_fast_but_leaner_are_moved_to() -> None:
    code, sentence = verdict(
        *both("as-is", 2.0, 2.1, 200), *both("serial", 3.8, 4, 60), row("3.14t", "threads", 1.99, 80)
    )
    assert code == "move-to-threads"
    assert sentence == "Move to free threads on 3.14t: as fast as today with 60 % less memory"


def test_processes_that_are_fastest_stay_and_leaner_threads_are_named_beside_them() -> None:
    code, sentence = verdict(
        *both("as-is", 2.0, 2.3, 100), *both("serial", 3.0, 3.3, 50), row("3.14", "threads", 3.1, 55),
        row("3.14t", "threads", 2.5, 63),
    )  # fmt: skip
    assert code == "stay-with-processes"
    assert sentence == "Processes are fastest (1.5x today's serial); threads on 3.14t take 37 % less memory at 1.2x"


def test_processes_that_are_fastest_and_no_fatter_stay() -> None:
    code, sentence = verdict(*both("as-is", 1.0, 1.1), *both("serial", 1.9, 2.0), row("3.14t", "threads", 1.5))
    assert code == "stay-with-processes"
    assert sentence == "Stay with processes: 1.9x today's serial, threads on 3.14t take 1.5x the time"


def test_free_threads_are_the_threads_that_are_spoken_of() -> None:
    _, sentence = verdict(
        *both("as-is", 1.0, 1.5), *both("serial", 1.9, 2.8), row("3.14", "threads", 2.2), row("3.14t", "threads", 2.4)
    )
    assert sentence == "Stay with processes: 1.9x today's serial, threads on 3.14t take 2.4x the time"


def test_interpreters_that_are_fastest_are_used() -> None:
    code, sentence = verdict(*both("as-is", 2.0, 2.0), *both("serial", 3.0, 3.0), row("3.14", "interpreters", 1.0))
    assert code == "use-interpreters"
    assert sentence == "Use concurrent interpreters on 3.14: 2.0x faster than today"


def test_a_module_that_turns_the_gil_on_is_named() -> None:
    on = {"gil_enabled_at_exit": True, "gil_enabled_by": (LXML,)}
    code, sentence = verdict(
        row("3.14", "as-is", 1.0), row("3.14t", "as-is", 1.1, **on), *both("serial", 1.9, 2.0),
        row("3.14t", "threads", 2.1, **on),
    )  # fmt: skip
    assert code == "gil-turned-on"
    assert sentence.startswith("Not yet: `lxml` turns the GIL back on")


def test_a_gil_that_came_back_does_not_hide_that_interpreters_win() -> None:
    on = {"gil_enabled_at_exit": True, "gil_enabled_by": (LXML,)}
    code, _ = verdict(row("3.14", "as-is", 2.0), row("3.14t", "threads", 2.1, **on), row("3.14", "interpreters", 1.0))
    assert code == "use-interpreters"


def test_output_that_differs_under_threads_is_not_safe() -> None:
    code, sentence = verdict(*both("as-is", 1.0, 1.1), *both("serial", 1.9, 2.0), failed("3.14t", "threads"))
    assert code == "not-safe"
    assert sentence.startswith("Not safe as it is: the output differs under threads")


def test_a_hang_under_threads_is_not_safe() -> None:
    code, sentence = verdict(*both("as-is", 1.0, 1.1), failed("3.14t", "threads", "timeout", "stopped after 10 s"))
    assert code == "not-safe"
    assert "it hangs under threads" in sentence


def test_a_package_that_is_missing_for_the_build_is_no_question_of_safety() -> None:
    code, _ = verdict(
        row("3.14", "as-is", 1.0), row("3.14", "serial", 1.9), failed("3.14t", "threads", "unavailable", "no wheel")
    )
    assert code == "stay-with-processes"


def test_workers_that_gain_nothing_are_not_worth_it() -> None:
    code, sentence = verdict(
        *both("as-is", 1.5, 1.6, 100), *both("serial", 1.0, 1.1, 40), row("3.14t", "threads", 1.3, 50)
    )
    assert code == "stay-serial"
    assert sentence == "Parallel running does not pay: stay serial (1.5x faster than today with 60 % less memory)"


def test_differences_inside_the_noise_are_none() -> None:
    rows = [row("3.14", "as-is", 1.0, spread=0.2, pools=()), row("3.14t", "as-is", 1.05, spread=0.2, pools=())]
    shaken = replace(rows[1], wall_s=figure([1.25, 0.9, 1.05]))
    assert verdict(rows[0], shaken)[0] == "no-difference"


def test_rounds_that_scatter_widely_do_not_make_a_slow_row_as_fast() -> None:
    scattered = replace(row("3.14", "as-is", 1.0, 100), wall_s=figure([1.0, 1.0, 1.9]))
    judged = judge([scattered, row("3.14", "serial", 1.77, 40), row("3.14t", "threads", 1.3, 90)], APP)
    assert judged.code == "no-difference"
    assert "serial on 3.14: no clear difference in time from today with 60 % less memory" in judged.reasons


def test_a_program_with_threads_of_its_own_moves_as_it_is() -> None:
    own = {"pools": (THREAD_POOL,)}
    code, sentence = verdict(
        row("3.14", "as-is", 2.0, **own), row("3.14t", "as-is", 1.1, **own), *both("serial", 2, 2.1)
    )
    assert code == "move-to-threads"
    assert sentence.startswith("Move to free threads on 3.14t: 1.8x faster than today")


def test_a_program_with_one_thread_stays_where_it_is() -> None:
    code, sentence = verdict(row("3.14", "as-is", 1.0, pools=()), row("3.14t", "as-is", 1.1, pools=()))
    assert code == "stay-serial"
    assert sentence == "Stay on 3.14: the program runs on one thread, and no other build is faster"


def test_a_busy_machine_decides_nothing() -> None:
    busy = {"reliable": False, "other_cpu_s": figure([1.5]), "wait_s": figure([1.0])}
    judged = judge([row("3.14", "as-is", 2.0), row("3.14t", "threads", 1.0, **busy)], APP)
    assert (judged.code, judged.sentence) == ("cannot-tell", "Cannot tell: this machine was busy")
    assert any("others used 1.50 s of CPU" in reason for reason in judged.reasons)


def test_a_busy_machine_does_not_hide_that_threads_are_not_safe() -> None:
    busy = {"reliable": False, "other_cpu_s": figure([1.5]), "wait_s": figure([1.0])}
    judged = judge([row("3.14", "as-is", 2.0, **busy), failed("3.14t", "threads")], APP)
    assert judged.code == "not-safe"


def test_a_program_that_fails_today_can_not_be_judged() -> None:
    code, sentence = verdict(
        failed("3.14", "as-is", "failed", "exit status 1: ValueError: no"), row("3.14t", "as-is", 1)
    )
    assert code == "cannot-tell"
    assert "ValueError: no" in sentence


def test_a_row_with_the_gil_forced_off_is_shown_and_never_chosen() -> None:
    on = {"gil_enabled_at_exit": True, "gil_enabled_by": (LXML,)}
    code, sentence = verdict(
        row("3.14", "as-is", 1.0), row("3.14t", "threads", 2.0, **on),
        row("3.14t", "threads", 0.5, variant="GIL off", gil_enabled_at_exit=False),
    )  # fmt: skip
    assert code == "gil-turned-on"
    assert "until then stay as you are" in sentence


def test_the_next_command_repeats_what_the_program_needs() -> None:
    judged = judge([row("3.14", "as-is", 2.0), row("3.14t", "threads", 1.0)], APP)
    assert judged.next == "ungil run --python 3.14t --model threads --with lxml app.py 'my data'"


def test_the_next_command_is_that_of_the_very_row() -> None:
    twice = row("3.14t", "threads", 1.0, variant="4 workers, initializer once")
    judged = judge([row("3.14", "as-is", 2.0), twice], Command(["app.py"]))
    assert judged.next == "ungil run --python 3.14t --model threads --workers 4 --initializer once app.py"


def test_every_row_that_failed_is_among_the_reasons() -> None:
    judged = judge(
        [
            row("3.14", "as-is", 1.0),
            failed("3.14t", "serial", "failed", "killed by SIGSEGV"),
            row("3.14t", "threads", 2),
        ],
        APP,
    )
    assert "serial on 3.14t: killed by SIGSEGV" in judged.reasons
