import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

TOPICS, PER_TOPIC, NEG = 10, 24, 5
VOCAB = TOPICS * PER_TOPIC


def documents(n, length=18):
    """Every document keeps to a topic, with a Zipf-like use of its words, and some noise."""
    p = 1 / np.arange(1, PER_TOPIC + 1) ** 0.7
    topic = rng.integers(0, TOPICS, n)
    words = rng.choice(PER_TOPIC, (n, length), p=p / p.sum()) * TOPICS + topic[:, None]
    noise = rng.random((n, length)) < 0.15
    words[noise] = rng.integers(0, VOCAB, noise.sum())
    return words


def pairs(docs, window=3):
    out = []
    for off in range(1, window + 1):
        out.append(np.stack([docs[:, :-off].ravel(), docs[:, off:].ravel()], 1))
    both = np.concatenate(out)
    return np.concatenate([both, both[:, ::-1]])


class SkipGram(nn.Module):
    def __init__(self, vocab, dim=24):
        super().__init__()
        self.center = nn.Embedding(vocab, dim, sparse=True)
        self.context = nn.Embedding(vocab, dim, sparse=True)
        nn.init.uniform_(self.center.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.context.weight)

    def forward(self, c, o, neg):
        v = self.center(c)
        good = (v * self.context(o)).sum(-1)
        bad = (self.context(neg) @ v.unsqueeze(-1)).squeeze(-1)
        return -(F.logsigmoid(good) + F.logsigmoid(-bad).sum(1)).mean()


docs = documents(900)
data = torch.tensor(pairs(docs).copy())
freq = torch.bincount(torch.tensor(docs).flatten(), minlength=VOCAB).float() ** 0.75
model = SkipGram(VOCAB)
optimizer = torch.optim.SparseAdam(list(model.parameters()), lr=5e-3)
print(f"{len(data)} pairs")
for epoch in range(3):
    total = n = 0
    for batch in data[torch.randperm(len(data))].split(256):
        neg = torch.multinomial(freq, len(batch) * NEG, replacement=True).view(-1, NEG)
        loss = model(batch[:, 0], batch[:, 1], neg)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, n = total + loss.item(), n + 1
    print(f"epoch {epoch} loss {total / n:.4f}")

with torch.no_grad():
    v = F.normalize(model.center.weight, dim=1)
    sim = v @ v.t()
    sim.fill_diagonal_(-2)
same = (sim.argmax(1) % TOPICS == torch.arange(VOCAB) % TOPICS).float().mean().item()
print(f"FINAL purity={same:.4f}")
