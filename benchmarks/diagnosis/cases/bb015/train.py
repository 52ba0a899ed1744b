import os
from dataclasses import dataclass
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class StreamConfig:
    symbols: int = 6
    length: int = 40
    chunk: int = 8
    hidden: int = 64
    batch: int = 64
    streams: int = 110
    lr: float = 4e-3
    seed: int = int(os.environ.get("SEED", 0))


class KeyedStream:
    """Each stream opens with a key k; symbol t+1 is symbol t plus k (or now and then a jump)."""

    def __init__(self, cfg: StreamConfig):
        self.cfg = cfg

    def batch(self, n: int) -> torch.Tensor:
        m = self.cfg.symbols
        key = torch.randint(0, m, (n,))
        rows = [key, torch.randint(0, m, (n,))]
        for t in range(2, self.cfg.length + 1):
            jump = torch.rand(n) < 0.15
            nxt = (rows[-1] * 1 + key * (t % 2) + 1) % m
            rows.append(torch.where(jump, torch.randint(0, m, (n,)), nxt))
        return torch.stack(rows, 1)


class StreamModel(nn.Module):
    def __init__(self, cfg: StreamConfig):
        super().__init__()
        self.embed = nn.Embedding(cfg.symbols, 24)
        self.lstm = nn.LSTM(24, cfg.hidden, batch_first=True)
        self.out = nn.Linear(cfg.hidden, cfg.symbols)

    def forward(self, ids: torch.Tensor, state: Optional[tuple] = None):
        h, state = self.lstm(self.embed(ids), state)
        return self.out(h), state


class TbpttTrainer:
    def __init__(self, cfg: StreamConfig):
        self.cfg = cfg
        self.data = KeyedStream(cfg)
        self.model = StreamModel(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def train_stream(self) -> float:
        ids = self.data.batch(self.cfg.batch)
        total = 0.0
        for start in range(0, self.cfg.length, self.cfg.chunk):
            state = None
            x = ids[:, start : start + self.cfg.chunk]
            y = ids[:, start + 1 : start + self.cfg.chunk + 1]
            logits, state = self.model(x, state)
            loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
            self.opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step()
            state = tuple(s.detach() for s in state)
            total += loss.item()
        return total * self.cfg.chunk / self.cfg.length

    @torch.no_grad()
    def accuracy(self) -> float:
        ids = self.data.batch(600)
        logits, _ = self.model(ids[:, :-1])
        hits = logits.argmax(-1) == ids[:, 1:]
        return hits[:, self.cfg.chunk :].float().mean().item()


if __name__ == "__main__":
    cfg = StreamConfig()
    torch.manual_seed(cfg.seed)
    trainer = TbpttTrainer(cfg)
    for i in range(cfg.streams):
        loss = trainer.train_stream()
        if i % 10 == 0:
            print(f"stream {i} loss {loss:.4f}")
    print(f"FINAL accuracy={trainer.accuracy():.4f}")
