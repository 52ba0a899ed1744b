import math
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)


@dataclass
class GPTConfig:
    vocab_size: int = 40
    block_size: int = 20
    n_layer: int = 2
    n_head: int = 4
    n_embd: int = 64


# a Markov chain over 40 tokens, each with four likely successors
succ = np.stack([rng.choice(40, 4, replace=False) for _ in range(40)])
weights = np.array([0.5, 0.25, 0.15, 0.1])


def sample_tokens(n):
    out = np.empty(n, dtype=np.int64)
    out[0] = 0
    picks = rng.choice(4, n, p=weights)
    for i in range(1, n):
        out[i] = succ[out[i - 1], picks[i]]
    return torch.from_numpy(out)


class CausalSelfAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c_attn = nn.Linear(c.n_embd, 3 * c.n_embd)
        self.c_proj = nn.Linear(c.n_embd, c.n_embd)
        self.n_head = c.n_head

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (z.view(B, T, self.n_head, -1).transpose(1, 2) for z in self.c_attn(x).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(c.n_embd), nn.LayerNorm(c.n_embd)
        self.attn = CausalSelfAttention(c)
        self.mlp = nn.Sequential(nn.Linear(c.n_embd, 2 * c.n_embd), nn.GELU(), nn.Linear(2 * c.n_embd, c.n_embd))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.wte = nn.Embedding(c.vocab_size, c.n_embd)
        self.wpe = nn.Embedding(c.block_size, c.n_embd)
        self.h = nn.ModuleList(Layer(c) for _ in range(c.n_layer))
        self.ln_f = nn.LayerNorm(c.n_embd)
        self.lm_head = nn.Linear(c.n_embd, c.vocab_size, bias=False)
        self.apply(self._init_weights)
        self.lm_head.weight = self.wte.weight
        for name, p in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * c.n_layer))

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, mean=0.0, std=0.02)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
        elif isinstance(m, nn.Embedding):
            nn.init.normal_(m.weight, mean=0.0, std=0.02)

    def forward(self, idx):
        x = self.wte(idx) + self.wpe(torch.arange(idx.size(1)))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


cfg = GPTConfig()
train_data, val_data = sample_tokens(20000), sample_tokens(4000)
model = GPT(cfg)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
for it in range(200):
    ix = torch.randint(len(train_data) - cfg.block_size - 1, (16,))
    win = torch.stack([train_data[i : i + cfg.block_size + 1] for i in ix])
    loss = F.cross_entropy(model(win[:, :-1]).flatten(0, 1), win[:, 1:].flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if it % 40 == 0:
        print(f"iter {it}: loss {loss.item():.4f}")

with torch.no_grad():
    n = (len(val_data) - 1) // cfg.block_size
    a = val_data[: n * cfg.block_size].view(n, -1)
    b = val_data[1 : n * cfg.block_size + 1].view(n, -1)
    nll = F.cross_entropy(model(a).flatten(0, 1), b.flatten()).item()
print(f"FINAL nll={nll:.4f}")
