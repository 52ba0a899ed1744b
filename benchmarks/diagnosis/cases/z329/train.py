import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass
class Config:
    past: int = 20
    future: int = 8
    hidden: int = 40
    lr: float = 4e-3
    batch: int = 64
    steps: int = 350
    forced: float = 0.7
    seed: int = int(os.environ.get("SEED", 0))


class TideGauge:
    def __init__(self, cfg: Config):
        rng = np.random.default_rng(cfg.seed)
        t = np.arange(3000)
        level = np.sin(2 * np.pi * t / 12.4) + 0.6 * np.sin(2 * np.pi * t / 31 + 0.5) + 0.05 * rng.standard_normal(3000)
        self.level = torch.tensor(level / level[:2400].std(), dtype=torch.float32)
        self.cfg, self.cut = cfg, 2400

    def windows(self, starts: Tensor) -> tuple[Tensor, Tensor]:
        span = self.cfg.past + self.cfg.future
        rows = self.level[starts[None] + torch.arange(span)[:, None]]
        return rows[: self.cfg.past, :, None], rows[self.cfg.past :, :, None]

    def train(self) -> tuple[Tensor, Tensor]:
        return self.windows(torch.randint(0, self.cut - self.cfg.past - self.cfg.future, (self.cfg.batch,)))

    def test(self) -> tuple[Tensor, Tensor]:
        return self.windows(torch.arange(self.cut, 3000 - self.cfg.past - self.cfg.future))


class Seq2Seq(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.encoder = nn.GRU(1, cfg.hidden)
        self.decoder = nn.GRUCell(1, cfg.hidden)
        self.out = nn.Linear(cfg.hidden, 1)
        self.future = cfg.future

    def forward(self, past: Tensor, truth: Tensor | None = None, forced: float = 0.0) -> Tensor:
        _, state = self.encoder(past[:-1])
        state, value, made = state[0], past[-1], []
        for k in range(self.future):
            state = self.decoder(value, state)
            step = value.detach() + self.out(state)
            made.append(step)
            use_truth = truth is not None and torch.rand(()) < forced
            value = truth[k] if use_truth else step.detach()
        return torch.stack(made)


class Trainer:
    def __init__(self, cfg: Config):
        self.cfg, self.data, self.model = cfg, TideGauge(cfg), Seq2Seq(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            past, future = self.data.train()
            forced = self.cfg.forced * (1 - step / self.cfg.steps)
            loss = nn.functional.l1_loss(self.model(past, future, forced), future)
            self.opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step} forced {forced:.2f} loss {loss.item():.4f}")

    @torch.no_grad()
    def r2(self) -> float:
        past, future = self.data.test()
        return (1 - (self.model(past) - future).pow(2).sum() / (future - future.mean()).pow(2).sum()).item()


config = Config()
torch.manual_seed(config.seed)
trainer = Trainer(config)
trainer.fit()
print(f"FINAL r2={trainer.r2():.4f}")
