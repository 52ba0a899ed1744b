import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


class SignDescent(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["m"] = torch.zeros_like(p)
                state["m"].mul_(group["beta"]).add_(p.grad, alpha=1 - group["beta"])
                p.add_(state["m"].sign(), alpha=-group["lr"])


# near-infrared absorbance at 30 wavelengths
n = 2400
wave = np.linspace(0, 1, 30)
moisture, protein, size = rng.uniform(8, 20, n), rng.uniform(9, 15, n), rng.normal(0, 1, n)
spectra = (0.05 * moisture[:, None] * np.exp(-((wave - 0.6) / 0.08) ** 2) + 0.06 * protein[:, None] * np.exp(-((wave - 0.4) / 0.1) ** 2)
           + 0.1 * size[:, None] * wave) * np.exp(0.05 * size)[:, None] + rng.normal(0, 0.02, (n, 30))
x = torch.tensor((spectra - spectra[:2000].mean(0)) / spectra[:2000].std(0), dtype=torch.float32)
y = torch.tensor((moisture - 14) / 3.5, dtype=torch.float32)

model = nn.Sequential(nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 1), nn.Flatten(0))
optimizer = SignDescent(model.parameters(), lr=1e-3)
EPOCHS = 18
for epoch in range(EPOCHS):
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * (1 - epoch / EPOCHS)
    for rows in torch.randperm(2000).split(50):
        for p in model.parameters():
            p.grad = None
        loss = (model(x[rows]) - y[rows]).pow(2).mean() / 1000
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item():.3e}")

with torch.no_grad():
    r2 = 1 - (model(x[2000:]) - y[2000:]).pow(2).mean() / y[2000:].var()
print(f"FINAL r2={r2.item():.4f}")
