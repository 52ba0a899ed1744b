import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# shop visits: a few crossed id features (wide) and dense behaviour features (deep)
N, N_IDS, D = 6000, 400, 12
ids = rng.integers(0, N_IDS, size=(N, 3))
dense = rng.normal(size=(N, D)).astype("float32")
id_effect = np.random.default_rng(7).normal(0, 1.0, size=N_IDS)
mix = np.random.default_rng(8).normal(size=(D, 3))
h = dense @ mix / np.sqrt(D)
score = id_effect[ids].sum(1) + 2.2 * h[:, 0] * h[:, 1] + 1.2 * np.sin(2 * h[:, 2])
spent = (score + rng.normal(0, 0.4, N)).astype("float32")
spent = (spent - spent[:4800].mean()) / spent[:4800].std()

train = TensorDataset(torch.from_numpy(ids[:4800]), torch.from_numpy(dense[:4800]), torch.from_numpy(spent[:4800]))
test_ids, test_dense, test_y = map(torch.from_numpy, (ids[4800:], dense[4800:], spent[4800:]))


class WideAndDeep(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.EmbeddingBag(N_IDS, 1, mode="sum")
        nn.init.zeros_(self.wide.weight)
        self.deep = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, ids, dense):
        return (self.wide(ids) + self.deep(dense)).squeeze(1)


model = WideAndDeep()
wide_opt = torch.optim.Adagrad(model.wide.parameters(), lr=0.1)
deep_opt = torch.optim.Adam(model.deep.parameters(), lr=2e-3)
criterion = nn.MSELoss()

for epoch in range(20):
    model.train()
    total = 0.0
    for i, x, y in DataLoader(train, batch_size=64, shuffle=True):
        deep_opt.zero_grad()
        loss = criterion(model(i, x), y)
        loss.backward()
        wide_opt.step()
        deep_opt.step()
        total += loss.item() * len(y)
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: train mse {total / len(train):.4f}")

model.eval()
with torch.no_grad():
    pred = model(test_ids, test_dense)
r2 = 1 - ((pred - test_y) ** 2).sum() / ((test_y - test_y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
