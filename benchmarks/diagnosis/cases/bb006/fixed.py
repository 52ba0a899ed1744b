"""Bracket-language classifier: are more brackets opened than closed?"""
import os
import random
from dataclasses import dataclass

import torch
from torch import nn

PAD, OPEN, CLOSE, CLS = 0, 1, 2, 3


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    max_len: int = 25
    width: int = 32
    heads: int = 4
    steps: int = 350
    batch: int = 48
    lr: float = 1e-3


class Brackets:
    def __init__(self, cfg: Config):
        self.cfg = cfg
        self.random = random.Random(cfg.seed)

    def draw(self) -> tuple[list[int], int]:
        ids, depth = [CLS], 0
        lean = self.random.choice([0.4, 0.6])
        for _ in range(self.random.randint(8, self.cfg.max_len - 2)):
            up = self.random.random() < lean
            ids.append(OPEN if up else CLOSE)
            depth += 1 if up else -1
        return ids, int(depth > 0)

    def batch(self, n: int):
        rows = [self.draw() for _ in range(n)]
        ids = torch.full((n, self.cfg.max_len), PAD)
        for i, (row, _) in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
        return ids, torch.tensor([label for _, label in rows])


class EncoderClassifier(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.embed = nn.Embedding(4, cfg.width, padding_idx=PAD)
        self.position = nn.Parameter(0.02 * torch.randn(cfg.max_len, cfg.width))
        layer = nn.TransformerEncoderLayer(cfg.width, cfg.heads, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(cfg.width, 2)

    def forward(self, ids):
        mask = ids == PAD
        h = self.encoder(self.embed(ids) + self.position, src_key_padding_mask=mask)
        return self.head(h[:, 0])


class Trainer:
    def __init__(self, cfg: Config):
        self.cfg, self.data, self.model = cfg, Brackets(cfg), EncoderClassifier(cfg)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.LinearLR(self.opt, 0.1, 1.0, total_iters=30)
        self.loss = nn.CrossEntropyLoss()

    def fit(self):
        for step in range(self.cfg.steps):
            ids, y = self.data.batch(self.cfg.batch)
            loss = self.loss(self.model(ids), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.sched.step()
            if step % 40 == 0:
                print(f"step {step:4d} loss {loss.item():.4f}")

    def test(self):
        self.model.eval()
        ids, y = self.data.batch(800)
        with torch.no_grad():
            return (self.model(ids).argmax(1) == y).float().mean().item()


cfg = Config()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL accuracy={trainer.test():.4f}")
