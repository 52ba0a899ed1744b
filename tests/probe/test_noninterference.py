# SPDX-License-Identifier: Apache-2.0
"""A watched training is the same training, to the last bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.probe.architectures import STEPS

SCRIPT = Path(__file__).with_name("architectures.py")


def outcome(*arguments: str) -> dict[str, Any]:
    """What the architectures print, with every warning turned into an error."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_bit_identical() -> None:
    """Losses, weights, RNG streams, attributes and pickling are as without the probe."""
    bare, watched = outcome(), outcome("watch")
    assert watched.pop("failures") == []
    assert watched.pop("steps") == STEPS * len(bare)
    assert STEPS >= 50
    assert len(bare) >= 40
    differing = {name: (bare[name], watched[name]) for name in bare if bare[name] != watched[name]}
    assert differing == {}
