import os
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)
RNG = np.random.default_rng(SEED)
INSTRUMENTS = ["flute", "oboe", "organ", "string", "bell"]


def record(name, n_frames):
    """Log-spectrum frames (48 bins) of one recording session."""
    k = INSTRUMENTS.index(name)
    f0 = RNG.uniform(2.5, 6.0, n_frames)
    bins = np.arange(48)
    frames = RNG.normal(0, 0.35, (n_frames, 48))
    decay = [1.6, 0.7, 0.35, 1.0, 0.2][k]
    step = [1.0, 1.0, 2.0, 1.0, 1.41][k]
    for h in range(7):
        centre = f0 * (1 + h * step)
        frames += np.exp(-decay * h) * 2 * np.exp(-0.5 * ((bins[None] - centre[:, None]) / 0.8) ** 2)
    return frames.astype("float32"), np.full(n_frames, k)


class SessionStream(IterableDataset):
    """Reads session after session from disk order, one frame at a time."""

    def __init__(self, sessions):
        self.sessions = sessions

    def __iter__(self):
        for frames, labels in self.sessions:
            order = np.random.permutation(len(frames))
            yield from zip(frames[order], labels[order])


class Timbre(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 12, 5, padding=2)
        self.mix = nn.Linear(12 * 24, 48)
        self.out = nn.Linear(48, len(INSTRUMENTS))

    def forward(self, s):
        h = torch.relu(self.conv(s.unsqueeze(1)))
        h = nn.functional.max_pool1d(h, 2).flatten(1)
        return self.out(torch.relu(self.mix(h)))


def main():
    np.random.seed(SEED)
    sessions = [record(name, 240) for name in INSTRUMENTS for _ in range(2)]
    held = [record(name, 120) for name in INSTRUMENTS]
    hx = torch.from_numpy(np.concatenate([f for f, _ in held]))
    hy = torch.from_numpy(np.concatenate([l for _, l in held]))
    loader = DataLoader(SessionStream(sessions), batch_size=24)
    model = Timbre()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(6):
        seen, running = 0, 0.0
        for s, label in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(s), label)
            loss.backward()
            optimizer.step()
            running += loss.item()
            seen += 1
        with torch.no_grad():
            acc = (model(hx).argmax(1) == hy).float().mean().item()
        print(f"pass {epoch}: train loss {running / seen:.4f}, held-out accuracy {acc:.3f}")
    print(f"FINAL accuracy={acc:.4f}")


main()
