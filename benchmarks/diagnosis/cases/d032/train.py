import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

DIGITS, N = 10, 8


def make(n):
    """The label of each place is the number of larger digits to its left."""
    seq = torch.randint(0, DIGITS, (n, N))
    larger = seq[:, None, :] > seq[:, :, None]
    left = torch.ones(N, N).tril(-1).bool()
    return seq, (larger & left).sum(-1)


class Counter(nn.Module):
    def __init__(self, d=48, heads=4, layers=2):
        super().__init__()
        self.digit = nn.Embedding(DIGITS, d)
        self.place = nn.Embedding(N, d)
        block = nn.TransformerEncoderLayer(d, heads, 2 * d, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, N)

    def forward(self, seq):
        h = self.digit(seq) + self.place(torch.arange(N))
        return self.head(self.norm(self.body(h)))


model = Counter()
opt = torch.optim.Adam(model.parameters(), lr=3e-2)
lossf = nn.CrossEntropyLoss()
for step in range(500):
    seq, label = make(48)
    loss = lossf(model(seq).reshape(-1, N), label.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step:3d} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    seq, label = make(1000)
    acc = (model(seq).argmax(-1) == label).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
