"""Masked patch modelling: reconstruct hidden patches of small drawings."""
import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


@dataclass
class MaeConfig:
    size: int = 12
    patch: int = 3
    width: int = 48
    heads: int = 4
    hidden_share: float = 0.4
    steps: int = 450
    batch: int = 64
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


def waves(n: int, size: int) -> Tensor:
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    angle = torch.pi * torch.rand(n, 1, 1)
    phase = 2 * torch.pi * torch.rand(n, 1, 1)
    return torch.sin(0.7 * (xx * angle.cos() + yy * angle.sin()) + phase)[:, None]


class Patches:
    def __init__(self, cfg: MaeConfig):
        self.cfg = cfg
        self.side = cfg.size // cfg.patch

    def cut(self, img: Tensor) -> Tensor:
        b, c = img.shape[:2]
        p, s = self.cfg.patch, self.side
        return img.reshape(b, c, s, p, s, p).permute(0, 2, 4, 1, 3, 5).reshape(b, s * s, c * p * p)

    def join(self, rows: Tensor) -> Tensor:
        return F.fold(rows.transpose(1, 2), self.cfg.size, self.cfg.patch, stride=self.cfg.patch)


class Mae(nn.Module):
    def __init__(self, cfg: MaeConfig):
        super().__init__()
        self.patches = Patches(cfg)
        n = self.patches.side**2
        self.embed = nn.Linear(cfg.patch**2, cfg.width)
        self.hole = nn.Parameter(torch.zeros(cfg.width))
        self.place = nn.Parameter(0.1 * torch.randn(n, cfg.width))
        layer = nn.TransformerEncoderLayer(cfg.width, cfg.heads, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.decode = nn.Linear(cfg.width, cfg.patch**2)

    def forward(self, img: Tensor, hidden: Tensor) -> Tensor:
        rows = self.embed(self.patches.cut(img))
        rows = torch.where(hidden[..., None], self.hole, rows) + self.place
        return self.decode(self.encoder(rows))


class Trainer:
    def __init__(self, cfg: MaeConfig):
        self.cfg, self.model = cfg, Mae(cfg)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.LambdaLR(self.opt, lambda s: min(1.0, (s + 1) / 40))

    def draw(self, n: int):
        img = waves(n, self.cfg.size)
        count = self.model.patches.side**2
        keep = round(count * self.cfg.hidden_share)
        hidden = torch.rand(n, count).argsort(1).argsort(1) < keep
        return img, hidden

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            img, hidden = self.draw(self.cfg.batch)
            error = (self.model(img, hidden) - self.model.patches.cut(img)).pow(2).mean(-1)
            loss = (error * hidden).sum() / hidden.sum()
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.sched.step()
            if step % 50 == 0:
                print(f"step {step} loss {loss.item():.4f}")

    @torch.no_grad()
    def r2(self) -> float:
        self.model.eval()
        img, hidden = self.draw(400)
        made = self.model.patches.join(self.model(img, hidden))
        holes = self.model.patches.join(hidden[..., None].float().expand(-1, -1, self.cfg.patch**2)) > 0.5
        return (1 - (made - img)[holes].pow(2).sum() / img[holes].pow(2).sum()).item()


cfg = MaeConfig()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL r2={trainer.r2():.4f}")
