import os
import torch
import numpy as np
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import make_friedman1

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = make_friedman1(n_samples=2400, n_features=10, noise=0.5, random_state=int(os.environ.get("SEED", 0)))
X = (X - X.mean(0)) / X.std(0)
mu, sd = y[:1800].mean(), y[:1800].std()
y = (y - mu) / sd
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)

train_dl = DataLoader(TensorDataset(X[:1800], y[:1800]), batch_size=60, shuffle=True)

OPTIMS = {
    "adam": lambda p, lr, b1, b2: torch.optim.Adam(p, lr=lr, betas=(b1, b2)),
    "rmsprop": lambda p, lr, b1, b2: torch.optim.RMSprop(p, lr=lr, alpha=b1, momentum=b2),
}


def get_optimizer(name, net, lr, beta2=0.999, beta1=0.9):
    return OPTIMS[name](net.parameters(), lr, beta1, beta2)


class Regressor(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.fc1 = nn.Linear(d, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


net = Regressor(10)
optim = get_optimizer("adam", net, 2e-3, 0.9, 0.999)
for ep in range(20):
    net.train()
    losses = []
    for xb, yb in train_dl:
        loss = nn.functional.mse_loss(net(xb), yb)
        optim.zero_grad()
        loss.backward()
        optim.step()
        losses.append(loss.item())
    if ep % 4 == 3:
        print("epoch", ep + 1, "mse", np.mean(losses))

net.eval()
with torch.no_grad():
    res = y[1800:] - net(X[1800:])
r2 = 1 - (res.pow(2).sum() / (y[1800:] - y[1800:].mean()).pow(2).sum()).item()
print(f"FINAL r2={r2:.4f}")
