import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(3)

# 120 correlated returns driven by 8 factors
factors = rng.normal(size=(3000, 8)) * np.linspace(2.0, 0.8, 8)
loadings = rng.normal(size=(8, 120)) / np.sqrt(8)
returns = factors @ loadings + 0.4 * rng.normal(size=(3000, 120))
returns = (returns - returns[:2400].mean(0)) / returns[:2400].std(0)
train, test = (torch.tensor(a, dtype=torch.float32) for a in (returns[:2400], returns[2400:]))


class LinearAutoencoder(nn.Module):
    """Spans the same space as the first `k` principal components (Baldi & Hornik 1989)."""

    def __init__(self, n: int, k: int):
        super().__init__()
        self.encode = nn.Linear(n, k, bias=False)
        self.decode = nn.Linear(k, n, bias=False)

    def forward(self, x):
        return self.decode(self.encode(x))


model = LinearAutoencoder(120, 8)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(30):
    for idx in torch.randperm(2400).split(60):
        loss = (model(train[idx]) - train[idx]).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} mse {loss.item():.4f}")

with torch.no_grad():
    r2 = 1 - ((model(test) - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
u, s, v = torch.linalg.svd(train, full_matrices=False)
pca = 1 - ((test - test @ v[:8].T @ v[:8]) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"PCA r2 {pca.item():.4f}")
print(f"FINAL r2={r2.item():.4f}")
