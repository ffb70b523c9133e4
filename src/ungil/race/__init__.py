"""Where a program is unsafe: the interleavings that break it, each found on the program as it is and made to happen."""
