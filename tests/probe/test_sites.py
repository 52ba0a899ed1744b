# SPDX-License-Identifier: Apache-2.0
"""Which file is the user's."""

from __future__ import annotations

from pathlib import Path

import torch

import backprobe
from backprobe.probe.sites import distance


def test_the_demo_scripts_are_users_code(tmp_path: Path) -> None:
    """They are shown as what is under diagnosis, though they ship inside of the package."""
    package = Path(backprobe.__file__).parent
    assert distance(str(package / "demo" / "sigmoid_cnn.py")) == 0
    assert distance(str(tmp_path / "train.py")) == 0
    assert distance(str(package / "session.py")) == 2
    assert distance(torch.__file__) == 2
