import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

SYMBOLS, LENGTH, HIDDEN = 4, 12, 48


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, 16)
        self.rec = nn.GRU(16, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, SYMBOLS)

    def forward(self, seq):
        _, h = self.rec(self.embed(seq))
        return self.out(h[0])


def batch(n):
    seq = torch.randint(0, SYMBOLS, (n, LENGTH))
    return seq, seq[:, 0]


model = Recurrent()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
loss_fn = nn.CrossEntropyLoss()
for step in range(600):
    seq, label = batch(64)
    loss = loss_fn(model(seq), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    seq, label = batch(1000)
    accuracy = (model(seq).argmax(1) == label).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
