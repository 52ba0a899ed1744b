import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

people = ["anna", "boris", "clara", "dmitri", "edith"]
things = ["a lamp", "three books", "the blue kite", "some bread", "an umbrella"]
acts = ["bought", "lost", "found", "borrowed"]
text = "".join(f"{random.choice(people)} {random.choice(acts)} {random.choice(things)}.\n" for _ in range(1200))
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])
train, held = data[:-3000], data[-3000:]

STEPS = 500
BLOCK, BATCH = 32, 24


class CharGRU(nn.Module):
    def __init__(self, n, d=64):
        super().__init__()
        self.emb = nn.Embedding(n, 16)
        self.gru = nn.GRU(16, d, batch_first=True)
        self.head = nn.Linear(d, n)

    def forward(self, ids):
        return self.head(self.gru(self.emb(ids))[0])


def loss_of(model, ids):
    logits = model(ids[:, :-1])
    return nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


model = CharGRU(len(chars))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(STEPS):
    at = torch.randint(0, len(train) - BLOCK - 1, (BATCH,))
    ids = torch.stack([train[i:i + BLOCK + 1] for i in at])
    loss = loss_of(model, ids)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    nll = loss_of(model, held[None]).item()
print(f"FINAL nll={nll:.4f}")
