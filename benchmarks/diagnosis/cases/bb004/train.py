import os
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Settings:
    seed: int = int(os.environ.get("SEED", "0"))
    train_rows: int = 1500
    test_rows: int = 600
    batch: int = 50
    epochs: int = 10
    lr: float = 1e-3


class ListingData:
    """A small photo and a row of facts per listing; the price band needs both."""

    def __init__(self, cfg: Settings):
        g = torch.Generator().manual_seed(cfg.seed)
        n = cfg.train_rows + cfg.test_rows
        bright = torch.rand(n, generator=g)
        self.facts = torch.randn(n, 10, generator=g)
        self.photo = 0.3 * torch.randn(n, 1, 12, 12, generator=g)
        size = (2 + bright * 8).long()
        for i in range(n):
            self.photo[i, 0, 1 : 1 + size[i], 1 : 1 + size[i]] += 1.0
        score = 3 * (bright - 0.5) + self.facts[:, 0] + 0.5 * self.facts[:, 1]
        cuts = torch.quantile(score, torch.tensor([0.33, 0.66]))
        self.band = torch.bucketize(score, cuts)
        self.cut = cfg.train_rows

    def train_batches(self, size):
        for rows in torch.randperm(self.cut).split(size):
            yield self.photo[rows], self.facts[rows], self.band[rows]

    def test(self):
        return self.photo[self.cut :], self.facts[self.cut :], self.band[self.cut :]


class PhotoBranch(nn.Sequential):
    def __init__(self, out):
        super().__init__(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(16 * 9, out), nn.ReLU(),
        )


class FactBranch(nn.Sequential):
    def __init__(self, out):
        super().__init__(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, out), nn.ReLU())


class ListingModel(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.photo = PhotoBranch(width)
        self.facts = FactBranch(width)
        self.fuse = nn.Sequential(nn.Linear(2 * width, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, photo, facts):
        seen = self.photo(photo)
        known = self.facts(facts)
        return self.fuse(torch.cat([seen, seen], dim=1))


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.data = ListingData(cfg)
        self.model = ListingModel()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)
        self.criterion = nn.CrossEntropyLoss()

    def train(self):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for photo, facts, band in self.data.train_batches(self.cfg.batch):
                loss = self.criterion(self.model(photo, facts), band)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            print(f"epoch {epoch}: last loss {loss.item():.4f} accuracy {self.evaluate():.4f}")

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        photo, facts, band = self.data.test()
        return (self.model(photo, facts).argmax(1) == band).float().mean().item()


settings = Settings()
torch.manual_seed(settings.seed)
run = Trainer(settings)
run.train()
print(f"FINAL accuracy={run.evaluate():.4f}")
