import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class LmConfig:
    context: int = 24
    width: int = 48
    heads: int = 4
    layers: int = 1
    lr: float = 3e-3
    batch: int = 48
    steps: int = 240
    seed: int = int(os.environ.get("SEED", 0))


class Rhythm:
    """Symbols in bars: bar length six, the symbol's family follows the place in the bar."""

    symbols = 18

    def windows(self, n: int, t: int) -> torch.Tensor:
        place = torch.arange(t + 1)[None] % 6
        return (place * 3 + torch.randint(0, 9, (n, t + 1))) % self.symbols


class Block(nn.Module):
    def __init__(self, cfg: LmConfig):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(cfg.width), nn.LayerNorm(cfg.width)
        self.attn = nn.MultiheadAttention(cfg.width, cfg.heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(cfg.width, 4 * cfg.width), nn.GELU(), nn.Linear(4 * cfg.width, cfg.width))
        self.register_buffer("mask", torch.ones(cfg.context, cfg.context, dtype=torch.bool).triu(1))

    def forward(self, x):
        h = self.ln1(x)
        t = x.shape[1]
        x = x + self.attn(h, h, h, attn_mask=self.mask[:t, :t], need_weights=False)[0]
        return x + self.mlp(self.ln2(x))


class TinyLm(nn.Module):
    def __init__(self, cfg: LmConfig, symbols: int):
        super().__init__()
        self.tok = nn.Embedding(symbols, cfg.width)
        self.pos = nn.Embedding(cfg.context, cfg.width)
        self.blocks = nn.Sequential(*(Block(cfg) for _ in range(cfg.layers)))
        self.ln = nn.LayerNorm(cfg.width)
        self.lm_head = nn.Linear(cfg.width, symbols, bias=False)

    def forward(self, ids):
        where = self.pos(torch.arange(ids.shape[1]))
        h = self.tok(ids)
        h = self.blocks(h)
        return self.lm_head(self.ln(h))


class Trainer:
    def __init__(self, cfg: LmConfig):
        self.cfg, self.data = cfg, Rhythm()
        self.model = TinyLm(cfg, self.data.symbols)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, betas=(0.9, 0.98))

    def loss(self, n: int) -> torch.Tensor:
        w = self.data.windows(n, self.cfg.context)
        return F.cross_entropy(self.model(w[:, :-1]).flatten(0, 1), w[:, 1:].flatten())

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            loss = self.loss(self.cfg.batch)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step} loss {loss.item():.4f}")

    @torch.no_grad()
    def test(self) -> float:
        self.model.eval()
        return self.loss(400).item()


cfg = LmConfig()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL nll={trainer.test():.4f}")
