import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

N_USERS, N_ITEMS, RANK = 120, 90, 3


def interactions(n):
    taste = rng.normal(size=(N_USERS, RANK))
    kind = rng.normal(size=(N_ITEMS, RANK))
    u, i = rng.integers(0, N_USERS, n), rng.integers(0, N_ITEMS, n)
    r = (taste[u] * kind[i]).sum(1) / RANK ** 0.5 + 0.2 * rng.normal(size=n)
    return torch.tensor(u), torch.tensor(i), torch.tensor(r, dtype=torch.float32)


def start_vectors(rows, dim, scale=0.3):
    return torch.from_numpy(rng.normal(0, scale, (rows, dim)).astype("float32"))


class NeuralCF(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.user = nn.Embedding.from_pretrained(start_vectors(N_USERS, dim))
        self.item = nn.Embedding.from_pretrained(start_vectors(N_ITEMS, dim))
        self.user_bias = nn.Embedding(N_USERS, 1)
        self.item_bias = nn.Embedding(N_ITEMS, 1)
        self.mix = nn.Linear(dim, 1)
        self.mlp = nn.Sequential(nn.Linear(2 * dim, 16), nn.GELU(), nn.Linear(16, 1))
        for b in (self.user_bias, self.item_bias):
            nn.init.zeros_(b.weight)

    def forward(self, u, i):
        p, q = self.user(u), self.item(i)
        out = self.mix(p * q) + self.mlp(torch.cat([p, q], 1)) + self.user_bias(u) + self.item_bias(i)
        return out.squeeze(1)


u, i, r = interactions(7000)
cut = 6000
loader = DataLoader(TensorDataset(u[:cut], i[:cut], r[:cut]), batch_size=100, shuffle=True)
model = NeuralCF()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3, weight_decay=1e-5)
mse = nn.MSELoss()

for epoch in range(16):
    total = 0.0
    for a, b, c in loader:
        optimizer.zero_grad()
        loss = mse(model(a, b), c)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: rmse {(total / len(loader)) ** 0.5:.4f}")

with torch.no_grad():
    res = model(u[cut:], i[cut:]) - r[cut:]
print(f"FINAL r2={1 - res.pow(2).sum().item() / (r[cut:] - r[:cut].mean()).pow(2).sum().item():.4f}")
