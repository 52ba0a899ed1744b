import os
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

cfg = {
    "optimizer": {"lr": 2e-3, "betas": (0.999, 0.9), "eps": 1e-8},
    "model": {"width": 64, "depth": 3},
    "train": {"epochs": 16, "batch": 64},
}


class ResMLP(nn.Module):
    def __init__(self, d_in, width, depth):
        super().__init__()
        self.lift = nn.Linear(d_in, width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(depth)])
        self.drop = nn.Linear(width, 1)

    def forward(self, x):
        h = self.lift(x)
        for norm, layer in zip(self.norms, self.layers):
            h = h + torch.relu(layer(norm(h)))
        return self.drop(h).squeeze(-1)


X, y = make_friedman1(n_samples=2600, n_features=10, noise=0.6, random_state=SEED)
X = torch.tensor((X - 0.5) * 3.46).float()
y = torch.tensor((y - y.mean()) / y.std()).float()
train = DataLoader(TensorDataset(X[:2000], y[:2000]), batch_size=cfg["train"]["batch"], shuffle=True)
net = ResMLP(10, **cfg["model"])
adam = torch.optim.Adam(net.parameters(), **cfg["optimizer"])
huber = nn.HuberLoss()
for epoch in range(cfg["train"]["epochs"]):
    for xb, yb in train:
        loss = huber(net(xb), yb)
        adam.zero_grad()
        loss.backward()
        adam.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} huber {loss.item():.4f}")

net.eval()
with torch.no_grad():
    pred = net(X[2000:])
print(f"FINAL r2={1 - ((pred - y[2000:]) ** 2).mean().item() / y[2000:].var().item():.4f}")
