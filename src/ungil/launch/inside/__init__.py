"""What is loaded into the user's process before its program starts: standard library only, nothing heavy."""
