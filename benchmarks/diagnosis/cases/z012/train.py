import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

X, y = make_friedman2(2500, noise=30.0, random_state=seed)
mu, sd = X[:2000].mean(0), X[:2000].std(0)
ymu, ysd = y[:2000].mean(), y[:2000].std()
X = torch.from_numpy((X - mu) / sd).float()
y = torch.from_numpy((y - ymu) / ysd).float().unsqueeze(1)
X_train, y_train, X_val, y_val = X[:2000], y[:2000], X[2000:], y[2000:]


class BayesNet(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.l1 = nn.Linear(4, 100)
        self.l2 = nn.Linear(100, 100)
        self.l3 = nn.Linear(100, 1)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(torch.relu(self.l1(x)))
        x = self.drop(torch.relu(self.l2(x)))
        return self.l3(x)


def mc_predict(model, x, passes=30):
    model.train()  # dropout stays on: each pass is one posterior sample
    with torch.no_grad():
        draws = torch.stack([model(x) for _ in range(passes)])
    return draws.mean(0), draws.std(0)


model = BayesNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
for epoch in range(30):
    model.train()
    perm = torch.randperm(2000)
    for i in range(0, 2000, 50):
        b = perm[i:i + 50]
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X_train[b]), y_train[b])
        loss.backward()
        optimizer.step()
    mean, std = mc_predict(model, X_val)
    inside = ((mean - y_val).abs() < 2 * std + 0.2).float().mean().item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: val mse {nn.functional.mse_loss(mean, y_val).item():.4f}, inside band {inside:.2f}")

r2 = 1 - ((mean - y_val) ** 2).sum() / ((y_val - y_val.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
