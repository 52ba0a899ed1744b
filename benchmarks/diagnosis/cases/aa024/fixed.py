import os
import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

EXPERTS: dict[str, type] = {}


def register(name):
    def wrap(cls):
        EXPERTS[name] = cls
        return cls
    return wrap


@register("mlp")
class MLPExpert(nn.Sequential):
    def __init__(self, d_in, d_out, width=24):
        super().__init__(nn.Linear(d_in, width), nn.GELU(), nn.Linear(width, d_out))


@register("linear")
class LinearExpert(nn.Linear):
    pass


class Router(nn.Module):
    def __init__(self, d_in, n):
        super().__init__()
        self.score = nn.Linear(d_in, n)
        self.normalise = nn.Softmax(dim=1)

    def forward(self, x):
        return self.normalise(self.score(x))


class MixtureOfExperts(nn.Module):
    def __init__(self, d_in, d_out, kinds):
        super().__init__()
        self.router = Router(d_in, len(kinds))
        self.experts = nn.ModuleList(EXPERTS[k](d_in, d_out) for k in kinds)

    def forward(self, x):
        gates = self.router(x)
        outs = torch.stack([e(x) for e in self.experts], dim=1)
        return (gates.unsqueeze(-1) * outs).sum(1), gates


def piecewise(n):
    x = torch.rand(n, 3) * 4 - 2
    region = (x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()
    w = torch.tensor([[1.0, -1, 2], [-2, 0.5, 1], [0.5, 2, -1], [1, 1, 1]])
    y = (x * w[region]).sum(1) + torch.tensor([0.0, 2.0, -2.0, 1.0])[region]
    return x, (y + 0.1 * torch.randn(n)).unsqueeze(1) / 3


def fit(model, x, y, epochs=25, batch=32, lr=5e-3):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        for idx in torch.randperm(len(x)).split(batch):
            out, gates = model(x[idx])
            usage = gates.mean(0)
            loss = F.mse_loss(out, y[idx]) + 1e-3 * (usage * usage.clamp(min=1e-9).log()).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 6 == 0:
            print(f"epoch {epoch} loss {loss.item():.4f} usage {[round(u, 3) for u in usage.tolist()]}")


x, y = piecewise(2048)
xt, yt = piecewise(800)
moe = MixtureOfExperts(3, 1, ["linear", "linear", "mlp", "mlp"])
fit(moe, x, y)
moe.eval()
with torch.no_grad():
    preds = torch.cat([moe(b)[0] for b in xt.split(32)])
    r2 = 1 - ((preds - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
