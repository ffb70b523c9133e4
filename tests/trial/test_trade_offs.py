"""What each way gains and costs, said from its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ungil.pythons import Build
from ungil.trial.figures import figure
from ungil.trial.result import Row, TradeOff
from ungil.trial.trade_offs import trade_offs

GIL = Build("3.14", "3.14.7", "/gil", free_threaded=False, pgo=False, lto=False, jit="unavailable", compiler="GCC 12")
FREE = replace(GIL, spec="3.14t", executable="/free", free_threaded=True)


def row(build: str, model: str, wall: float, mb: float = 100, **more: Any) -> Row:
    facts: dict[str, Any] = {
        "wall_s": figure([wall * 0.99, wall, wall * 1.01]),
        "startup_s": figure([0.02 if build.endswith("t") else 0.01]),
        "peak_bytes": figure([mb * 1e6]),
        "free_threaded": build.endswith("t"),
        "gil_enabled_at_exit": not build.endswith("t"),
        "workers": 2,
    }
    return Row(build=build, model=model, status="ok", **{**facts, **more})


def found(name: str, *rows: Row, free: Build = FREE) -> list[TradeOff]:
    return [each for each in trade_offs(rows, [GIL, free]) if each.name == name]


def test_single_thread_cost_compares_serial_with_serial() -> None:
    [cost] = found("single-thread-cost", row("3.14", "serial", 1.0), row("3.14t", "serial", 1.08))
    assert cost.sentence == "Single-threaded, 3.14t is 8 % slower (serial on 3.14t against serial on 3.14)"
    assert cost.value == pytest.approx(1.08)
    assert cost.caveat is None


def test_a_cost_inside_the_noise_is_called_none() -> None:
    [cost] = found("single-thread-cost", row("3.14", "serial", 1.0), row("3.14t", "serial", 1.02))
    assert "costs nothing beyond the noise of 3 %" in cost.sentence


def test_builds_that_differ_in_more_than_the_gil_say_so() -> None:
    older = replace(FREE, version="3.14.2", pgo=True)
    [cost] = found("single-thread-cost", row("3.14", "serial", 1.0), row("3.14t", "serial", 1.3), free=older)
    assert cost.caveat is not None
    assert "version (3.14.2, 3.14.7)" in cost.caveat
    assert "profile-guided optimisation (yes, no)" in cost.caveat


def test_memory_cost_is_that_of_the_same_model() -> None:
    [cost] = found("memory-cost", row("3.14", "serial", 1, 100), row("3.14t", "serial", 1, 112))
    assert cost.sentence == "3.14t takes 12 % more memory (serial on both)"


def test_start_up_is_given_in_milliseconds() -> None:
    [cost] = found("start-up-cost", row("3.14", "serial", 1.0), row("3.14t", "serial", 1.0))
    assert cost.sentence == "Start-up takes 20 ms on 3.14t, 10 ms on 3.14"


def test_speed_up_and_efficiency_are_over_serial_on_the_same_build() -> None:
    rows = row("3.14t", "serial", 3.0), row("3.14", "serial", 1.0), row("3.14t", "threads", 2.0)
    [speed_up] = found("speed-up", *rows)
    assert speed_up.sentence == "Threads on 3.14t: 1.50x serial with 2 workers, efficiency 75 %"
    assert (speed_up.value, speed_up.efficiency) == (pytest.approx(1.5), pytest.approx(0.75))


def test_threads_that_ran_under_the_gil_are_not_sold_as_free() -> None:
    [speed_up] = found("speed-up", row("3.14t", "serial", 1.0), row("3.14t", "threads", 1.0, gil_enabled_at_exit=True))
    assert speed_up.sentence.startswith("Threads on 3.14t, the GIL on: ")


def test_a_busy_machine_makes_a_speed_up_unreliable() -> None:
    [speed_up] = found("speed-up", row("3.14t", "serial", 1.0), row("3.14t", "threads", 0.9, reliable=False))
    assert speed_up.caveat == "unreliable: the machine was busy"


def test_sharing_says_what_running_the_initializer_once_saved() -> None:
    rows = row("3.14t", "threads", 1.0, 937), row("3.14t", "threads", 1.0, 583, variant="initializer once")
    [sharing] = found("initializer-sharing", *rows)
    assert sharing.sentence == "Running the initializer once saves 354 MB, 38 % (threads on 3.14t)"


def test_failed_rows_say_nothing() -> None:
    assert trade_offs([replace(row("3.14t", "threads", 1), status="differs"), row("3.14t", "serial", 1)], [FREE]) == ()
