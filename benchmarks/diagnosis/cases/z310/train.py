import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def transactions(n):
    """2 % fraud: odd hour with a large amount in a rare shop type."""
    hour, shop, amount = rng.integers(0, 24, n), rng.integers(0, 12, n), rng.lognormal(3, 1, n)
    score = 1.5 * (hour < 6) + 1.2 * np.isin(shop, [3, 7, 11]) + 1.1 * np.log(amount) + rng.normal(0, 0.4, n)
    y = (score > np.quantile(score, 0.98)).astype(np.float32)
    return torch.tensor(hour), torch.tensor(shop), torch.tensor(np.log(amount) - 3, dtype=torch.float32), torch.tensor(y)


class Fraud(nn.Module):
    def __init__(self):
        super().__init__()
        self.hour, self.shop = nn.Embedding(24, 6), nn.Embedding(12, 4)
        self.mlp = nn.Sequential(nn.Linear(11, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, h, s, a):
        return self.mlp(torch.cat([self.hour(h), self.shop(s), a[:, None]], 1)).squeeze(1)


train, test = transactions(12000), transactions(6000)
y = train[3]
sampler = WeightedRandomSampler(torch.where(y > 0, 0.5 / y.sum(), 0.5 / (1 - y).sum()), 6400)
loader = DataLoader(TensorDataset(*train), batch_size=64, sampler=sampler)
net = Fraud()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
for epoch in range(5):
    tot = 0.0
    for h, s, a, t in loader:
        loss = F.binary_cross_entropy_with_logits(net(h, s, a), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} loss {tot / len(loader):.4f}")
net.eval()
with torch.no_grad():
    score = net(*test[:3])
print(f"flagged {(score > 0).float().mean():.3f} of the test set, fraud share {test[3].mean():.3f}")
print(f"FINAL auc={roc_auc_score(test[3].numpy(), score.numpy()):.4f}")
