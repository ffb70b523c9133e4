# Run by every executable that may be a Python, of any version (2.7 too, to say that it is one), never
# imported: prints one JSON object behind a mark, so that whatever else the executable prints does no harm.
import json
import os
import sys

facts = {
    "version": sys.version.split()[0].rstrip("+"),
    "release": list(sys.version_info[:2]),
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "executable": sys.executable,
}

if facts["implementation"] == "cpython" and sys.version_info >= (3, 10):
    import sysconfig

    variables = sysconfig.get_config_vars()
    facts["variables"] = {
        name: variables.get(name)
        for name in (
            "CONFIG_ARGS",
            "PY_CFLAGS",
            "PY_CFLAGS_NODIST",
            "PY_LDFLAGS_NODIST",
            "PY_CORE_LDFLAGS",
            "Py_DEBUG",
            "Py_GIL_DISABLED",
            "Py_TAIL_CALL_INTERP",  # 3.14 only: sysconfig leaves out names with a leading underscore
            "prefix",
        )
    }
    facts["compiler"] = sys.version.partition("[")[2].partition("]")[0]
    is_gil_enabled = getattr(sys, "_is_gil_enabled", None)
    facts["gil_enabled"] = is_gil_enabled() if is_gil_enabled else True
    jit = getattr(sys, "_jit", None)
    facts["jit"] = [jit.is_available(), jit.is_enabled()] if jit else None
    is_remote_debug_enabled = getattr(sys, "is_remote_debug_enabled", None)
    facts["remote_debugging"] = is_remote_debug_enabled() if is_remote_debug_enabled else False
    try:
        # The package alone proves nothing: it stands on a C module a build may lack.
        __import__("_interpreters")
        __import__("concurrent.interpreters")
        facts["interpreters"] = True
    except ImportError:
        facts["interpreters"] = False
    facts["tail_call_macro"] = None
    header = sysconfig.get_config_h_filename()
    if os.path.exists(header):
        with open(header) as lines:
            facts["tail_call_macro"] = any(
                line.split() in (["#define", "_Py_TAIL_CALL_INTERP", "1"], ["#define", "Py_TAIL_CALL_INTERP", "1"])
                for line in lines
            )

sys.stdout.write("\nungil-probe:" + json.dumps(facts) + "\n")
