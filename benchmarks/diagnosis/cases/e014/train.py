import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
DIGITS, SEP = 3, 10


def comparisons(n):
    a, b = torch.randint(0, 1000, (2, n))
    powers = torch.tensor([100, 10, 1])
    tokens = torch.cat([a[:, None] // powers % 10, torch.full((n, 1), SEP), b[:, None] // powers % 10], 1)
    return tokens, (a > b).long()


class Comparer(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.tok = nn.Embedding(11, d)
        self.pos = nn.Parameter(torch.randn(7, d) * 0.2)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, batch_first=True), 2)
        self.out = nn.Linear(d, 2)

    def forward(self, x):
        return self.out(self.enc(self.tok(x) + self.pos)[:, 3])


model = Comparer()
WARMUP = 150
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.98), eps=1e-9)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(s / WARMUP, (WARMUP / max(s, 1)) ** 0.5))
for step in range(500):
    x, y = comparisons(64)
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 100 == 0:
        print(f"step {step} lr {schedule.get_last_lr()[0]:.2e} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = comparisons(3000)
    print(f"FINAL accuracy={(model(x).argmax(1) == y).float().mean().item():.4f}")
