import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

DIGITS, PLUS, EQ = 10, 10, 11
VOCAB, LENGTH = 12, 10


def sums(n, gen):
    """Strings such as 12+45=57 (two digits each), least digit of the result first."""
    a, b = torch.randint(0, 50, (2, n), generator=gen)
    c = a + b
    cols = [a // 10, a % 10, torch.full_like(a, PLUS), b // 10, b % 10, torch.full_like(a, EQ), c % 10, c // 10]
    return torch.stack(cols, 1)


class SelfAttention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.qkv, self.out, self.h = nn.Linear(d, 3 * d), nn.Linear(d, d), h

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (z.view(B, T, self.h, -1).transpose(1, 2) for z in self.qkv(x).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, D))


class Layer(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = SelfAttention(d, h)
        self.ff = nn.Sequential(nn.Linear(d, 3 * d), nn.GELU(), nn.Linear(3 * d, d))

    def forward(self, x):
        x = x + self.attn(self.n1(x))
        return x + self.ff(self.n2(x))


class Calculator(nn.Module):
    def __init__(self, d=48, h=4, n=2):
        super().__init__()
        self.tok, self.pos = nn.Embedding(VOCAB, d), nn.Embedding(LENGTH, d)
        self.layers = nn.ModuleList(Layer(d, h) for _ in range(n))
        self.norm, self.lm = nn.LayerNorm(d), nn.Linear(d, VOCAB, bias=False)

    def forward(self, s):
        x = self.tok(s) + self.pos.weight[: s.size(1)]
        for layer in self.layers:
            x = layer(x)
        return self.lm(self.norm(x))


gen = torch.Generator().manual_seed(seed + 1)
train, val = sums(6000, gen), sums(500, gen)
model = Calculator()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.01)
STEPS = 420
decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: 0.1 + 0.45 * (1 + math.cos(math.pi * s / STEPS)))
for step in range(STEPS):
    rows = train[torch.randint(0, len(train), (64,))]
    logits = model(rows[:, :-1])[:, 5:]
    loss = F.cross_entropy(logits.flatten(0, 1), rows[:, 6:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    decay.step()
    if step % 60 == 0:
        print(step, round(loss.item(), 4))

model.eval()
with torch.no_grad():
    logits = model(val[:, :-1])[:, 5:]
print(f"FINAL nll={F.cross_entropy(logits.flatten(0, 1), val[:, 6:].flatten()).item():.4f}")
