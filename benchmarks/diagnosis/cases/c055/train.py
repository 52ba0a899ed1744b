import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
PAD, BOS, V, L = 0, 1, 12, 7


def batch(n):
    """Variable-length strings; the target is the string shifted up by one symbol."""
    size = torch.randint(3, L + 1, (n,))
    src = torch.randint(2, V, (n, L))
    mask = torch.arange(L)[None] >= size[:, None]
    src = src.masked_fill(mask, PAD)
    tgt = torch.where(src == PAD, src, 2 + (src - 1) % (V - 2))
    return src, tgt


class Seq2Seq(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.pos = nn.Parameter(0.1 * torch.randn(L, d))
        self.enc = nn.GRU(d, d, batch_first=True)
        self.dec = nn.GRU(d, d, batch_first=True)
        self.query = nn.Linear(d, d)
        self.out = nn.Linear(2 * d, V)

    def forward(self, src, tgt):
        memory, _ = self.enc(self.emb(src) + self.pos)
        memory = memory + self.emb(src) + self.pos
        shifted = torch.cat([torch.full_like(tgt[:, :1], BOS), tgt[:, :-1]], 1)
        state, _ = self.dec(self.emb(shifted) + self.pos)
        scores = self.query(state) @ memory.transpose(1, 2) / memory.shape[-1] ** 0.5
        scores = scores.masked_fill((src == PAD)[:, None], float("-inf"))
        context = scores.softmax(-1) @ memory
        return self.out(torch.cat([state, context], -1))


model = Seq2Seq()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
ce = nn.CrossEntropyLoss(ignore_index=PAD)
for step in range(450):
    src, tgt = batch(48)
    loss = ce(model(src, tgt).transpose(1, 2), tgt)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 75 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    src, tgt = batch(800)
    real = tgt != PAD
    acc = (model(src, tgt).argmax(-1) == tgt)[real].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
