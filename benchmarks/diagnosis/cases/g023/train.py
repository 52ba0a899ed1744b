import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)


def simulate(n, steps=20, dt=0.05):
    angle, speed = rng.uniform(-3, 3, n), rng.uniform(-2, 2, n)
    start = np.stack([angle, speed], 1)
    for _ in range(steps):
        speed = speed - dt * (9.81 * np.sin(angle) + 0.2 * speed)
        angle = angle + dt * speed
    end = np.stack([angle / 3, speed / 4], 1)
    return torch.tensor(start / 1.5, dtype=torch.float32), torch.tensor(end, dtype=torch.float32)


class Pendulum(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.inp = nn.Linear(2, hidden)
        self.mid = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 2)

    def forward(self, state):
        h = self.inp(state)
        h = self.mid(h)
        return self.out(h)


x_train, y_train = simulate(3000)
x_test, y_test = simulate(800)
model = Pendulum()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-5, momentum=0.9)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
for epoch in range(20):
    total = 0.0
    for state, nxt in loader:
        loss = nn.functional.mse_loss(model(state), nxt)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 4 == 0:
        print(f"epoch {epoch:2d} mse {total / len(loader):.5f}")

with torch.no_grad():
    rest = ((model(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean(0)) ** 2).sum()
print(f"FINAL r2={1 - rest.item():.4f}")
