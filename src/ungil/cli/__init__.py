"""The ``ungil`` command: one file per subcommand; errors are one line, here and nowhere else."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from ungil.errors import UngilError
from ungil.version import VERSION

INTERRUPTED, TERMINATED = 130, 143
"""The exit status of a program ended by Ctrl-C, and by SIGTERM, as a shell reports it."""

COMMANDS = ("trial", "race", "run", "pythons", "report")


class Commands(click.RichGroup):
    """Loads a subcommand's file when that one is asked for: ``ungil run`` need not pay for the others' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"ungil.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command), f"cli/{cmd_name}.py holds the command of its name"
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(VERSION, prog_name="ungil", message="%(prog)s %(version)s")
def ungil() -> None:
    """Does it pay to drop the GIL? Measured on your own, unmodified program."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP: what runs is ended and cleaned up after, as for Ctrl-C."""


def main(arguments: list[str] | None = None) -> None:
    """The console script: runs a command and ends the process with its exit status."""

    def terminate(_signum: int, _frame: object) -> None:
        raise Terminated

    for signum in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(signum) is signal.SIG_DFL:  # ignored under nohup, which is to stay so
            signal.signal(signum, terminate)
    sys.exit(call(sys.argv[1:] if arguments is None else arguments))


def call(arguments: list[str]) -> int:
    """Run a command; returns its exit status. What a user can mend is one line on standard error and status 2."""
    try:
        status = ungil.main(arguments, prog_name="ungil", standalone_mode=False)
    except UngilError as error:
        return _fail(str(error), error.exit_status)
    except NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail(error.format_message(), 2)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except Terminated:
        return _fail("terminated", TERMINATED)
    except BrokenPipeError:
        # Whoever read our output has gone (| head): nothing to say, and nothing more to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return status if isinstance(status, int) else 0


def _fail(message: str, status: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"ungil: {line}\n")
    return status
