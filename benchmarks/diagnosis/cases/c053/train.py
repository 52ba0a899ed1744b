import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
x, y = torch.tensor(d.data / 16 - 0.3, dtype=torch.float32), torch.tensor(d.target)
p = torch.randperm(len(y))
x, y = x[p], y[p]


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 48)

    def forward(self, x):
        return F.gelu(self.l3(F.gelu(self.l2(F.gelu(self.l1(x))))))


body = Backbone()
pre = nn.Linear(48, 10)
opt = torch.optim.Adam([*body.parameters(), *pre.parameters()], lr=2e-3)
for step in range(400):
    b = torch.randint(0, 1200, (50,))
    loss = F.cross_entropy(pre(body(x[b])), y[b])
    opt.zero_grad()
    loss.backward()
    opt.step()
print("pretraining loss", round(loss.item(), 4))

# new task: is the digit a prime?
prime = torch.tensor([0, 0, 1, 1, 0, 1, 0, 1, 0, 0])[y].float()
head = nn.Linear(48, 1)
nn.init.zeros_(head.weight)
nn.init.zeros_(head.bias)
opt = torch.optim.AdamW([
    {"params": body.l1.parameters(), "lr": 1e-5},
    {"params": body.l2.parameters(), "lr": 3e-5},
    {"params": body.l3.parameters(), "lr": 1e-4},
    {"params": head.parameters(), "lr": 5e-3},
])
for epoch in range(8):
    for b in torch.randperm(1200).split(40):
        loss = F.binary_cross_entropy_with_logits(head(body(x[b])).squeeze(1), prime[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = ((head(body(x[1200:])).squeeze(1) > 0) == (prime[1200:] > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
