import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
VOCAB, T, DIM = 30, 12, 32


class LoRALinear(nn.Module):
    def __init__(self, base, rank=4, alpha=8):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad = False
        self.lora_A = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scaling = alpha / rank

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.lora_A), self.lora_B) * self.scaling


class Block(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)
        x = x + self.proj(a)
        return x + self.down(F.gelu(self.up(self.n2(x))))


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, DIM)
        self.pos = nn.Embedding(T, DIM)
        self.blocks = nn.Sequential(Block(DIM), Block(DIM))
        self.head = nn.Linear(DIM, classes)

    def forward(self, x):
        return self.head(self.blocks(self.tok(x) + self.pos.weight).mean(1))


def sentences(n):
    x = torch.randint(4, VOCAB, (n, T))
    place = torch.rand(n, T).argsort(1)[:, :2]
    kind = torch.randint(0, 4, (n,))
    x.scatter_(1, place[:, :1], kind[:, None])
    return x, kind, place[:, 0]


model = Classifier(4)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for step in range(200):
    x, kind, _ = sentences(64)
    loss = F.cross_entropy(model(x), kind)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"base loss {loss.item():.4f}")

for p in model.parameters():
    p.requires_grad = False
for block in model.blocks:
    for name in ("qkv", "proj", "up", "down"):
        setattr(block, name, LoRALinear(getattr(block, name)))
model.head = nn.Linear(DIM, 8)
trainable = [p for p in model.parameters() if p.requires_grad]
print(f"{sum(p.numel() for p in trainable)} of {sum(p.numel() for p in model.parameters())} parameters train")


def task(n):
    x, kind, place = sentences(n)
    return x, kind * 2 + (place < T // 2).long()


opt = torch.optim.AdamW(trainable, lr=5e-3, weight_decay=0.0)
for step in range(500):
    x, y = task(64)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    x, y = task(1000)
    print(f"FINAL accuracy={(model(x).argmax(1) == y).float().mean().item():.4f}")
