import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Recommender(nn.Module):
    def __init__(self, n_users, n_items, dim=12):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        self.fc1 = nn.Linear(2 * dim, 48)
        self.fc2 = nn.Linear(48, 1)
        nn.init.normal_(self.user.weight, std=0.3)
        nn.init.normal_(self.item.weight, std=0.3)

    def forward(self, u, i):
        z = torch.cat([self.user(u), self.item(i)], dim=1)
        z = F.leaky_relu(self.fc1(z))
        z = self.fc2(z)
        return 1 + 4 * torch.sigmoid(z).squeeze(1)


def make_ratings(rng, n_users=150, n_items=100, n=9000):
    taste, kind = rng.randn(n_users, 3), rng.randn(n_items, 3)
    bias_u, bias_i = 0.5 * rng.randn(n_users), 0.7 * rng.randn(n_items)
    u, i = rng.randint(0, n_users, n), rng.randint(0, n_items, n)
    raw = 3.2 + bias_u[u] + bias_i[i] + 0.25 * (taste[u] * kind[i]).sum(1) + 0.3 * rng.randn(n)
    return torch.tensor(u), torch.tensor(i), torch.tensor(np.clip(np.round(raw), 1, 5)).float()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    u, i, r = make_ratings(np.random.RandomState(seed))
    train = TensorDataset(u[:7500], i[:7500], r[:7500])
    model = Recommender(150, 100)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(10):
        total = 0.0
        for ub, ib, rb in DataLoader(train, batch_size=100, shuffle=True):
            loss = F.mse_loss(model(ub, ib), rb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rb)
        print(f"epoch {epoch + 1}: rmse {(total / 7500) ** 0.5:.4f}")
    with torch.no_grad():
        guess = model(u[7500:], i[7500:])
    truth = r[7500:]
    print(f"FINAL rmse={((guess - truth) ** 2).mean().sqrt().item():.4f}")


if __name__ == "__main__":
    main()
