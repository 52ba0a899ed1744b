"""Rating prediction with embeddings and a small interaction network."""
import os
import math
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
gen = torch.Generator().manual_seed(SEED + 100)
torch.manual_seed(SEED)

USERS, ITEMS, RANK = 400, 300, 4
pu = torch.randn(USERS, RANK, generator=gen)
qi = torch.randn(ITEMS, RANK, generator=gen)
bu = 0.5 * torch.randn(USERS, generator=gen)
bi = 0.8 * torch.randn(ITEMS, generator=gen)


def ratings(n):
    u = torch.randint(USERS, (n,), generator=gen)
    i = torch.randint(ITEMS, (n,), generator=gen)
    r = (pu[u] * qi[i]).sum(1) / math.sqrt(RANK) + bu[u] + bi[i]
    return u, i, r + 0.2 * torch.randn(n, generator=gen)


class Recommender(nn.Module):
    def __init__(self, dim: int = 12):
        super().__init__()
        self.user = nn.Embedding(USERS, dim)
        self.item = nn.Embedding(ITEMS, dim)
        self.user_bias = nn.Embedding(USERS, 1)
        self.item_bias = nn.Embedding(ITEMS, 1)
        for table in (self.user, self.item, self.user_bias, self.item_bias):
            nn.init.normal_(table.weight, std=0.1)
        self.norm = nn.LayerNorm(3 * dim)
        self.fc1 = nn.Linear(3 * dim, 32)
        self.fc2 = nn.Linear(32, 1)

    def forward(self, u, i):
        p, q = self.user(u), self.item(i)
        h = self.norm(torch.cat([p, q, p * q], dim=-1))
        deep = self.fc2(torch.relu(self.fc1(h)))
        wide = (p * q).sum(-1, keepdim=True) + self.user_bias(u) + self.item_bias(i)
        return (deep + wide).squeeze(-1)


def param_groups(model: nn.Module, weight_decay: float):
    decay, no_decay = [], []
    for module in model.modules():
        if isinstance(module, nn.Linear):
            decay.append(module.weight)
            if module.bias is not None:
                no_decay.append(module.bias)
        elif isinstance(module, (nn.LayerNorm, nn.BatchNorm1d, nn.Embedding)):
            no_decay += list(module.parameters(recurse=False))
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]


train, test = ratings(24000), ratings(3000)
model = Recommender()
optimizer = torch.optim.AdamW(param_groups(model, 1e-2), lr=5e-3)
steps_per_epoch = math.ceil(24000 / 256)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=10 * steps_per_epoch)

for epoch in range(10):
    model.train()
    perm = torch.randperm(24000)
    running = 0.0
    for k in range(0, 24000, 256):
        b = perm[k : k + 256]
        optimizer.zero_grad()
        loss = nn.functional.huber_loss(model(train[0][b], train[1][b]), train[2][b])
        loss.backward()
        optimizer.step()
        scheduler.step()
        running += loss.item()
    model.eval()
    with torch.inference_mode():
        out = model(test[0], test[1])
        r2 = 1 - (out - test[2]).square().mean() / test[2].var(unbiased=False)
    print(f"{epoch=} loss={running / steps_per_epoch:.4f} r2={r2:.4f}")
print(f"FINAL r2={r2.item():.4f}")
