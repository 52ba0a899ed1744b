import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    context: int = 32
    width: int = 64
    layers: int = 2
    lr: float = 5e-3
    batch: int = 32
    steps: int = 300
    seed: int = int(os.environ.get("SEED", 0))


class Grammar:
    words = ["the cat ", "a dog ", "the bird "], ["sees ", "chases ", "hears "], ["a mouse. ", "the ball. ", "its tail. "]

    def __init__(self, cfg: Config):
        g = torch.Generator().manual_seed(cfg.seed)
        text = "".join(part[torch.randint(3, (1,), generator=g).item()] for _ in range(2500) for part in self.words)
        self.alphabet = sorted(set(text))
        self.ids = torch.tensor([self.alphabet.index(c) for c in text])
        self.cut = int(0.9 * len(self.ids))

    def batch(self, n: int, t: int, held_out: bool = False) -> torch.Tensor:
        low, high = (self.cut, len(self.ids) - t) if held_out else (0, self.cut - t)
        return torch.stack([self.ids[i : i + t] for i in torch.randint(low, high, (n,))])


class TiedGru(nn.Module):
    def __init__(self, cfg: Config, symbols: int):
        super().__init__()
        self.embed = nn.Embedding(symbols, cfg.width)
        nn.init.normal_(self.embed.weight, std=cfg.width**-0.5)
        self.gru = nn.GRU(cfg.width, cfg.width, cfg.layers, batch_first=True)
        self.out = nn.Linear(cfg.width, symbols)
        self.out.weight = self.embed.weight

    def forward(self, ids: torch.Tensor, labels: torch.Tensor | None = None):
        hidden, _ = self.gru(self.embed(ids))
        logits = self.out(hidden)
        if labels is None:
            return logits
        return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))


class Trainer:
    def __init__(self, cfg: Config):
        self.cfg, self.data = cfg, Grammar(cfg)
        self.model = TiedGru(cfg, len(self.data.alphabet))
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.OneCycleLR(self.opt, cfg.lr, total_steps=cfg.steps)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            ids = self.data.batch(self.cfg.batch, self.cfg.context)
            loss = self.model(ids, labels=ids)
            self.opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step()
            self.sched.step()
            if step % 50 == 0:
                print(f"step {step} nll {loss.item():.4f}")

    @torch.no_grad()
    def test(self) -> float:
        self.model.eval()
        ids = self.data.batch(200, self.cfg.context, held_out=True)
        return self.model(ids, labels=ids).item()


cfg = Config()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL nll={trainer.test():.4f}")
