import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

KEYS, ITEMS, DIM = 12, 8, 64


def batch(n):
    """Key-value pairs followed by a query; answer the value that goes with the key."""
    keys = torch.stack([torch.randperm(KEYS)[:ITEMS] for _ in range(n)])
    values = torch.randint(0, 10, (n, ITEMS))
    pick = torch.randint(0, ITEMS, (n,))
    query = keys[torch.arange(n), pick]
    return keys, values, query, values[torch.arange(n), pick]


class Lookup(nn.Module):
    def __init__(self):
        super().__init__()
        self.key = nn.Embedding(KEYS, DIM)
        self.query = nn.Embedding(KEYS, DIM)
        self.value = nn.Embedding(10, DIM)
        self.q_proj = nn.Linear(DIM, DIM, bias=False)
        self.out = nn.Sequential(nn.LayerNorm(DIM), nn.Linear(DIM, 10))
        nn.init.orthogonal_(self.q_proj.weight)

    def forward(self, keys, values, query):
        k, v, q = self.key(keys), self.value(values), self.q_proj(self.query(query))
        scores = torch.einsum("bd,bnd->bn", q, k)
        e = scores.exp()
        attention = e / e.sum(1, keepdim=True)
        return self.out(torch.einsum("bn,bnd->bd", attention, v))


net = Lookup()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-2)
for step in range(500):
    *inputs, answer = batch(64)
    loss = nn.functional.cross_entropy(net(*inputs), answer)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(step, round(loss.item(), 4))

with torch.no_grad():
    *inputs, answer = batch(1000)
    accuracy = (net(*inputs).argmax(1) == answer).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
