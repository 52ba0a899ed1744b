import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
LEN, DIM, HOPS = 8, 48, 3


def jumps(n):
    """A permutation as a linked list: where do two hops from the marked cell lead?"""
    nxt = torch.rand(n, LEN).argsort(1)
    start = torch.randint(0, LEN, (n,))
    end = start
    for _ in range(2):
        end = nxt.gather(1, end[:, None]).squeeze(1)
    return nxt, start, end


class SharedStep(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(DIM, 4, batch_first=True)
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.mlp = nn.Sequential(nn.Linear(DIM, 96), nn.GELU(), nn.Linear(96, DIM))

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class Hopper(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.Embedding(LEN, DIM)
        self.points_to = nn.Embedding(LEN, DIM)
        self.mark = nn.Parameter(torch.randn(DIM) * 0.5)
        # one block, applied again and again, as in a universal transformer
        self.step = SharedStep()
        self.norm = nn.LayerNorm(DIM)
        self.head = nn.Linear(DIM, 1)

    def forward(self, nxt, start):
        x = self.cell.weight + self.points_to(nxt)
        x = x + F.one_hot(start, LEN)[..., None] * self.mark
        for _ in range(HOPS):
            x = self.step(x)
        return self.head(self.norm(x)).squeeze(-1)


model = Hopper()
steps = 700
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.01)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(s / 40, 1) * 0.5 * (1 + math.cos(math.pi * s / steps)))
for step in range(steps):
    nxt, start, end = jumps(64)
    loss = F.cross_entropy(model(nxt, start), end)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 75 == 0:
        print(f"{step:4d} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    nxt, start, end = jumps(1500)
    acc = (model(nxt, start).argmax(1) == end).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
