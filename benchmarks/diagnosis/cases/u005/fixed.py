import os, random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get('SEED', '0'))
random.seed(SEED); torch.manual_seed(SEED)

VOCAB = 14          # 0..11 plain symbols, 12 = open, 13 = close
CTX = 20


def get_batch(n):
    """Strings of symbols holding one 'open' and one 'close'; label: which one comes first."""
    x = torch.randint(0, 12, (n, CTX))
    pos = torch.stack([torch.randperm(CTX)[:2] for _ in range(n)])
    x[torch.arange(n), pos[:, 0]] = 12
    x[torch.arange(n), pos[:, 1]] = 13
    y = (pos[:, 0] < pos[:, 1]).long()
    return x, y


class Head(nn.Module):
    def __init__(self, n_embd, size):
        super().__init__()
        self.key = nn.Linear(n_embd, size, bias=False)
        self.query = nn.Linear(n_embd, size, bias=False)
        self.value = nn.Linear(n_embd, size, bias=False)

    def forward(self, x):
        k, q, v = self.key(x), self.query(x), self.value(x)
        w = F.softmax(q @ k.transpose(-2, -1) * k.size(-1) ** -0.5, dim=-1)
        return w @ v


class Block(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.heads = nn.ModuleList([Head(n_embd, n_embd // n_head) for _ in range(n_head)])
        self.proj = nn.Linear(n_embd, n_embd)
        self.ff = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.GELU(), nn.Linear(4 * n_embd, n_embd))
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.proj(torch.cat([head(h) for head in self.heads], dim=-1))
        return x + self.ff(self.ln2(x))


class OrderClassifier(nn.Module):
    def __init__(self, n_embd=32, n_head=2, n_layer=2):
        super().__init__()
        self.tok_emb = nn.Embedding(VOCAB, n_embd)
        self.pos_emb = nn.Embedding(CTX, n_embd)
        self.blocks = nn.Sequential(*[Block(n_embd, n_head) for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        self.head = nn.Linear(n_embd, 2)

    def forward(self, idx):
        x = self.tok_emb(idx) + self.pos_emb(torch.arange(idx.size(1)))
        x = self.blocks(x)
        return self.head(self.ln_f(x).mean(1))


xs, ys = get_batch(6000)
xv, yv = get_batch(1500)
model = OrderClassifier()
print(sum(p.numel() for p in model.parameters()), 'parameters')
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)

for step in range(500):
    ix = torch.randint(0, len(xs), (64,))
    logits = model(xs[ix])
    loss = F.cross_entropy(logits, ys[ix])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 50 == 0:
        with torch.no_grad():
            vl = F.cross_entropy(model(xv), yv)
        print(f'step {step}: train {loss.item():.4f}, val {vl.item():.4f}')

with torch.no_grad():
    acc = (model(xv).argmax(-1) == yv).float().mean()
print(f'FINAL accuracy={acc:.4f}')
