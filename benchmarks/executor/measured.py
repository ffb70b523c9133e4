"""The measured interpreter's main module: plays one case and writes what happens, line by line, to a file.

    python measured.py '{"case": NAME, "workers": [N], "rounds": N, "skip": [], "events": FILE}'

It imports nothing of its own, for workers in other processes import it anew.
"""

from __future__ import annotations


def main(request: str) -> None:
    import json
    from typing import Any

    import rounds
    from cases import all_cases

    asked = json.loads(request)
    with open(asked["events"], "a", buffering=1) as events:

        def tell(event: dict[str, Any]) -> None:
            events.write(json.dumps(event) + "\n")

        entries = all_cases()[asked["case"]].entries(asked["workers"])
        rounds.play(entries, asked["rounds"], asked["skip"], tell)


if __name__ == "__main__":
    import sys

    main(sys.argv[1])
