import os

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def surface(n):
    x = torch.rand(n, 3) * 4 - 2
    z = torch.sin(2 * x[:, 0]) * torch.cos(x[:, 1]) + 0.3 * x[:, 2] ** 2 - 0.4
    return x, (z + 0.3 * torch.randn(n)).unsqueeze(1), z.unsqueeze(1)


class Net(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(3, h), nn.Linear(h, h), nn.Linear(h, 1)

    def forward(self, x):
        x = nn.functional.silu(self.a(x))
        x = nn.functional.silu(self.b(x))
        return self.c(x)


net = Net()
ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99))
opt = torch.optim.Adam(net.parameters(), lr=6e-3)
x, y, _ = surface(4000)
x_test, _, clean = surface(1500)
for step in range(1, 1201):
    rows = torch.randint(0, 4000, (32,))
    loss = (net(x[rows]) - y[rows]).pow(2).mean()
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    ema.update_parameters(net)
    if step % 200 == 0:
        print(f"{step}: loss {loss.item():.4f}")

ema.eval()
with torch.no_grad():
    r2 = 1 - (ema(x_test) - clean).pow(2).mean() / clean.var()
print(f"FINAL r2={r2.item():.4f}")
