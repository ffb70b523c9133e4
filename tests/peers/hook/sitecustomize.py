"""On the path of the programs that the tests start with ``-c``, which import a pool by its name in the library."""

import _interpreters  # type: ignore[import-not-found]  # of CPython 3.13 and newer

if _interpreters.get_current()[0] == 0:  # worker interpreters come by here when they start, and make no pools
    import bound

    bound.bind()
