"""The standard library's own pools, also in a program whose pools are bound to a model."""

from __future__ import annotations

from concurrent.futures.thread import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures.process import ProcessPoolExecutor

if TYPE_CHECKING:
    RealThreadPool = ThreadPoolExecutor
else:
    # A class that substitute/ put in place of the library's own says which one that was.
    RealThreadPool = getattr(ThreadPoolExecutor, "_ungil_real", ThreadPoolExecutor)


def process_pool_class() -> type[ProcessPoolExecutor]:
    """``ProcessPoolExecutor`` as the library has it. Imported when asked for: it brings in multiprocessing.

    Raises:
        ImportError: this Python has no multiprocessing (WebAssembly, some embedded builds).
    """
    from concurrent.futures.process import ProcessPoolExecutor

    real: type[ProcessPoolExecutor] = getattr(ProcessPoolExecutor, "_ungil_real", ProcessPoolExecutor)
    return real
