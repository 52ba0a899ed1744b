import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
g = torch.Generator().manual_seed(31)
SPECIES = torch.randn(12, 5, generator=g)
OPTICS = torch.randn(5 + 6, 40, generator=g) / 3


def leaves(n):
    kind = torch.randint(0, 12, (n,))
    return SPECIES[kind] + 0.2 * torch.randn(n, 5), kind


def photograph(leaf):
    """Reflectance in forty bands; light and angle are different every time."""
    light = torch.randn(len(leaf), 6)
    return torch.tanh(torch.cat([leaf, light], 1) @ OPTICS) + 0.05 * torch.randn(len(leaf), 40)


def encoder():
    return nn.Sequential(nn.Linear(40, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 32))


class Moco(nn.Module):
    def __init__(self, keep=512, m=0.98, t=0.15):
        super().__init__()
        self.m, self.t, self.at = m, t, 0
        self.q = encoder()
        self.k = copy.deepcopy(self.q)
        for p in self.k.parameters():
            p.requires_grad = False
        self.register_buffer("queue", F.normalize(torch.randn(keep, 32), dim=1))

    def forward(self, a, b):
        q = F.normalize(self.q(a), dim=1)
        with torch.no_grad():
            for pk, pq in zip(self.k.parameters(), self.q.parameters()):
                pk.mul_(self.m).add_(pq, alpha=1 - self.m)
            k = F.normalize(self.k(b), dim=1)
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ self.queue.clone().t()], 1) / self.t
        loss = F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))
        self.queue[self.at:self.at + len(k)] = k
        self.at = (self.at + len(k)) % len(self.queue)
        return loss


moco = Moco()
opt = torch.optim.Adam(moco.q.parameters(), lr=1.5e-3)
for step in range(900):
    leaf, _ = leaves(64)
    loss = moco(photograph(leaf), photograph(leaf))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} contrastive loss {loss.item():.4f}")

# linear read-out on frozen unit-length features, which need a large rate
moco.eval().requires_grad_(False)
features = lambda x: F.normalize(moco.q(x), dim=1)
leaf, y_train = leaves(1000)
x_train = photograph(leaf)
leaf, y_test = leaves(1000)
x_test = photograph(leaf)
probe = nn.Linear(32, 12)
nn.init.zeros_(probe.weight)
nn.init.zeros_(probe.bias)
opt = torch.optim.SGD(probe.parameters(), lr=8.0)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [12, 18], 0.1)
for epoch in range(22):
    for idx in torch.randperm(1000).split(100):
        loss = F.cross_entropy(probe(features(x_train[idx])), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 5 == 4:
        print(f"probe epoch {epoch + 1} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (probe(features(x_test)).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
