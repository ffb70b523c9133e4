"""The process that starts one run, measures it and ends it: a process of its own for each run.

So the accounts of finished children, and the role of parent to every orphan of the tree, belong to that run alone, and
a crash of the tool cannot leave a program behind. Standard library only: it starts in milliseconds.
"""
