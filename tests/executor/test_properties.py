"""``map`` and ``map_unordered`` give what the builtin gives, whatever they are called with (see properties.py)."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ungil

HERE = Path(__file__).parent
SOURCES = str(Path(ungil.__file__).parent.parent)


def load(name: str) -> ModuleType:
    """A program beside this file, as a module that pickle finds by its name."""
    spec = importlib.util.spec_from_file_location(f"ungil_tests_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


properties = load("properties")

VALUES = st.lists(st.integers(0, 999), max_size=30).map(tuple)
MANY_VALUES = st.builds(
    lambda seed, length: tuple(random.Random(seed).randrange(1000) for _ in range(length)),
    st.integers(0, 100),
    st.integers(250, 600),
)
"""Longer than what map() reads by itself; hypothesis is not to draw each of them."""


@st.composite
def calls(draw: st.DrawFn) -> Any:
    inputs = tuple(draw(st.lists(VALUES | MANY_VALUES, min_size=1, max_size=3)))
    kinds = tuple(draw(st.sampled_from(properties.KINDS)) for _ in inputs)
    first = list(properties.CONTAINERS.get(kinds[0], tuple)(inputs[0]))
    return properties.Call(
        method=draw(st.sampled_from(("map", "map_unordered"))),
        inputs=inputs,
        kinds=kinds,
        failing=draw(st.frozensets(st.sampled_from(first), max_size=2)) if first else frozenset(),
        failure=draw(st.sampled_from(properties.FAILURES)),
        input_fails_at=draw(st.none() | st.integers(0, len(first))),
        chunksize=draw(st.none() | st.integers(1, 40)),
        buffersize=draw(st.none() | st.integers(1, 40)),
        nested=draw(st.booleans()),
        take=draw(st.none() | st.integers(0, 40) | st.integers(0, 600)),
        end=draw(st.sampled_from(properties.ENDS)),
    )


SESSIONS = st.builds(
    properties.Session,
    workers=st.integers(1, 5),
    calls=st.lists(calls(), min_size=1, max_size=3).map(tuple),
    shutdown=st.sampled_from(properties.SHUTDOWNS),
)


def run(model: str, session: Any, **options: Any) -> None:
    """In a thread of its own: one that hangs fails, and does not keep the others."""
    errors: list[BaseException] = []

    def target() -> None:
        try:
            properties.run(model, session, **options)
        except BaseException as error:  # raised below, in the test's own thread
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(2 * properties.PATIENCE_S)
    assert not thread.is_alive(), "the pool hangs"
    if errors:
        raise errors[0]


few = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=150)


@many
@given(SESSIONS)
def test_serial_gives_what_the_builtin_gives(session: Any) -> None:
    run("serial", session)


@many
@given(SESSIONS)
def test_threads_give_what_the_builtin_gives(session: Any) -> None:
    run("threads", session)


@few
@given(SESSIONS)
def test_processes_give_what_the_builtin_gives(session: Any) -> None:
    # Forked ones have the module of the tasks, which no other process finds.
    run("processes", session, mp_context=multiprocessing.get_context("fork"))


@pytest.mark.parametrize("model", ["serial", "threads", "interpreters", "processes"])
@pytest.mark.parametrize("spec", ["3.10", "3.12", "3.13t", "3.14", "3.14t", "3.15t"])
def test_calls_at_random_give_what_the_builtin_gives(spec: str, model: str, need: Callable[[str], str]) -> None:
    if model == "interpreters" and spec < "3.14":
        pytest.skip("interpreters came with Python 3.14")
    seed = 1_000_000 * sum(map(ord, spec + model))
    command = [need(spec), str(HERE / "properties.py"), model, "3", str(seed)]
    run = subprocess.run(
        command,
        env={"PYTHONPATH": SOURCES, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.stdout, f"it hangs: {' '.join(command)}\n{run.stderr[-3000:]}"
    told = json.loads(run.stdout)
    assert told["failed"] is None, told["failed"]
    assert told["sessions"] > 0 and run.returncode == 0, run.stderr[-3000:]
