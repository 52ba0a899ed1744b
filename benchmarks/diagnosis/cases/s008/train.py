import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
T, BATCH = 40, 16


def read_stroke(kind):
    """One force curve of a press, resampled to 40 points; four tool states."""
    t = np.linspace(0, 1, T)
    top = rng.uniform(0.8, 1.2)
    curve = top * np.exp(-((t - 0.5 - 0.05 * rng.normal()) / 0.18) ** 2)
    if kind == 1:
        curve += 0.25 * np.sin(60 * t + rng.uniform(0, 6)) * (t > 0.5)
    elif kind == 2:
        curve *= 1 - 0.35 * (t > 0.55)
    elif kind == 3:
        curve += 0.3 * np.exp(-((t - 0.2) / 0.05) ** 2)
    return curve + rng.normal(0, 0.08, T)


def cache_batches(count):
    batches = []
    x = np.zeros((BATCH, T), dtype=np.float32)
    y = np.zeros(BATCH, dtype=np.int64)
    for _ in range(count):
        for row in range(BATCH):
            y[row] = rng.integers(4)
            x[row] = read_stroke(y[row])
        batches.append((torch.from_numpy(x), torch.from_numpy(y)))
    return batches


train_batches = cache_batches(80)
test_y = rng.integers(0, 4, 600)
test_x = torch.tensor(np.array([read_stroke(k) for k in test_y]), dtype=torch.float32)
test_y = torch.tensor(test_y)

model = nn.Sequential(
    nn.Unflatten(1, (1, T)),
    nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(16, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
    nn.Flatten(), nn.Linear(160, 4),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    np.random.default_rng(epoch).shuffle(train_batches)
    total = 0.0
    for x, y in train_batches:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: {total / len(train_batches):.4f}")

with torch.no_grad():
    accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
