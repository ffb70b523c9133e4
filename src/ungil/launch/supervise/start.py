"""What the tool starts: ``python -I -S start.py``. The request comes on standard input, the report goes to standard
output."""

from __future__ import annotations

import os
import sys


def _main() -> None:
    launch = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # The packages without their __init__, which would bring in the whole tool.
    for name, folder in (("ungil", os.path.dirname(launch)), ("ungil.launch", launch)):
        sys.modules[name] = package = type(sys)(name)
        package.__path__ = [folder]
    from ungil.launch.supervise.supervisor import main

    main()


_main()
