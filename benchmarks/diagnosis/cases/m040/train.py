import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

VOCAB, CONTEXT = 14, 24


def stream(n):
    """Counting with carries: each symbol depends on the two before it."""
    s = torch.randint(0, VOCAB, (n, 2)).tolist()
    g = torch.Generator().manual_seed(int(torch.randint(0, 10 ** 6, (1,))))
    slips = torch.rand(n, CONTEXT, generator=g) < 0.05
    for row, slip in zip(s, slips):
        for k in range(CONTEXT - 1):
            nxt = (row[-1] + 3 * (row[-2] % 2) + 1) % VOCAB
            row.append((nxt + 5) % VOCAB if slip[k] else nxt)
    return torch.tensor(s)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.ln2(x))


class TinyGPT(nn.Module):
    def __init__(self, dim=32, heads=2, depth=2):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, dim)
        self.pos = nn.Parameter(0.02 * torch.randn(1, CONTEXT, dim))
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, VOCAB)

    def forward(self, ids):
        x = self.tok(ids) + self.pos[:, :ids.size(1)]
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


data = stream(1500)
model = TinyGPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(400):
    chunk = data[torch.randint(0, len(data), (32,))]
    inputs, targets = chunk[:, :-2], chunk[:, 1:-1]
    loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step:3d} loss {loss.item():.4f}")

# continue unseen sequences by one symbol
fresh = stream(400)
model.eval()
hits, total = 0, 0
with torch.no_grad():
    for cut in range(8, CONTEXT - 2, 3):
        guess = model(fresh[:, :cut])[:, -1].argmax(-1)
        hits += (guess == fresh[:, cut]).sum().item()
        total += len(fresh)
print(f"FINAL accuracy={hits / total:.4f}")
