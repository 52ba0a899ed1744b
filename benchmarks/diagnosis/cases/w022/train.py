"""Referring expressions: which quadrant shows the colour that was asked for?"""
import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F


@dataclass
class Cfg:
    colours: int = 5
    dim: int = 32
    epochs: int = 10
    batch: int = 40
    lr: float = 3e-3


def scenes(n: int, cfg: Cfg, rng: np.random.Generator):
    palette = np.random.default_rng(11).uniform(0.1, 1.0, (cfg.colours, 3))
    img = 0.1 * rng.standard_normal((n, 3, 12, 12))
    words = np.zeros((n,), dtype=np.int64)
    answer = rng.integers(0, 4, n)
    for i in range(n):
        cols = rng.permutation(cfg.colours)[:4]
        for q in range(4):
            r, c = divmod(q, 2)
            img[i, :, r * 6 + 1:r * 6 + 5, c * 6 + 1:c * 6 + 5] += palette[cols[q]][:, None, None]
        words[i] = cols[answer[i]]
    return torch.tensor(img, dtype=torch.float32), torch.tensor(words), torch.tensor(answer)


class LanguageGate(nn.Module):
    """How much of the fused features flows back into the visual stream."""

    def __init__(self, dim: int):
        super().__init__()
        self.res_gate = nn.Sequential(
            nn.Linear(dim, dim, bias=False), nn.ReLU(), nn.Linear(dim, dim, bias=False), nn.Tanh()
        )
        nn.init.zeros_(self.res_gate[0].weight)
        nn.init.zeros_(self.res_gate[2].weight)

    def forward(self, visual, fused):
        return visual + self.res_gate(fused) * fused


class RISModel(nn.Module):
    def __init__(self, cfg: Cfg):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, cfg.dim, 3, padding=1), nn.GELU(), nn.MaxPool2d(3),
            nn.Conv2d(cfg.dim, cfg.dim, 2, stride=2), nn.GELU(),
        )
        self.words = nn.Embedding(cfg.colours, cfg.dim)
        self.fuse = nn.Linear(cfg.dim, cfg.dim)
        self.gate = LanguageGate(cfg.dim)
        self.mask_head = nn.Sequential(nn.Linear(cfg.dim, cfg.dim), nn.GELU(), nn.Linear(cfg.dim, 1))

    def forward(self, img, word):
        v = self.backbone(img).flatten(2).transpose(1, 2)
        fused = self.fuse(v) * self.words(word).unsqueeze(1)
        return self.mask_head(self.gate(v, fused)).squeeze(-1)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    cfg = Cfg()
    rng = np.random.default_rng(seed)
    img, word, ans = scenes(2000, cfg, rng)
    vimg, vword, vans = scenes(600, cfg, rng)
    model = RISModel(cfg)
    opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-2)
    for epoch in range(cfg.epochs):
        losses = []
        for b in torch.randperm(len(img)).split(cfg.batch):
            loss = F.cross_entropy(model(img[b], word[b]), ans[b])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        print(f"epoch {epoch:2d} loss {np.mean(losses):.4f}")
    with torch.no_grad():
        acc = (model(vimg, vword).argmax(1) == vans).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
