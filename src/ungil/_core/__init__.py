"""The optional C core: compiled for each interpreter a program runs on. Each part has a twin in plain Python."""
