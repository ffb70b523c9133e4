"""CPython's tests that do not apply to ``ungil.Executor``, each with the reason why not.

A pattern is matched as a file name's is, against ``module.Class.test``. Classes are named after the pool's kind
(``ThreadPool…``, ``InterpreterPool…``, ``ProcessPoolFork…``, ``ProcessPoolForkserver…``, ``ProcessPoolSpawn…``).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

_NO_RECYCLING = "Executor has no max_tasks_per_child: its workers stay"
_NO_FORCE = "Executor has no terminate_workers and kill_workers"
_OWN_NAMES = "the name that a thread has unless it is given one is not documented, and ours says whose thread it is"
_IN_VAIN = "counts the workers started for tasks that no pool can send: a semaphore goes to a process at its start only"
_ONE_TASK = "wants the pool to break: what cannot be unpickled fails its own task, and the pool goes on"
_CLOUDPICKLE = "wants a NotShareableError: what pickle cannot send goes by cloudpickle, which this run has"
_OWN_EXCEPTION = "wants the library's ExecutionFailed: the cause is the traceback in the worker, as text"

DIFFERENT: dict[str, str] = {
    # --- threads
    "test_thread_pool.ThreadPoolExecutorTest.test_default_workers": (
        "by default there are as many workers as usable cores, for all models"
    ),
    "test_shutdown.ThreadPoolShutdownTest.test_thread_names_default": _OWN_NAMES,
    # --- interpreters
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_thread_name_prefix*": _OWN_NAMES,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_init_closure": _CLOUDPICKLE,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_init_instance_method": _CLOUDPICKLE,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_submit_closure": _CLOUDPICKLE,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_submit_instance_method": _CLOUDPICKLE,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_submit_local_instance": _CLOUDPICKLE,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_init_exception_in_func": _OWN_EXCEPTION,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_submit_exception_in_func": _OWN_EXCEPTION,
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_pickle_errors_propagate": (
        "wants a NotShareableError: what unpickling the task raises is raised as it is"
    ),
    # --- processes
    "test_deadlock.*.test_error_at_task_unpickle": _ONE_TASK,
    "test_deadlock.*.test_exit_at_task_unpickle": _ONE_TASK,
    "test_deadlock.*.test_error_during_result_unpickle_in_result_handler": _ONE_TASK,
    "test_deadlock.*.test_exit_during_result_unpickle_in_result_handler": _ONE_TASK,
    "test_process_pool.*.test_traceback_when_child_process_terminates_abruptly": (
        "wants the exit code in the exception's cause: ours has it in the exception's message"
    ),
    "test_process_pool.*.test_max_tasks_*": _NO_RECYCLING,
    "test_process_pool.*.test_shutdown_no_wait_max_tasks_gh119592": _NO_RECYCLING,
    "test_process_pool.*.test_gc_during_max_tasks_worker_exit_gh152967": _NO_RECYCLING,
    "test_process_pool.*.test_force_shutdown_during_max_tasks_worker_exit": _NO_RECYCLING,
    "test_process_pool.*.test_failed_worker_replacement_breaks_pool": _NO_RECYCLING,
    "test_shutdown.*.test_shutdown_gh_132969_case_?": _NO_RECYCLING,
    "test_process_pool.*.test_terminate_workers": _NO_FORCE,
    "test_process_pool.*.test_kill_workers": _NO_FORCE,
    "test_process_pool.*.test_force_shutdown_workers_*": _NO_FORCE,
}
"""These are run and have to fail: one that passes has no place here."""

NOT_RUN: dict[str, str] = {
    "test_interpreter_pool.InterpreterPoolExecutorTest.test_import_interpreter_pool_executor": (
        "is about what the library can import where there are no interpreters: no pool is made"
    ),
    "test_deadlock.*.test_gh105829_should_not_deadlock_if_wakeup_pipe_full": (
        "slows the library's own thread and pipe down, which we do not have"
    ),
    "test_process_pool.*.test_python_finalization_error": (
        "refuses the second thread, counted as the library starts them"
    ),
    "test_process_pool.*.test_force_shutdown_workers": f"{_NO_FORCE}, and this one would wait for them",
    "test_process_pool.*.test_saturation": _IN_VAIN,
    "test_shutdown.ProcessPool*.test_processes_terminate": _IN_VAIN,
    "test_shutdown.ProcessPool*.test_cancel_futures": (
        "wants a task to have been taken up by then: ours are cancelled until a process runs them, which takes a while"
    ),
}
"""These would pass or hang without saying anything, or go by chance."""


def pattern_of(test: str, table: dict[str, str]) -> str | None:
    """The first pattern of a table that a test matches."""
    return next((pattern for pattern in table if fnmatchcase(test, pattern)), None)
