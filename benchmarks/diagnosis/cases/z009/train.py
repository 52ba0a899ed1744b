import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
g = torch.Generator().manual_seed(5 + int(os.environ.get("SEED", 0)))

subjects = ["the cat", "a dog", "my aunt", "the old man", "a small bird", "nobody"]
verbs = ["sees", "likes", "follows", "paints", "forgets"]
objects = ["the moon", "a red ball", "some bread", "the river", "a song"]
ends = [".", " again.", " at night.", " every day."]


def pick(xs):
    return xs[torch.randint(len(xs), (1,), generator=g).item()]


text = " ".join(f"{pick(subjects)} {pick(verbs)} {pick(objects)}{pick(ends)}" for _ in range(1500))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
ids = torch.tensor([stoi[c] for c in text])
cut = int(0.9 * len(ids))
train_ids, val_ids = ids[:cut], ids[cut:]
BLOCK, BATCH, STEPS = 48, 24, 260


def get_batch(src):
    start = torch.randint(len(src) - BLOCK - 1, (BATCH,), generator=g)
    x = torch.stack([src[s:s + BLOCK] for s in start])
    y = torch.stack([src[s + 1:s + BLOCK + 1] for s in start])
    return x, y


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = nn.MultiheadAttention(d, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))

    def forward(self, x, mask):
        h = self.ln1(x)
        x = x + self.attn(h, h, h, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.ln2(x))


class CharLM(nn.Module):
    def __init__(self, vocab, d=48):
        super().__init__()
        self.tok = nn.Embedding(vocab, d)
        self.pos = nn.Embedding(BLOCK, d)
        self.blocks = nn.ModuleList([Block(d, 4) for _ in range(2)])
        self.ln = nn.LayerNorm(d)
        self.head = nn.Linear(d, vocab)
        self.register_buffer("mask", torch.triu(torch.full((BLOCK, BLOCK), -math.inf), 1))

    def forward(self, x):
        h = self.tok(x) + self.pos(torch.arange(x.size(1)))
        for b in self.blocks:
            h = b(h, self.mask)
        return self.head(self.ln(h))


model = CharLM(len(chars))
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95))
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=6e-3, total_steps=STEPS, pct_start=0.2)
for step in range(STEPS):
    x, y = get_batch(train_ids)
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    opt.step()
    sched.step()
    if step % 40 == 0:
        print(f"step {step} loss {loss.item():.3f} grad norm {norm:.2f} lr {sched.get_last_lr()[0]:.5f}")

model.eval()
with torch.no_grad():
    losses = []
    for _ in range(10):
        x, y = get_batch(val_ids)
        losses.append(F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item())
print(f"FINAL nll={sum(losses) / len(losses):.4f}")
