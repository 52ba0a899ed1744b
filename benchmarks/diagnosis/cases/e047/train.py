import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

REGIMES, D = 6, 8
centres = 3.0 * torch.randn(REGIMES, D)
slopes = torch.randn(REGIMES, D)


def sample(n):
    k = torch.randint(0, REGIMES, (n,))
    local = torch.randn(n, D)
    y = (local * slopes[k]).sum(1) / D**0.5 + 0.5 * torch.sin(2 * local[:, 0]) * (k % 2)
    return (centres[k] + local) / 3.0, y


class Expert(nn.Sequential):
    def __init__(self, d, h=32):
        super().__init__(nn.Linear(d, h), nn.GELU(), nn.Linear(h, 1))


class SwitchRegressor(nn.Module):
    def __init__(self, d=D, n_experts=6):
        super().__init__()
        self.gate = nn.Linear(d, n_experts)
        self.experts = nn.ModuleList(Expert(d) for _ in range(n_experts))

    def forward(self, x):
        probs = self.gate(x).softmax(-1)
        weight, choice = probs.max(-1)
        out = torch.zeros(len(x))
        for i, expert in enumerate(self.experts):
            rows = (choice == i).nonzero().flatten()
            if len(rows):
                out = out.index_add(0, rows, expert(x[rows]).squeeze(1) * weight[rows])
        share = F.one_hot(choice, len(self.experts)).float().mean(0)
        balance = len(self.experts) * (share * probs.mean(0)).sum()
        return out, balance


x, y = sample(6000)
xt, yt = sample(1500)
model = SwitchRegressor()
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
for epoch in range(20):
    tot = 0.0
    for rows in torch.randperm(len(x)).split(64):
        out, balance = model(x[rows])
        loss = F.mse_loss(out, y[rows])
        opt.zero_grad()
        (loss + 0.01 * balance).backward()
        opt.step()
        tot += loss.item() * len(rows)
    if epoch % 5 == 0:
        print(f"epoch {epoch} mse {tot / len(x):.4f} balance {balance.item():.2f}")

with torch.no_grad():
    pred, _ = model(xt)
print(f"FINAL r2={1 - F.mse_loss(pred, yt).item() / yt.var().item():.4f}")
