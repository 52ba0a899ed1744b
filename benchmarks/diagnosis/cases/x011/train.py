"""A character-level GPT in the spirit of the well-known small reimplementations."""
import math
import os

import torch
import torch.nn as nn
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# hyper-parameters
block_size = 24
batch_size = 32
max_iters = 320
learning_rate = 3e-3
n_embd, n_head, n_layer = 48, 4, 2

rng = torch.Generator().manual_seed(seed + 5)
words = ["anna", "otto", "milan", "cobalt", "river", "stone", "ember", "violet", "quartz", "hazel"]
verbs = ["likes", "draws", "breaks", "sells"]


def sentence():
    a, v, b = (int(torch.randint(n, (1,), generator=rng)) for n in (len(words), len(verbs), len(words)))
    return f"{words[a]} {verbs[v]} {words[b]}; "


text = "".join(sentence() for _ in range(1200))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
n = int(0.9 * len(data))
train_data, val_data = data[:n], data[n:]


def get_batch(split):
    d = train_data if split == "train" else val_data
    ix = torch.randint(len(d) - block_size - 1, (batch_size,))
    x = torch.stack([d[i : i + block_size] for i in ix])
    y = torch.stack([d[i + 1 : i + block_size + 1] for i in ix])
    return x, y


class CausalSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, n_head, C // n_head).transpose(1, 2) for t in self.c_attn(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention()
        self.mlp = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.GELU(), nn.Linear(4 * n_embd, n_embd))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(len(chars), n_embd)
        self.wpe = nn.Embedding(block_size, n_embd)
        self.h = nn.ModuleList([Block() for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, len(chars), bias=False)
        self.lm_head.weight = self.wte.weight
        for emb in (self.wte, self.wpe):
            nn.init.normal_(emb.weight, std=0.1)

    def forward(self, idx, labels=None):
        x = self.wte(idx) + self.wpe(torch.arange(idx.size(1)))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        loss = None
        if labels is not None:
            shift_logits = logits[:, :-1, :].reshape(-1, logits.size(-1))
            shift_labels = labels[:, 1:].reshape(-1)
            loss = F.cross_entropy(shift_logits, shift_labels)
        return logits, loss


model = GPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, betas=(0.9, 0.95))
for it in range(max_iters):
    lr = learning_rate * min(1, (it + 1) / 30) * 0.5 * (1 + math.cos(math.pi * it / max_iters))
    for g in optimizer.param_groups:
        g["lr"] = lr
    xb, yb = get_batch("train")
    _, loss = model(xb, labels=yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 40 == 0:
        print(f"iter {it}: train loss {loss.item():.4f}")

# surprise at every next character of the held-out text
model.eval()
total = []
with torch.no_grad():
    for i in range(0, len(val_data) - block_size - 1, block_size):
        logits, _ = model(val_data[None, i : i + block_size])
        total.append(F.cross_entropy(logits[0], val_data[i + 1 : i + block_size + 1]).item())
print(f"FINAL nll={sum(total) / len(total):.4f}")
