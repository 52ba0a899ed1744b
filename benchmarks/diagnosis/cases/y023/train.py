import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def regimes(n):
    x = torch.rand(n, 4) * 2 - 1
    x[:, :2] = x[:, :2].sign() * (0.2 + 0.8 * x[:, :2].abs())  # two switches with a dead zone
    k = (x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()
    parts = torch.stack(
        [2 * x[:, 2], torch.sin(4 * x[:, 3]), x[:, 2] * x[:, 3] * 3, 1 - 2 * x[:, 2] ** 2], 1
    )
    y = parts.gather(1, k[:, None])
    return x, y + 0.1 * torch.randn_like(y)


class MoE(nn.Module):
    def __init__(self, n_experts=6, hidden=32, top_k=2):
        super().__init__()
        self.top_k = top_k
        self.gate = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, n_experts))
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(4, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, 1))
            for _ in range(n_experts)
        )

    def forward(self, x):
        probs = self.gate(x).softmax(-1)
        top, which = probs.topk(self.top_k, -1)
        weight = torch.zeros_like(probs).scatter(1, which, top / top.sum(-1, keepdim=True))
        out = torch.stack([e(x).squeeze(-1) for e in self.experts], 1)
        balance = len(self.experts) * ((weight > 0).float().mean(0) / self.top_k * probs.mean(0)).sum()
        return (weight * out).sum(1, keepdim=True), balance


x, y = regimes(6000)
xt, yt = regimes(2000)
model = MoE()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
EPOCHS, B = 25, 100
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 6e-3, total_steps=EPOCHS * (len(x) // B))
for epoch in range(EPOCHS):
    total = 0.0
    for idx in torch.randperm(len(x)).split(B):
        pred, balance = model(x[idx])
        loss = F.mse_loss(pred, y[idx]) + 0.01 * balance
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {total * B / len(x):.4f} balance {balance.item():.3f}")
model.eval()
with torch.no_grad():
    pred, _ = model(xt)
r2 = 1 - F.mse_loss(pred, yt) / yt.var()
print(f"FINAL r2={r2.item():.4f}")
