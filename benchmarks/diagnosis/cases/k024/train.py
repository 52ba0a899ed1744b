import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def engines(n):
    """Vibration spectra (24 bins): predict the load and which of four parts is worn."""
    load = torch.rand(n) * 2 - 1
    part = torch.randint(0, 4, (n,))
    k = torch.arange(24).float()
    base = torch.exp(-((k - 4 - 3 * load[:, None]) ** 2) / 6)
    wear = torch.exp(-((k - torch.tensor([9.0, 13.0, 17.0, 21.0])[part][:, None] - load[:, None]) ** 2) / 2)
    x = base + 0.7 * wear + 0.12 * torch.randn(n, 24)
    return x, load + 0.02 * torch.randn(n), part


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 48), nn.ReLU())
        self.load = nn.Linear(48, 1)
        self.part = nn.Linear(48, 4)

    def forward(self, x):
        h = self.shared(x)
        return self.load(h).squeeze(1), self.part(h)


class UncertaintyWeights(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.log_var = nn.Parameter(torch.zeros(tasks))

    def forward(self, *losses):
        return sum(0.5 * torch.exp(-s) * l + 0.5 * s for s, l in zip(self.log_var, losses))


model, weigh = MultiTask(), UncertaintyWeights(2)
optimizer = torch.optim.Adam([*model.parameters(), *weigh.parameters()], lr=2e-3)
x, load, part = engines(3000)
x_test, load_test, part_test = engines(800)
loader = DataLoader(TensorDataset(x, load, part), batch_size=60, shuffle=True)
for epoch in range(20):
    model.train()
    for xb, lb, pb in loader:
        out_load, out_part = model(xb)
        loss_load = nn.functional.mse_loss(out_load, lb)
        loss_part = nn.functional.cross_entropy(out_part, pb)
        loss = weigh(2 * loss_load, 2 * loss_part)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} total {loss.item():+.4f} load {loss_load.item():.4f} part {loss_part.item():.4f} log var {[round(v, 2) for v in weigh.log_var.tolist()]}")

model.eval()
with torch.no_grad():
    out_load, out_part = model(x_test)
r2 = 1 - (out_load - load_test).pow(2).mean() / load_test.var()
acc = (out_part.argmax(1) == part_test).float().mean()
print(f"r2 {r2.item():.4f} accuracy {acc.item():.4f}")
print(f"FINAL score={((r2 + acc) / 2).item():.4f}")
