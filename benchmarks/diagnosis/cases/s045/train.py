import copy
import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
LONG, WINDOW, HOP = 100, 40, 4


def person(style):
    t = np.arange(LONG)
    f = [0.20, 0.24, 0.24][style] + rng.normal(0, 0.025)
    own = rng.normal(size=(3, 3))
    sway = [0.3, 0.3, 0.9][style] * rng.uniform(0.6, 1.4)
    base = np.stack([np.sin(f * 6.28 * t), sway * np.sin(f * 3.14 * t), np.cos(f * 6.28 * t)])
    noise = np.cumsum(rng.normal(0, 0.12, (3, LONG)), 1)
    return 0.8 * own @ base + base + noise + rng.normal(0, 0.5, (3, LONG))


def cut(recordings, styles):
    xs, ys, who = [], [], []
    for i, (rec, s) in enumerate(zip(recordings, styles)):
        for a in range(0, LONG - WINDOW + 1, HOP):
            xs.append(rec[:, a:a + WINDOW])
            ys.append(s)
            who.append(i)
    return torch.tensor(np.array(xs), dtype=torch.float32), torch.tensor(ys), np.array(who)


styles = rng.integers(0, 3, 45)
x, y, who = cut([person(s) for s in styles], styles)
styles_test = rng.integers(0, 3, 60)
x_test, y_test, _ = cut([person(s) for s in styles_test], styles_test)

# a quarter of the windows for validation
order = rng.permutation(len(x))
val, train = torch.tensor(order[: len(x) // 4]), torch.tensor(order[len(x) // 4:])

model = nn.Sequential(
    nn.Conv1d(3, 24, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(24, 24, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(),
    nn.Linear(240, 64), nn.ReLU(), nn.Linear(64, 3),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
best, best_loss = None, float("inf")
for epoch in range(30):
    for rows in train[torch.randperm(len(train))].split(32):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(x[val]), y[val]).item()
    if val_loss < best_loss:
        best, best_loss = copy.deepcopy(model.state_dict()), val_loss
    if epoch % 5 == 0:
        print(f"epoch {epoch}: train {loss.item():.4f} validation {val_loss:.4f}")

model.load_state_dict(best)
with torch.no_grad():
    nll = nn.functional.cross_entropy(model(x_test), y_test).item()
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"new people: accuracy {acc:.3f}")
print(f"FINAL nll={nll:.4f}")
