"""A little character-level GPT on sentences of a toy grammar."""
import math
import os
import random

import torch
import torch.nn as nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

SUBJ = ["the cat", "a dog", "my uncle", "the old queen", "one sailor"]
VERB = ["sees", "paints", "follows", "forgets", "buys"]
OBJ = ["the moon", "a red boat", "two apples", "the garden", "a letter"]
END = [".", " at night.", " every day.", " again."]


def corpus(n):
    return "\n".join(f"{random.choice(SUBJ)} {random.choice(VERB)} {random.choice(OBJ)}{random.choice(END)}" for _ in range(n))


train_text, val_text = corpus(2500), corpus(300)
chars = sorted(set(train_text))
stoi = {c: i for i, c in enumerate(chars)}
train_ids = torch.tensor([stoi[c] for c in train_text])
val_ids = torch.tensor([stoi[c] for c in val_text])

block_size, n_embd, n_head, n_layer, batch_size, max_iters = 48, 48, 4, 2, 24, 320


class CausalSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(n_embd, 3 * n_embd)
        self.proj = nn.Linear(n_embd, n_embd)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (z.view(B, T, n_head, C // n_head).transpose(1, 2) for z in self.qkv(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention()
        self.mlp = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.GELU(), nn.Linear(4 * n_embd, n_embd))

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.tok = nn.Embedding(vocab, n_embd)
        self.pos = nn.Embedding(block_size, n_embd)
        self.blocks = nn.ModuleList(Block() for _ in range(n_layer))
        self.ln_f = nn.LayerNorm(n_embd)
        self.head = nn.Linear(n_embd, vocab, bias=False)
        self.apply(self._init)

    @staticmethod
    def _init(m):
        if isinstance(m, (nn.Linear, nn.Embedding)):
            nn.init.normal_(m.weight, std=0.02)
        if isinstance(m, nn.Linear) and m.bias is not None:
            nn.init.zeros_(m.bias)

    def forward(self, idx, targets=None):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def get_batch(ids):
    at = torch.randint(len(ids) - block_size - 1, (batch_size,))
    x = torch.stack([ids[i : i + block_size] for i in at])
    y = torch.stack([ids[i + 1 : i + block_size + 1] for i in at])
    return x, y


def lr_at(it, peak=3e-3, warmup=30):
    if it < warmup:
        return peak * (it + 1) / warmup
    return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (it - warmup) / (max_iters - warmup))))


model = GPT(len(chars))
decay = [p for p in model.parameters() if p.dim() >= 2]
no_decay = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": no_decay, "weight_decay": 0.0}], lr=3e-3, betas=(0.9, 0.95)
)
print(sum(p.numel() for p in model.parameters()), "parameters")


@torch.no_grad()
def estimate():
    model.eval()
    out = sum(model(*get_batch(val_ids))[1].item() for _ in range(8)) / 8
    model.train()
    return out


for it in range(max_iters):
    for group in optimizer.param_groups:
        group["lr"] = lr_at(it)
    _, loss = model(*get_batch(train_ids))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if it % 80 == 0:
        print(f"iter {it}: train {loss.item():.3f} val {estimate():.3f}")

print(f"FINAL nll={estimate():.4f}")
