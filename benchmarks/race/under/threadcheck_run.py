"""What ``threadcheck run PROGRAM`` does, of a program with an argument, which its command line has no room for.

python threadcheck_run.py PROGRAM SIZE
"""

import sys

from threadcheck.dynamic.__main__ import run_script

sys.argv = sys.argv[1:]
run_script(sys.argv[0])
