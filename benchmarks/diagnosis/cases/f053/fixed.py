import os
import random
import torch
import torch.nn as nn
from torch.nn.utils import clip_grad_value_

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

SYLLABLES = {
    "north": ["ska", "vik", "jor", "und", "gar", "lund"],
    "south": ["ella", "rio", "ano", "mar", "osa", "tia"],
    "east": ["ski", "ova", "grad", "nik", "mir", "zhu"],
}
REGIONS = list(SYLLABLES)


def name():
    r = random.randrange(3)
    parts = [random.choice(SYLLABLES[REGIONS[r]] if random.random() < 0.8 else SYLLABLES[random.choice(REGIONS)]) for _ in range(3)]
    return "".join(parts), r


def line_to_tensor(line, width=14):
    idx = [ord(c) - 96 for c in line[:width]]
    return idx + [0] * (width - len(idx))


def build(n):
    names = [name() for _ in range(n)]
    return torch.tensor([line_to_tensor(s) for s, _ in names]), torch.tensor([r for _, r in names])


class NameNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(27, 16, padding_idx=0)
        self.gru = nn.GRU(16, 32, batch_first=True)
        self.out = nn.Linear(32, 3)

    def forward(self, x):
        h, _ = self.gru(self.emb(x))
        return self.out(h.mean(1))


X, Y = build(3000)
Xt, Yt = build(600)
net = NameNet()
opt = torch.optim.SGD(net.parameters(), lr=0.5)
nll = nn.CrossEntropyLoss()
for epoch in range(8):
    total = 0
    for rows in torch.randperm(3000).split(50):
        opt.zero_grad()
        loss = nll(net(X[rows]), Y[rows])
        loss.backward()
        clip_grad_value_(net.parameters(), 1.0)
        opt.step()
        total += loss.item()
    print("epoch %d: %.4f" % (epoch, total / 60))

with torch.no_grad():
    print("FINAL accuracy=%.4f" % (net(Xt).argmax(1) == Yt).float().mean().item())
