import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd import Function


@dataclass
class DannConfig:
    inputs: int = 12
    width: int = 48
    strength: float = 0.5
    steps: int = 500
    batch: int = 64
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


class Reverse(Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -ctx.strength * grad, None


class TwoSites:
    """Site B measures the same thing with an offset in some channels; its labels are not used."""

    def __init__(self, cfg: DannConfig):
        self.direction = torch.randn(3, cfg.inputs)
        self.offset = torch.zeros(cfg.inputs)
        self.offset[:4] = 1.5

    def draw(self, n: int, site: int) -> tuple[Tensor, Tensor]:
        y = torch.randint(0, 3, (n,))
        x = self.direction[y] * 1.2 + torch.randn(n, len(self.offset))
        return x + site * self.offset, y


class Dann(nn.Module):
    def __init__(self, cfg: DannConfig):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(cfg.inputs, cfg.width), nn.ReLU(), nn.Linear(cfg.width, cfg.width), nn.ReLU())
        self.label = nn.Linear(cfg.width, 3)
        self.site = nn.Sequential(nn.Linear(cfg.width, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, x: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        h = self.features(x)
        return self.label(h), self.site(Reverse.apply(h, strength)).squeeze(1)


class Trainer:
    def __init__(self, cfg: DannConfig):
        self.cfg, self.data, self.model = cfg, TwoSites(cfg), Dann(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)
        self.ce, self.bce = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()

    def fit(self) -> None:
        n = self.cfg.batch
        origin = torch.cat([torch.zeros(n), torch.ones(n)])
        for step in range(self.cfg.steps):
            strength = self.cfg.strength * min(1.0, step / 200)
            (xa, ya), (xb, _) = self.data.draw(n, 0), self.data.draw(n, 1)
            labels, sites = self.model(torch.cat([xa, xb]), strength)
            task, domain = self.ce(labels[:n], ya), self.bce(sites, origin)
            self.opt.zero_grad()
            (task + domain).backward()
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step} task {task.item():.4f} domain {domain.item():.4f}")

    @torch.no_grad()
    def accuracy(self) -> float:
        right = []
        for site in (0, 1):
            x, y = self.data.draw(1000, site)
            right.append((self.model(x, 0.0)[0].argmax(1) == y).float().mean())
        return torch.stack(right).mean().item()


cfg = DannConfig()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
