"""``python -m ungil``."""

from ungil.cli import main

if __name__ == "__main__":
    main()
