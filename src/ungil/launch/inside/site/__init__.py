"""The folder put in front of PYTHONPATH; it holds ``sitecustomize`` and nothing else a program could import."""
