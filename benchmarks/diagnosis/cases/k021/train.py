import copy
import os

import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed + 10)
direction = np.zeros(400)
direction[np.random.default_rng(0).choice(400, 20, replace=False)] = np.random.default_rng(1).choice([-1, 1], 20) * 0.85


def patients(n):
    y = np.arange(n) % 2
    x = rng.normal(0, 1, (n, 400)) + np.outer(y - 0.5, 2 * direction) * 0.75
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


x, y = patients(60)
x_val, y_val = patients(30)
x_test, y_test = patients(500)

model = nn.Sequential(nn.Dropout(0.3), nn.Linear(400, 64), nn.ReLU(), nn.Dropout(0.6), nn.Linear(64, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.5)
ce = nn.CrossEntropyLoss(label_smoothing=0.05)
best_loss, best_state, wait = float("inf"), None, 0

for epoch in range(300):
    model.train()
    for idx in torch.randperm(60).split(15):
        loss = ce(model(x[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = ce(model(x_val), y_val).item()
    if epoch % 20 == 0:
        print(f"epoch {epoch:3d} train {loss.item():.3f} validation {val_loss:.3f}")
    if val_loss < best_loss - 1e-4:
        best_loss, best_state, wait = val_loss, copy.deepcopy(model.state_dict()), 0
    else:
        wait += 1
        if wait >= 40:
            print("stopped at epoch", epoch)
            break

model.load_state_dict(best_state)
with torch.no_grad():
    print(f"FINAL accuracy={(model(x_test).argmax(1) == y_test).float().mean().item():.4f}")
