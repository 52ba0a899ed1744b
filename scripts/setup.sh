#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Create .venv with this checkout and the given extras: sh scripts/setup.sh demo|dev|dev,bench
#
# Nothing is compiled ahead (--no-compile): Python does it for the files that are imported, and
# most of 25,000 never are.
#
# torch is the one large download. A CPU build is taken wherever pip can find one:
#   1. already installed: nothing to do;
#   2. from whatever pip is configured with (its index, PIP_FIND_LINKS, ...);
#   3. from TORCH_INDEX (set it empty to skip this);
#   4. else the default build, which on Linux drags in gigabytes of CUDA: said before it starts.
set -eu
cd "$(dirname "$0")/.."
extras=$1
venv=.venv
py=$venv/bin/python

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

interpreter() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a working Python 3.11 or newer."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    fail "no Python 3.11 or newer on the PATH. Install one, or name it: make PYTHON=/path/to/python3.11 ..."
}

# The pinned version, whatever its build: pip would otherwise replace it from the default index.
has_torch() {
    "$py" -c 'import importlib.metadata as m, sys; sys.exit(m.version("torch").split("+")[0] != sys.argv[1])' \
        "$version" 2>/dev/null
}

# Short time-outs here: a place that does not answer is passed over, not waited for.
cpu_torch() { "$py" -m pip install -q --no-compile --retries 1 --timeout 15 "$@" "torch==$version+cpu" >"$log" 2>&1; }

install_torch() {
    version=$(sed -n 's/^torch==//p' constraints.txt)
    log=$venv/torch.log
    if has_torch; then return; fi
    # macOS has no +cpu builds: its default build is one.
    if [ "$(uname -s)" != Darwin ]; then
        say "installing torch $version, the CPU build (about 200 MB) ..."
        if cpu_torch -c constraints.txt; then return; fi
        if [ -n "${TORCH_INDEX:-}" ]; then
            say "pip's own configuration has none; trying $TORCH_INDEX ..."
            # Its dependencies come from pip's usual index, in the next step.
            if cpu_torch --no-deps --index-url "$TORCH_INDEX"; then return; fi
        fi
        say "WARNING: no CPU build of torch found (see $log)."
        say "WARNING: the default build follows. On Linux it brings about 3 GB of CUDA libraries."
        say "WARNING: to avoid it: Ctrl-C, then make TORCH_INDEX=<index with torch+cpu> or set PIP_FIND_LINKS."
        if [ -t 2 ]; then sleep 8; fi
    fi
    "$py" -m pip install --no-compile "torch==$version" -c constraints.txt
}

if ! new_enough "$py"; then
    base=$(interpreter)
    say "creating $venv with $("$base" --version) ..."
    "$base" -m venv --clear "$venv" ||
        fail "cannot create $venv: this Python lacks the module venv or ensurepip (on Debian: apt install python3-venv)."
fi
install_torch
say "installing backprobe and its extras [$extras] ..."
# hatchling first and no build isolation: a second setup then needs no network.
"$py" -m pip install -q -c constraints.txt hatchling
"$py" -m pip install -q --no-compile -c constraints.txt --no-build-isolation -e ".[$extras]"
touch "$venv/.ready-demo"
case $extras in *dev*) touch "$venv/.ready-dev" ;; esac
say "done: $venv/bin/backprobe"
