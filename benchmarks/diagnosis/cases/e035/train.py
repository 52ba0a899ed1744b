import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Baskets(Dataset):
    """Baskets of goods: (price, weight, fragile) each; predict the cost of posting all of them."""

    def __init__(self, n):
        self.sets = []
        for _ in range(n):
            k = int(torch.randint(1, 201, ()))
            goods = torch.stack([torch.rand(k), torch.rand(k) ** 2, (torch.rand(k) < 0.3).float()], 1)
            cost = (0.1 * goods[:, 1] + 0.1 * goods[:, 0] * goods[:, 2] + 0.02 * (goods[:, 1] > 0.5)).sum()
            self.sets.append((goods, cost + 1.0))

    def __len__(self):
        return len(self.sets)

    def __getitem__(self, i):
        return self.sets[i]


def pad(batch):
    longest = max(len(goods) for goods, _ in batch)
    x = torch.zeros(len(batch), longest, 3)
    mask = torch.zeros(len(batch), longest)
    for i, (goods, _) in enumerate(batch):
        x[i, : len(goods)] = goods
        mask[i, : len(goods)] = 1
    return x, mask, torch.stack([cost for _, cost in batch])


class DeepSets(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.rho = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x, mask):
        pooled = (self.phi(x) * mask.unsqueeze(-1)).sum(1)
        return self.rho(pooled).squeeze(-1)


model = DeepSets()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
train_loader = DataLoader(Baskets(1600), batch_size=32, shuffle=True, collate_fn=pad)
test_loader = DataLoader(Baskets(400), batch_size=100, collate_fn=pad)
for epoch in range(10):
    model.train()
    total = 0.0
    for x, mask, cost in train_loader:
        loss = nn.functional.huber_loss(model(x, mask), cost)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} huber {total / len(train_loader):.4f}")

model.eval()
with torch.no_grad():
    pred, true = zip(*[(model(x, m), c) for x, m, c in test_loader])
pred, true = torch.cat(pred), torch.cat(true)
print(f"FINAL r2={1 - ((pred - true) ** 2).mean().item() / true.var().item():.4f}")
