# SPDX-License-Identifier: Apache-2.0
"""What torch tells of a run's environment."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import torch

from backprobe.probe.environment import torch_facts
from backprobe.store import json


def test_seed_and_flags_are_those_of_torch() -> None:
    """The seed that the script set, its threads and its flags."""
    before = torch.get_rng_state()
    torch.manual_seed(1234)
    facts = torch_facts()
    assert facts["seed"] == 1234
    assert facts["version"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()
    assert facts["deterministic"] is False
    assert json.plain(facts) == facts
    torch.set_rng_state(before)


def test_no_generator_moves() -> None:
    """The numbers that come next are those that would have come."""
    states = (torch.get_rng_state().clone(), random.getstate(), _numpy_key())
    first, second = torch_facts(), torch_facts()
    assert first["generators"] == second["generators"]
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert _numpy_key() == states[2]


def _numpy_key() -> bytes:
    state = np.random.get_state(legacy=False)
    assert isinstance(state, dict)
    return bytes(state["state"]["key"].tobytes())


def test_generators_that_differ_are_told_apart() -> None:
    """The fingerprint changes as soon as a number was drawn."""
    before = torch.get_rng_state()
    first = torch_facts()["generators"]["torch"]
    torch.rand(1)
    assert torch_facts()["generators"]["torch"] != first
    torch.set_rng_state(before)


def test_threads_can_still_be_set_afterwards() -> None:
    """Asking wakes no thread pool: a script may set its threads after we looked."""
    code = (
        "import torch; from backprobe.probe.environment import torch_facts; torch_facts()\n"
        "torch.set_num_interop_threads(3); torch.set_num_threads(2)\n"
        "print(torch.get_num_interop_threads(), torch.get_num_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "3 2\n"
