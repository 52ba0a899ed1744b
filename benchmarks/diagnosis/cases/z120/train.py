import os
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

GOOD = "great lovely superb moving funny clever warm brilliant gripping fresh".split()
BAD = "dull awful clumsy boring stale noisy lazy painful empty bland".split()
FILL = [f"w{i}" for i in range(400)]
NEG = ["not", "never", "hardly"]


def review(r):
    y = r.random() < 0.5
    words = []
    for _ in range(r.randint(3, 6)):
        words += r.sample(FILL, r.randint(1, 3))
        pos = y if r.random() < 0.85 else not y
        if r.random() < 0.25:
            words += [r.choice(NEG), r.choice(BAD if pos else GOOD)]
        else:
            words.append(r.choice(GOOD if pos else BAD))
    return words, int(y)


r = random.Random(12)
reviews = [review(r) for _ in range(2400)]
vocab = {w: i + 1 for i, w in enumerate(sorted({w for t, _ in reviews for w in t}))}
ids = [torch.tensor([vocab[w] for w in t]) for t, _ in reviews]
X = pad_sequence(ids, batch_first=True)
L = torch.tensor([len(t) for t in ids])
Y = torch.tensor([y for _, y in reviews], dtype=torch.float32)
tr, te = torch.arange(1600), torch.arange(1600, 2400)


class SentimentGRU(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, 24, padding_idx=0)
        self.gru = nn.GRU(24, 32, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(64, 1)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embed(x), lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.fc(torch.cat([h[0], h[1]], 1)).squeeze(1)


model = SentimentGRU(len(vocab) + 1)
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(8):
    model.train()
    hits = 0
    for idx in tr[torch.randperm(len(tr))].split(32):
        out = model(X[idx], L[idx])
        loss = loss_fn(out, Y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += ((out > 0) == (Y[idx] > 0.5)).sum().item()
    model.eval()
    with torch.no_grad():
        out = model(X[te], L[te])
        val_loss = loss_fn(out, Y[te]).item()
        acc = ((out > 0) == (Y[te] > 0.5)).float().mean().item()
    print(f"epoch {epoch + 1} train acc {hits / len(tr):.4f} val loss {val_loss:.4f} val acc {acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
