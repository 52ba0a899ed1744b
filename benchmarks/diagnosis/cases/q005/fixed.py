import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

NOISE = "the a of on in at to for with and by from this that it is was be as or an are were has have had not but".split()
ORDER = ["late parcel", "parcel never came", "where is my order", "order not delivered"]
MONEY = ["charged twice", "refund my money", "wrong price billed", "billed my card twice"]
BROKEN = ["arrived broken", "screen is cracked", "stopped working", "will not switch on"]
PRAISE = ["works so well", "never had better", "love my new order", "price is right"]
KINDS = [ORDER, MONEY, BROKEN, PRAISE]
words = sorted({w for kind in KINDS for p in kind for w in p.split()} | set(NOISE))
index = {w: i + 1 for i, w in enumerate(words)}
ALL = [w for kind in KINDS for p in kind for w in p.split()]


def ticket():
    label = random.randrange(4)
    text = [random.choice(NOISE + ALL) for _ in range(random.randint(6, 16))]
    at = random.randint(0, len(text))
    text[at:at] = random.choice(KINDS[label]).split()
    ids = [index[w] for w in text][:24]
    return ids + [0] * (24 - len(ids)), label


def table(n):
    rows = [ticket() for _ in range(n)]
    return torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows])


class TextCNN(nn.Module):
    def __init__(self, vocab, dim=24, channels=12, widths=(2, 3, 4)):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(dim, channels, w) for w in widths])
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(channels * len(widths), 4)

    def forward(self, ids):
        e = self.embed(ids).transpose(1, 2)
        pooled = [F.relu(conv(e)).amax(2) for conv in self.convs]
        return self.out(self.drop(torch.cat(pooled, 1)))


x, y = table(2400)
xt, yt = table(800)
model = TextCNN(len(words) + 1)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)

for epoch in range(9):
    model.train()
    order = torch.randperm(len(x))
    for chunk in order.split(48):
        loss = F.cross_entropy(model(x[chunk]), y[chunk])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(xt).argmax(1) == yt).float().mean().item()
    print(f"epoch {epoch + 1} last loss {loss.item():.3f} accuracy {accuracy:.3f}")

print(f"FINAL accuracy={accuracy:.4f}")
