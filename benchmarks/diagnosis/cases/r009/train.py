import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
D = 16
gen = torch.Generator().manual_seed(4)
A = torch.randn(D, 24, generator=gen) / D ** 0.5
B = torch.randn(24, 3, generator=gen) / 24 ** 0.5


def machines(n):
    """Sensor rows with wear (always measured), load class (usual) and a lab value (one row in twenty-five)."""
    x = torch.randn(n, D)
    h = torch.tanh(2 * x @ A) @ B
    wear = 3 * h[:, 0] + 0.1 * torch.randn(n)
    load = (h[:, 1] * 4).round().clamp(-1, 1).long() + 1
    lab = 3 * h[:, 2] + 0.1 * torch.randn(n)
    measured = torch.rand(n) < 0.04
    return x, wear, load, torch.where(measured, lab, float("nan")), lab


class MultiHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.heads = nn.ModuleDict({"wear": nn.Linear(96, 1), "load": nn.Linear(96, 3), "lab": nn.Sequential(nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 1))})

    def forward(self, x, task):
        return self.heads[task](self.trunk(x))


model = MultiHead()
opt = torch.optim.Adam(model.parameters(), lr=1.5e-3, weight_decay=1e-5)
x, wear, load, lab, _ = machines(8000)
xt, wear_t, load_t, _, lab_t = machines(1500)

for epoch in range(24):
    used = 0
    for idx in torch.randperm(len(x)).split(32):
        loss = F.mse_loss(model(x[idx], "wear").squeeze(1), wear[idx]) + F.cross_entropy(model(x[idx], "load"), load[idx])
        known = ~torch.isnan(lab[idx])
        if known.any():
            loss = loss + 0.3 * F.mse_loss(model(x[idx][known], "lab").squeeze(1), lab[idx][known])
            used += 1
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    if epoch % 6 == 5:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}, batches with a lab value {used}")

with torch.no_grad():
    acc = (model(xt, "load").argmax(1) == load_t).float().mean().item()
    score = []
    for task, truth in (("wear", wear_t), ("lab", lab_t)):
        p = model(xt, task).squeeze(1)
        score.append(1 - ((p - truth) ** 2).sum().item() / ((truth - truth.mean()) ** 2).sum().item())
print(f"load accuracy {acc:.4f} wear r2 {score[0]:.4f} lab r2 {score[1]:.4f}")
print(f"FINAL r2={sum(score) / 2:.4f}")
