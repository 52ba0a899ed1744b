# SPDX-License-Identifier: Apache-2.0
"""Fails when another torch than the pinned one, or its CUDA build, got into .venv unasked.

A dependency that asks for torch unpinned costs every user gigabytes, and nobody notices on a fast
line. `nvidia-*` packages beside a `torch==X+cpu`, or a torch that is not the pinned one, are its
traces.
"""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
HARMLESS = {"nvidia-ml-py"}  # pure Python bindings, no CUDA libraries


def main() -> int:
    """Prints what is wrong with the installed set; returns the exit status."""
    installed = {d.metadata["Name"].lower(): d.version for d in distributions()}
    pinned = re.search(r"^torch==(\S+)", CONSTRAINTS.read_text(), re.MULTILINE)
    if pinned is None:
        print(f"resolved set: {CONSTRAINTS.name} does not pin torch; add `torch==VERSION`.")
        return 1
    torch = installed.get("torch", "none")
    if torch.split("+")[0] != pinned[1]:
        print(f"resolved set: torch is {torch}, constraints.txt pins {pinned[1]}. Remake .venv.")
        return 1
    if not torch.endswith("+cpu"):
        print(f"resolved set: torch is {torch}, not a +cpu build: nvidia-* was not looked for.")
        return 0
    cuda = sorted(n for n in installed if n.startswith("nvidia-") and n not in HARMLESS)
    if cuda:
        print(f"resolved set: CUDA packages beside a CPU torch: {', '.join(cuda)}.")
        return 1
    print(f"resolved set: {len(installed)} packages, torch {torch}, no CUDA.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
