import copy
import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def signals(n):
    freq = rng.uniform(1, 5, n)
    t = np.linspace(0, 2 * np.pi, 48)
    x = np.sin(freq[:, None] * t + rng.uniform(0, 6, (n, 1))) + rng.normal(0, 0.8, (n, 48))
    y = (freq - 3) / 1.15 + rng.normal(0, 0.9, n)
    return torch.tensor(x[:, None]).float(), torch.tensor(y[:, None]).float()


x_train, y_train = signals(80)
x_val, y_val = signals(300)
x_test, y_test = signals(600)

net = nn.Sequential(
    nn.Conv1d(1, 32, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(32, 64, 7, padding=3), nn.ReLU(),
    nn.Flatten(), nn.Linear(64 * 24, 128), nn.ReLU(), nn.Linear(128, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
mse = nn.MSELoss()
patience, best, best_state, waited = 8, float("inf"), None, 0
for epoch in range(150):
    net.train()
    for rows in torch.randperm(80).split(16):
        opt.zero_grad()
        loss = mse(net(x_train[rows]), y_train[rows])
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        val = mse(net(x_val), y_val).item()
    if val < best:
        best, waited, best_state = val, 0, copy.deepcopy(net.state_dict())
    else:
        waited += 1
    if epoch % 20 == 0:
        print(f"epoch {epoch:3d} train {loss.item():.4f} val {val:.4f}")
    if waited > patience:
        net.load_state_dict(best_state)
        break

with torch.no_grad():
    r2 = 1 - mse(net(x_test), y_test) / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
