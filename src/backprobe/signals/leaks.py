# SPDX-License-Identifier: Apache-2.0
"""What lets a place of a sequence read the next one, which it is to predict."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Record, Source

AHEAD = 0.9
"""Share of the places that see the next one from which all do: a prefix may be seen in full."""
RECURRENT = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")


@dataclass(frozen=True)
class Leaks:
    """Where the next place is read.

    Arguments:
        where: names of the modules.
        source: the line of the first one.
        attention: whether they are attention, else recurrent layers that run both ways.
        length: places of a row.
    """

    where: tuple[str, ...]
    source: Source | None
    attention: bool
    length: int


def leaks(record: Record) -> Leaks | None:
    """Layers through which each place of a next-token model reads its own target, None: none.

    Something that looks back only beside them means that the others may be an encoder, whose
    summary is all that a decoder gets of them.
    """
    lag = next((e.data for e in record.named("target-lag") if e.data["places"] == 1), None)
    if lag is None:
        return None
    length = int(lag.get("length", 0))
    by_index = {place.index: place for place in record.places}
    looks = [
        (by_index[int(e.data["place"])], float(e.data["ahead"]))
        for e in record.named("sight")
        if int(e.data["place"]) in by_index and abs(int(e.data["places"]) - length) <= 1
    ]
    recurrent = [m for m in record.modules if m.calls and m.type in RECURRENT]
    back = any(share < AHEAD for _, share in looks)
    back = back or any(not m.settings.get("bidirectional") for m in recurrent)
    if back or any(m.calls and m.type in (*CELLS, "Conv1d") for m in record.modules):
        return None
    if looks:
        names = tuple(dict.fromkeys(place.name for place, _ in looks))
        return Leaks(names, looks[0][0].source, True, length)
    if recurrent:
        return Leaks(tuple(m.name for m in recurrent), recurrent[0].source, False, length)
    return None
