"""``pytest --ungil-race``: the same tests, explored by ``ungil race``.

Loaded into every pytest of an environment that has ungil: nothing is imported until the option is given.
"""

from __future__ import annotations

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

_WITH_VALUE = ("--ungil-race-json", "--ungil-race-sarif", "--ungil-race-options")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ungil-race`` and what goes with it."""
    group = parser.getgroup("ungil", "races, found by ungil")
    group.addoption(
        "--ungil-race",
        action="store_true",
        default=False,
        help="run the tests under many schedules of their threads, and report those that break something",
    )
    group.addoption(
        "--no-ungil-race", action="store_false", dest="ungil_race", help="undo --ungil-race of a configuration file"
    )
    group.addoption("--ungil-race-json", metavar="FILE", help="write what was found as JSON")
    group.addoption("--ungil-race-sarif", metavar="FILE", help="write what was found as SARIF 2.1.0")
    group.addoption(
        "--ungil-race-options", metavar="OPTIONS", default="", help="further options of 'ungil race', in one argument"
    )


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Hand the whole command to ``ungil race``; its exit status is pytest's."""
    if not config.getoption("ungil_race"):
        return None
    import os
    import shlex
    import signal
    import subprocess
    import sys

    options = shlex.split(config.getoption("ungil_race_options"))
    for name in ("json", "sarif"):
        if path := config.getoption(f"ungil_race_{name}"):
            options += [f"--{name}", path]
    arguments = without_ours(config.invocation_params.args)
    extra = []
    if arguments == list(config.invocation_params.args):
        extra.append("--no-ungil-race")  # the flag stands in a configuration file, where it would be read again
    if config.pluginmanager.hasplugin("xdist"):
        extra.append("-n0")  # its workers would be other processes, which are not looked into
    end = arguments.index("--") if "--" in arguments else len(arguments)
    arguments[end:end] = extra
    # This environment has all that the tests need.
    python = os.path.abspath(sys.executable)
    command = [python, "-m", "ungil", "race", "--python", python, "--no-project", *options]
    command += ["-m", "pytest", *arguments]
    sys.stderr.write(f"ungil: these tests run under {shlex.join(['ungil', *command[3:]])}\n")
    sys.stderr.flush()
    process = subprocess.Popen(command, cwd=config.invocation_params.dir)
    # Ctrl-C is its to answer, and it ends with us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = process.wait()
    return status if status >= 0 else 128 - status


def without_ours(arguments: Sequence[str]) -> list[str]:
    """pytest's arguments without those of this plugin."""
    kept: list[str] = []
    wanted = iter(arguments)
    for argument in wanted:
        if argument == "--":
            return [*kept, argument, *wanted]
        name, equals, _ = argument.partition("=")
        if name in _WITH_VALUE:
            if not equals:
                next(wanted, None)
        elif argument not in ("--ungil-race", "--no-ungil-race"):
            kept.append(argument)
    return kept
