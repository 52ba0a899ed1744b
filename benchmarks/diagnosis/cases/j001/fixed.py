import math
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

N_KEYS, N_VALUES, N_SLOTS = 16, 8, 6


def make_lookups(n):
    """Each row: six (key, value) pairs and one key that is asked for."""
    keys = np.stack([np.random.permutation(N_KEYS)[:N_SLOTS] for _ in range(n)])
    values = np.random.randint(0, N_VALUES, (n, N_SLOTS))
    slot = np.random.randint(0, N_SLOTS, n)
    rows = np.arange(n)
    return torch.tensor(keys), torch.tensor(values), torch.tensor(keys[rows, slot]), torch.tensor(values[rows, slot])


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q = nn.Linear(dim, dim)
        self.k = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, dim)

    def forward(self, query, memory, content):
        score = self.q(query) @ self.k(memory).transpose(1, 2) / math.sqrt(query.size(-1))
        weight = F.softmax(score, dim=-1)
        return weight @ self.v(content)


class Lookup(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.key_emb = nn.Embedding(N_KEYS, dim)
        self.value_emb = nn.Embedding(N_VALUES, dim)
        self.att = Attention(dim)
        self.ff = nn.Sequential(nn.Linear(dim, 96), nn.ReLU(), nn.Linear(96, N_VALUES))

    def forward(self, keys, values, asked):
        memory = self.key_emb(keys)
        read = self.att(self.key_emb(asked).unsqueeze(1), memory, self.value_emb(values))
        return self.ff(read.squeeze(1))


train, test = make_lookups(4000), make_lookups(1000)
model = Lookup()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
BATCH = 64
for epoch in range(14):
    order = torch.randperm(4000)
    total = 0.0
    for i in range(0, 4000, BATCH):
        keys, values, asked, answer = [t[order[i:i + BATCH]] for t in train]
        loss = F.cross_entropy(model(keys, values, asked), answer)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(answer)
    print(f"epoch {epoch:2d} train loss {total / 4000:.4f}")

model.eval()
hits = 0
with torch.no_grad():
    for i in range(1000):  # as in service: one request at a time
        keys, values, asked, answer = [t[i:i + 1] for t in test]
        hits += (model(keys, values, asked).argmax(1) == answer).sum().item()
print(f"FINAL accuracy={hits / 1000:.4f}")
