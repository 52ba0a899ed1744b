import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

D, K = 24, 48
atoms = nn.functional.normalize(torch.randn(K, D), dim=1)


def mixtures(n):
    active = (torch.rand(n, K) < 0.06).float()
    return (active * (0.7 + torch.rand(n, K))) @ atoms + 0.02 * torch.randn(n, D)


class SparseCoder(nn.Module):
    def __init__(self, code=128):
        super().__init__()
        self.encode = nn.Linear(D, code)
        self.decode = nn.Linear(code, D)

    def forward(self, x):
        c = torch.relu(self.encode(x - self.decode.bias))
        return self.decode(c), c

    @torch.no_grad()
    def renorm(self):
        self.decode.weight.div_(self.decode.weight.norm(dim=0, keepdim=True).clamp_min(1e-6))


model = SparseCoder()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
x, xt = mixtures(5000), mixtures(1000)
for epoch in range(14):
    for idx in torch.randperm(5000).split(64):
        out, code = model(x[idx])
        loss = (out - x[idx]).pow(2).sum(1).mean() + 0.05 * code.sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        model.renorm()
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} active {(code > 0).float().mean().item():.3f}")
with torch.no_grad():
    out, _ = model(xt)
    r2 = 1 - (out - xt).pow(2).sum() / (xt - x.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
