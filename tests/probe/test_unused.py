# SPDX-License-Identifier: Apache-2.0
"""Forwards that no backward follows are told from those of a loss of several forwards."""

from __future__ import annotations

from backprobe.probe.unused import ALONE, Unused


def trained(unused: Unused, forwards: int, times: int = 1) -> list[int]:
    """Batches of the evaluations that were seen over so many steps of so many forwards each."""
    found = []
    for step in range(times):
        for _ in range(forwards):
            unused.forward(32, True)
        phase = unused.backward(step)
        if phase is not None:
            found.append(phase.batches)
    return found


def test_forwards_before_the_trained_one() -> None:
    """Three batches are judged between two epochs: the fourth is the one that is trained on."""
    unused = Unused()
    assert trained(unused, 1, ALONE) == []
    for rows in (50, 50, 20, 32):
        unused.forward(rows, True)
    phase = unused.backward(10)
    assert phase is not None
    assert (phase.step, phase.batches, phase.rows, phase.training) == (10, 3, 120, True)


def test_forwards_after_the_last_step() -> None:
    """None is trained on."""
    unused = Unused()
    trained(unused, 1, ALONE)
    unused.forward(500, True)
    phase = unused.end(ALONE)
    assert phase is not None
    assert (phase.batches, phase.rows) == (1, 500)
    assert unused.end(ALONE) is None


def test_a_loss_of_several_forwards_is_no_evaluation() -> None:
    """Two views a step; and a critic's steps between a generator's."""
    unused = Unused()
    assert trained(unused, 2, 50) == []
    mixed = Unused()
    assert [trained(mixed, 1 + step % 2) for step in range(100)] == [[]] * 100
    assert mixed.end(100) is None


def test_the_same_rows_again_and_again_are_sampled_from() -> None:
    """Dropout as a Bayesian estimate."""
    unused = Unused()
    trained(unused, 1, ALONE)
    for _ in range(5):
        unused.forward(32, True, [0.5, 1.5])
    assert unused.end(ALONE) is None
    trained(unused, 1, 1)
    for given in ([0.5, 1.5], [2.5, 1.5]):
        unused.forward(32, True, given)
    phase = unused.end(ALONE)
    assert phase is not None
    assert phase.batches == 2


def test_too_few_steps_make_no_habit() -> None:
    """Before there is one nothing is claimed."""
    unused = Unused()
    trained(unused, 1, ALONE - 1)
    unused.forward(32, True)
    assert unused.end(ALONE) is None


def test_each_root_of_a_loss_is_counted() -> None:
    """An encoder and a decoder, each a root of its own: one forward of each a step."""
    unused = Unused()
    for step in range(ALONE):
        for root in (1, 2):
            unused.forward(32, True, root=root)
        assert unused.backward(step) is None
    for _ in range(3):
        for root in (1, 2):
            unused.forward(50, True, root=root)
    phase = unused.end(ALONE)
    assert phase is not None
    assert (phase.batches, phase.rows) == (3, 150)


def test_two_networks_with_a_loss_each_are_evaluated_together() -> None:
    """Neither takes part in the other's loss."""
    unused = Unused()
    for step in range(ALONE):
        for root in (1, 2):
            unused.forward(32, True, root=root)
            assert unused.backward(step) is None
    for _ in range(3):
        for root in (1, 2):
            unused.forward(50, True, root=root)
    unused.forward(32, True, root=1)
    phase = unused.backward(ALONE)
    assert phase is not None
    assert (phase.batches, phase.rows) == (3, 150)


def test_a_generator_that_is_looked_at_is_no_evaluation() -> None:
    """Its pictures are made beside two batches of the discriminator at every step."""
    unused = Unused()
    for step in range(30):
        for root in (1, 2, 2):
            unused.forward(32, True, root=root)
        assert unused.backward(step) is None
        unused.forward(32, True, root=2)
        assert unused.backward(step) is None
        if step % 10 == 9:
            unused.forward(64, True, root=1)
    assert unused.end(30) is None
