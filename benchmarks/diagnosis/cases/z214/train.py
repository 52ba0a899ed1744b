import math
import os
import random
from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)


@dataclass
class GPTConfig:
    vocab_size: int = 0
    block_size: int = 32
    n_layer: int = 2
    n_head: int = 4
    n_embd: int = 64
    max_lr: float = 3e-3
    warmup: int = 40
    max_steps: int = 420
    batch: int = 24


def arithmetic_corpus(lines: int) -> str:
    rows = []
    for _ in range(lines):
        a, b = random.randint(0, 4), random.randint(0, 4)
        rows.append(f"{a}+{b}={a + b};" if random.random() < 0.7 else f"max({a},{b})={max(a, b)};")
    return "".join(rows)


class CausalSelfAttention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.c_attn = nn.Linear(cfg.n_embd, 3 * cfg.n_embd)
        self.c_proj = nn.Linear(cfg.n_embd, cfg.n_embd)
        self.n_head = cfg.n_head

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (z.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for z in self.c_attn(x).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(cfg.n_embd), nn.LayerNorm(cfg.n_embd)
        self.attn = CausalSelfAttention(cfg)
        self.mlp = nn.Sequential(nn.Linear(cfg.n_embd, 4 * cfg.n_embd), nn.GELU(), nn.Linear(4 * cfg.n_embd, cfg.n_embd))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.wte = nn.Embedding(cfg.vocab_size, cfg.n_embd)
        self.wpe = nn.Embedding(cfg.block_size, cfg.n_embd)
        self.h = nn.ModuleList(Block(cfg) for _ in range(cfg.n_layer))
        self.ln_f = nn.LayerNorm(cfg.n_embd)
        self.lm_head = nn.Linear(cfg.n_embd, cfg.vocab_size, bias=False)
        self.apply(self._init)
        self.lm_head.weight = self.wte.weight

    @staticmethod
    def _init(m):
        if isinstance(m, (nn.Linear, nn.Embedding)):
            nn.init.normal_(m.weight, std=0.02)
        if isinstance(m, nn.Linear) and m.bias is not None:
            nn.init.zeros_(m.bias)

    def forward(self, idx, targets=None):
        x = self.wte(idx) + self.wpe(torch.arange(idx.size(1)))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


cfg = GPTConfig()
text = arithmetic_corpus(4000)
itos = sorted(set(text))
stoi = {c: i for i, c in enumerate(itos)}
cfg.vocab_size = len(itos)
ids = torch.tensor([stoi[c] for c in text])
train_ids, val_ids = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)):]


def batch(d, n):
    ix = torch.randint(len(d) - cfg.block_size - 1, (n,))
    win = torch.stack([d[i:i + cfg.block_size + 1] for i in ix])
    return win[:, :-1], win[:, 1:]


def lr_at(step):
    if step < cfg.warmup:
        return cfg.max_lr * (step + 1) / cfg.warmup
    r = (step - cfg.warmup) / (cfg.max_steps - cfg.warmup)
    return cfg.max_lr * (0.1 + 0.45 * (1 + math.cos(math.pi * r)))


model = GPT(cfg)
decay = [p for p in model.parameters() if p.dim() >= 2]
rest = [p for p in model.parameters() if p.dim() < 2]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=cfg.max_lr, betas=(0.9, 0.95))

for step in range(cfg.max_steps):
    for g in opt.param_groups:
        g["lr"] = lr_at(step)
    _, loss = model(*batch(train_ids, cfg.batch))
    opt.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 40 == 0:
        print(f"step {step:4d} | loss {loss.item():.4f} | norm {norm:.2f} | lr {lr_at(step):.2e}")

model.eval()
with torch.no_grad():
    val = sum(model(*batch(val_ids, 32))[1].item() for _ in range(8)) / 8
print(f"FINAL nll={val:.4f}")
