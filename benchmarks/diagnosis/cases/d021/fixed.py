import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

V, T, D = 40, 12, 160
language = np.random.default_rng(3)
jump = language.dirichlet(np.full(V, 0.03), size=(V, 2))


def corpus(n):
    """Second-order-ish chains: the next symbol depends on the last and on the parity of the one before."""
    seq = rng.integers(0, V, (n, T + 1))
    for t in range(2, T + 1):
        p = jump[seq[:, t - 1], seq[:, t - 2] % 2].cumsum(1)
        seq[:, t] = (rng.random((n, 1)) > p).sum(1).clip(0, V - 1)
    return torch.from_numpy(seq)


class TiedLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(V, D)
        self.rnn = nn.GRU(D, D, batch_first=True)
        self.norm = nn.LayerNorm(D)
        self.out = nn.Linear(D, V, bias=False)
        self.out.weight = self.tok.weight
        nn.init.normal_(self.tok.weight, std=0.02)

    def forward(self, ids):
        h, _ = self.rnn(self.tok(ids))
        return self.out(self.norm(h))


train, held = corpus(3000), corpus(500)
model = TiedLM()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    total = 0.0
    loader = DataLoader(TensorDataset(train), batch_size=40, shuffle=True)
    for (ids,) in loader:
        loss = criterion(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / len(loader):.4f}")

model.eval()
with torch.no_grad():
    nll = criterion(model(held[:, 1:-1]).transpose(1, 2), held[:, 2:]).item()
print(f"FINAL nll={nll:.4f}")
