#!/bin/sh
# Makes or updates .venv with exactly what requirements.lock names, and this project, editable.
# Usage: scripts/make-venv.sh, in the project's folder. PYTHON names the Python to use.
set -eu

wanted='import sys; sys.exit(sys.version_info < (3, 11))'
fits() { "$1" -c "$wanted" >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The first Python that is new enough and can make virtual environments; says what to do if none is.
find_python() {
    without=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        fits "$candidate" || continue
        if makes_venvs "$candidate"; then
            echo "$candidate"
            return
        fi
        without=$candidate
    done
    if [ -n "$without" ]; then
        echo "$without can't make virtual environments: on Debian, apt install python3-venv" >&2
    else
        echo "No Python 3.11 or newer found (looked for ${PYTHON:-python3.13, 3.12, 3.11, python3})." >&2
        echo "Install one, or name it: make PYTHON=/path/to/python3" >&2
    fi
    return 1
}

# A virtual environment knows the folder it was made in, so a copied one is of no use.
if ! { grep -qF "$(pwd -P)/.venv" .venv/bin/activate && fits .venv/bin/python; } 2>/dev/null; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

echo "Installing what requirements.lock names into .venv (a minute or two the first time)"
pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }
pip install --require-hashes -r requirements.lock
# hatchling, which builds it, comes from the lock too.
pip install --no-deps --no-build-isolation -e .
