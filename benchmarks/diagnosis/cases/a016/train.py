import os
import torch
import torch.nn as nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 1337))
torch.manual_seed(SEED)

batch_size, block_size = 16, 24
max_iters, eval_interval = 300, 100
n_embd, n_head, n_layer = 32, 4, 2

names = ["anna", "boris", "clara", "dmitri", "elena"]
acts = ["opens", "closes", "paints", "mends", "sells"]
things = ["the door", "a window", "the old boat", "her bicycle", "two chairs", "a clock"]
lines = []
for i in torch.randint(0, 10**6, (2500,)).tolist():
    lines.append(f"{names[i % 5]} {acts[i // 5 % 5]} {things[i // 25 % 6]}\n")
text = "".join(lines)
stoi = {c: i for i, c in enumerate(sorted(set(text)))}
vocab_size = len(stoi)
data = torch.tensor([stoi[c] for c in text])
n = int(0.9 * len(data))
splits = {"train": data[:n], "val": data[n:]}


def get_batch(split, seed=SEED):
    g = torch.Generator().manual_seed(seed)
    d = splits[split]
    ix = torch.randint(len(d) - block_size, (batch_size,), generator=g)
    x = torch.stack([d[i : i + block_size] for i in ix])
    y = torch.stack([d[i + 1 : i + block_size + 1] for i in ix])
    return x, y


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(n_embd)
        self.qkv = nn.Linear(n_embd, 3 * n_embd)
        self.proj = nn.Linear(n_embd, n_embd)
        self.ln2 = nn.LayerNorm(n_embd)
        self.mlp = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.GELU(), nn.Linear(4 * n_embd, n_embd))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(B, T, 3, n_head, C // n_head).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(B, T, C))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(vocab_size, n_embd)
        self.pos = nn.Embedding(block_size, n_embd)
        self.blocks = nn.Sequential(*[Block() for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx, targets):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        logits = self.lm_head(self.ln_f(self.blocks(x)))
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


m = GPT()
optimizer = torch.optim.AdamW(m.parameters(), lr=3e-3)
for it in range(max_iters):
    xb, yb = get_batch("train")
    _, loss = m(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % eval_interval == 0:
        print(f"step {it}: train loss {loss.item():.4f}")

with torch.no_grad():
    nll = sum(m(*get_batch("val", seed=s))[1].item() for s in range(20)) / 20
print(f"FINAL nll={nll:.4f}")
