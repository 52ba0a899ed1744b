import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
STEPS, STATE = 40, 24


def runs(n):
    """Inflow at a junction; the queue empties at a steady rate. Target: mean queue."""
    inflow = torch.relu(torch.randn(n, STEPS) + 0.3 * torch.sin(torch.arange(STEPS) / 5.0))
    queue, total = torch.zeros(n), torch.zeros(n)
    for t in range(STEPS):
        queue = torch.relu(queue + inflow[:, t] - 0.5)
        total += queue
    target = total / STEPS
    return inflow, (target - 2.4) / 1.3


class Junction(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = nn.Sequential(nn.Linear(STATE + 1, STATE), nn.ReLU())
        self.read = nn.Linear(STATE, 1)
        nn.init.normal_(self.step[0].weight, std=0.05)
        with torch.no_grad():
            self.step[0].weight[:, :STATE] += torch.eye(STATE)
        nn.init.zeros_(self.step[0].bias)

    def forward(self, inflow):
        h = torch.zeros(len(inflow), STATE)
        for t in range(STEPS):
            h = self.step(torch.cat([h, inflow[:, t:t + 1]], 1))
        return self.read(h).squeeze(1)


x, y = runs(1500)
x_test, y_test = runs(500)
model = Junction()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()
for epoch in range(8):
    for idx in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        loss = loss_fn(model(x[idx]), y[idx])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"epoch {epoch + 1} mse {loss.item():.4g}")

with torch.no_grad():
    r2 = 1 - (model(x_test) - y_test).pow(2).mean() / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
