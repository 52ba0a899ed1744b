import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

features, strength = make_friedman1(1500, n_features=10, noise=0.6, random_state=SEED)
features = torch.tensor(StandardScaler().fit_transform(features), dtype=torch.float32)
strength = torch.tensor((strength - strength.mean()) / strength.std(), dtype=torch.float32)
n_val = 300
x_tr, x_va, y_tr, y_va = features[n_val:], features[:n_val], strength[n_val:], strength[:n_val]


class SemiAuto(nn.Module):
    """Shared trunk, one head for the target and one which rebuilds the inputs."""

    def __init__(self, d, h=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(d, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU())
        self.target_head = nn.Linear(h, 1)
        self.rebuild = nn.Linear(h, d)

    def forward(self, x, noise=0.0):
        h = self.trunk(x + noise * torch.randn_like(x))
        return self.target_head(h), self.rebuild(h), h


def objective(model, x, y):
    y_hat, x_hat, h = model(x, noise=0.05)
    second, _, _ = model(x, noise=0.05)
    terms = {
        "fit": F.huber_loss(y_hat, y, delta=1.5),
        "rebuild": 0.3 * F.mse_loss(x_hat, x),
        "consistency": 0.2 * (y_hat - second).pow(2).mean(),
        "activity": 1e-4 * h.abs().sum(1).mean(),
    }
    return sum(terms.values()), {k: v.item() for k, v in terms.items()}


def r2(model):
    model.eval()
    with torch.no_grad():
        p = model(x_va)[0].flatten()
    return 1 - ((p - y_va) ** 2).sum().item() / ((y_va - y_va.mean()) ** 2).sum().item()


model = SemiAuto(10)
optim = torch.optim.RAdam(model.parameters(), lr=4e-3)
for epoch in range(25):
    model.train()
    for idx in torch.randperm(len(x_tr)).split(64):
        loss, parts = objective(model, x_tr[idx], y_tr[idx])
        optim.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optim.step()
    if epoch % 6 == 0:
        print(epoch, {k: round(v, 4) for k, v in parts.items()})
print(f"FINAL r2={r2(model):.4f}")
