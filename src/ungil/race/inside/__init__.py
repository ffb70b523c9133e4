"""What of ``race`` is loaded into the program's own process: standard library only."""
