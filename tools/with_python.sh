#!/bin/sh
# Run a script with a Python of version 3.11 or newer: the one that PYTHON names, or the first that fits.
#   sh tools/with_python.sh SCRIPT [ARGUMENT ...]

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

complete() { # Debian and Ubuntu split these two off
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

fail() {
    printf 'mornavi-lite: %s\n' "$1" >&2
    exit 2
}

if [ -n "$PYTHON" ]; then
    command -v "$PYTHON" >/dev/null 2>&1 || fail "PYTHON=$PYTHON is not a program that can be found."
    found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        fail "PYTHON=$PYTHON does not start; name a Python 3.11 or newer."
    fits "$PYTHON" || fail "Python 3.11 or newer is needed, and PYTHON=$PYTHON is $found."
    complete "$PYTHON" || fail "PYTHON=$PYTHON has no venv module (on Debian and Ubuntu: install python3-venv)."
    exec "$PYTHON" "$@"
fi

half=
for python in python3 python python3.11 python3.12 python3.13 python3.14 python3.15; do
    if fits "$python"; then
        if complete "$python"; then
            exec "$python" "$@"
        fi
        half=$python
    fi
done
[ -z "$half" ] || fail "$half has no venv module (on Debian and Ubuntu: install python3-venv)."
found=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || found=
[ -n "$found" ] || fail "Python 3.11 or newer is needed, and none was found; PYTHON=/path/to/python make ... names one."
fail "Python 3.11 or newer is needed, and python3 is $found; PYTHON=/path/to/python make ... names another."
