import os
from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class TrainConfig:
    micro_batch: int = 8
    accumulate: int = 4
    updates: int = 300
    peak_lr: float = 2e-3
    warmup: int = 30
    seed: int = int(os.environ.get("SEED", 0))


class Head(nn.Module):
    """Pre-norm attention + MLP whose residual branches start at zero."""

    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.proj = nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.heads = heads
        for z in (self.proj, self.down):
            nn.init.zeros_(z.weight)
            nn.init.zeros_(z.bias)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.n2(x))))


class GPT(nn.Module):
    def __init__(self, vocab=12, d=48, length=17):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, d), nn.Embedding(length, d)
        self.blocks = nn.Sequential(Head(d, 4), Head(d, 4))
        self.norm = nn.LayerNorm(d)
        self.lm = nn.Linear(d, vocab, bias=False)
        nn.init.normal_(self.tok.weight, std=0.02)
        nn.init.normal_(self.pos.weight, std=0.02)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.size(1)))
        return self.lm(self.norm(self.blocks(x)))


def copy_task(n):
    """8 random symbols, a separator (10), the same symbols again."""
    s = torch.randint(0, 10, (n, 8))
    ids = torch.cat([s, torch.full((n, 1), 10), s], 1)
    labels = ids[:, 1:].clone()
    labels[:, :8] = -100                  # the first half cannot be predicted
    return ids[:, :-1], labels


def main(cfg: TrainConfig) -> None:
    torch.manual_seed(cfg.seed)
    model = GPT()
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=cfg.peak_lr, betas=(0.9, 0.95))
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, s / cfg.warmup) if s < cfg.warmup else 1.0 - 0.9 * (s - cfg.warmup) / (cfg.updates - cfg.warmup))
    for micro in range(cfg.updates * cfg.accumulate):
        x, y = copy_task(cfg.micro_batch)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=-100) / cfg.accumulate
        loss.backward()
        if (micro + 1) % cfg.accumulate:
            continue
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        opt.zero_grad(set_to_none=True)
        if (micro + 1) % (60 * cfg.accumulate) == 0:
            print(f"update {(micro + 1) // cfg.accumulate} loss {loss.item() * cfg.accumulate:.4f}")
    model.eval()
    with torch.no_grad():
        x, y = copy_task(300)
        ok = (model(x).argmax(-1) == y)[:, 8:].float().mean().item()
    print(f"FINAL accuracy={ok:.4f}")


main(TrainConfig())
