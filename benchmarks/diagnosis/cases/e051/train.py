import os

import numpy as np
import torch

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


def surface(n):
    u = rng.uniform(-1, 1, (n, 3))
    z = np.sin(2.5 * u[:, 0]) + u[:, 1] ** 2 - u[:, 0] * u[:, 2] + 0.05 * rng.normal(size=n)
    return torch.tensor(u).float(), torch.tensor(z).float()[:, None]


x, y = surface(200)
x_test, y_test = surface(500)
mean, std = y.mean(), y.std()
y = (y - mean) / std

model = torch.nn.Sequential(
    torch.nn.Linear(3, 24), torch.nn.Tanh(), torch.nn.Linear(24, 24), torch.nn.Tanh(), torch.nn.Linear(24, 1)
)
optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe")
ridge = 1e-4
calls = 0


def closure():
    global calls
    calls += 1
    optimizer.zero_grad()
    fit = torch.mean((model(x) - y) ** 2)
    loss = fit + ridge * sum((w**2).sum() for w in model.parameters() if w.dim() > 1)
    loss.backward()
    return loss


for i in range(80):
    loss = optimizer.step(closure)
    if i % 16 == 0:
        print(f"outer {i:3d} calls {calls:4d} loss {loss.item():.6f}")

with torch.no_grad():
    pred = model(x_test) * std + mean
    r2 = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
