"""Start a program on a runtime, as the user would, and hear back from inside it."""

from ungil.launch.measured import run
from ungil.launch.program import Program, check_file, find_script
from ungil.launch.replace import replace_process
from ungil.launch.result import GilChange, Named, Run, Substituted

__all__ = ["GilChange", "Named", "Program", "Run", "Substituted", "check_file", "find_script", "replace_process", "run"]
