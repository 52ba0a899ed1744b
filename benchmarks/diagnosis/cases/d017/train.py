import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

verse = (
    "the sun was shining on the sea, shining with all his might: he did his very best to make "
    "the billows smooth and bright. the moon was shining sulkily, because she thought the sun "
    "had got no business to be there after the day was done. the sea was wet as wet could be, "
    "the sands were dry as dry. you could not see a cloud, because no cloud was in the sky. "
)
words = verse.replace(".", " .").replace(",", " ,").replace(":", " :").split()
vocab = sorted(set(words))
ids = {w: i for i, w in enumerate(vocab)}
g = torch.Generator().manual_seed(3)
follow = {}
for a, b in zip(words, words[1:]):
    follow.setdefault(a, []).append(b)


def walk(n):
    out = ["the"]
    while len(out) < n:
        options = follow.get(out[-1], ["the"])
        out.append(options[torch.randint(0, len(options), (1,), generator=g).item()])
    return torch.tensor([ids[w] for w in out])


stream, held = walk(12000), walk(2000)
CTX, D = 16, 48


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.ff = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, 4, D // 4).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(b, t, D))
        return x + self.ff(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, v):
        super().__init__()
        self.tok, self.pos = nn.Embedding(v, D), nn.Embedding(CTX, D)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm = nn.LayerNorm(D)
        self.head = nn.Linear(D, v)
        self.apply(self._init)

    def _init(self, m):
        if isinstance(m, (nn.Linear, nn.Embedding)):
            nn.init.normal_(m.weight)
        if isinstance(m, nn.Linear):
            nn.init.zeros_(m.bias)

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for b in self.blocks:
            x = b(x)
        return self.head(self.norm(x))


def get_batch(data, n=24):
    start = torch.randint(0, len(data) - CTX - 1, (n,))
    window = start[:, None] + torch.arange(CTX + 1)
    chunk = data[window]
    return chunk[:, :-1], chunk[:, 1:]


model = GPT(len(vocab))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
for step in range(350):
    xb, yb = get_batch(stream)
    loss = F.cross_entropy(model(xb).flatten(0, 1), yb.flatten())
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"{step:4d} | {loss.item():.4f}")

model.eval()
with torch.no_grad():
    xb, yb = get_batch(held, 300)
    nll = F.cross_entropy(model(xb).flatten(0, 1), yb.flatten()).item()
print(f"FINAL nll={nll:.4f}")
