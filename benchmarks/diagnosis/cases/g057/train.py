import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

n_users, n_items, rank = 150, 120, 4
taste = rng.randn(n_users, rank)
trait = rng.randn(n_items, rank)
full = taste @ trait.T / 2
pairs = np.stack(np.meshgrid(np.arange(n_users), np.arange(n_items), indexing="ij"), -1).reshape(-1, 2)
rng.shuffle(pairs)
pairs = pairs[:9000]
score = full[pairs[:, 0], pairs[:, 1]] + 0.2 * rng.randn(len(pairs))
pairs, score = torch.from_numpy(pairs), torch.tensor(score, dtype=torch.float32)
n_train = 7500


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.user_factors.weight.data.uniform_(-1e-5, 1e-5)
        self.item_factors.weight.data.uniform_(-1e-5, 1e-5)
        self.user_bias.weight.data.zero_()
        self.item_bias.weight.data.zero_()

    def forward(self, user, item):
        dot = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return dot + self.user_bias(user).squeeze(1) + self.item_bias(item).squeeze(1)


model = MatrixFactorization(n_users, n_items, 8)
loader = DataLoader(TensorDataset(pairs[:n_train], score[:n_train]), batch_size=100, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
loss_fn = nn.MSELoss()
for epoch in range(16):
    total = 0
    for batch, target in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(batch[:, 0], batch[:, 1]), target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: mse {total / len(loader):.4f}")

with torch.no_grad():
    held = pairs[n_train:]
    error = ((model(held[:, 0], held[:, 1]) - score[n_train:]) ** 2).mean()
print(f"FINAL r2={(1 - error / score[n_train:].var()).item():.4f}")
