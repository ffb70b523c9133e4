"""Keeps native thread pools (BLAS, OpenMP, Arrow, PyTorch) from starting as many threads in each worker as there are
cores: through threadpoolctl, where the program's environment has it, and what Arrow and PyTorch offer themselves.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

_LIBRARIES = ("numpy", "scipy", "torch", "pyarrow", "sklearn", "mkl", "numba", "faiss", "cv2")
"""Modules that bring native thread pools along: without any of them there is nothing to look for."""

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)

_lock = threading.RLock()
_is_there: bool | None = None
_holders = 0
_undo: list[Callable[[], object]] = []


def share(native_threads: int | str | None, workers: int, cores: int) -> int | None:
    """The native threads that each of the workers may have; None where they are left alone."""
    if native_threads is None or not _threadpoolctl():
        return None
    return max(1, cores // workers) if native_threads == "auto" else int(native_threads)


def limit_process(count: int) -> None:
    """For all of this process, a worker: also what it has yet to load."""
    for name in _VARIABLES:
        os.environ.setdefault(name, str(count))
    if any(name in sys.modules for name in _LIBRARIES):  # it was forked
        _limit(count)


def hold(count: int) -> None:
    """For this process, as long as there are workers that are threads of it; to be called by each of them.

    OpenMP has a limit for each thread, the others one for all.
    """
    global _holders
    if not any(name in sys.modules for name in _LIBRARIES):
        with _lock:
            _holders += 1
        return
    with _lock:
        _holders += 1
        undo = _limit(count)
        if not _undo:
            _undo.extend(undo)


def release() -> None:
    """To be called by who has called ``hold``: the last one puts back what there was."""
    global _holders
    with _lock:
        _holders -= 1
        if _holders == 0:
            while _undo:
                _undo.pop()()


def _limit(count: int) -> list[Callable[[], object]]:
    undo: list[Callable[[], object]] = []
    controller = importlib.import_module("threadpoolctl").ThreadpoolController()
    undo.append(controller.limit(limits=count).restore_original_limits)
    for name, get, put in (
        ("pyarrow", "cpu_count", "set_cpu_count"),
        ("torch", "get_num_threads", "set_num_threads"),
    ):
        module: Any = sys.modules.get(name)
        if module is not None and hasattr(module, put):
            before = getattr(module, get)()
            getattr(module, put)(count)
            undo.append(functools.partial(getattr(module, put), before))
    return undo


def _threadpoolctl() -> bool:
    global _is_there
    if _is_there is None:
        _is_there = importlib.util.find_spec("threadpoolctl") is not None
    return _is_there
