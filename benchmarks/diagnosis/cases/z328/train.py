import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


@dataclass
class EpisodeConfig:
    ways: int = 4
    shots: int = 3
    queries: int = 6
    episodes: int = 350
    lr: float = 1e-3
    seed: int = int(os.environ.get("SEED", 0))


class EpisodeSampler:
    def __init__(self, cfg, classes):
        raw = load_digits()
        self.pools = [torch.tensor(raw.images[raw.target == c] / 16.0, dtype=torch.float32)[:, None] for c in classes]
        self.cfg = cfg

    def draw(self):
        chosen = torch.randperm(len(self.pools))[: self.cfg.ways]
        take = self.cfg.shots + self.cfg.queries
        images = torch.stack([self.pools[c][torch.randperm(len(self.pools[c]))[:take]] for c in chosen])
        support, query = images.split([self.cfg.shots, self.cfg.queries], dim=1)
        target = torch.arange(self.cfg.ways).repeat_interleave(self.cfg.queries)
        return support, query.flatten(0, 1), target


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm1, self.norm2 = nn.GroupNorm(4, 16), nn.GroupNorm(4, 32)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        return F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2).flatten(1)


class PrototypeLearner:
    def __init__(self, cfg):
        self.net = Embedder()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)

    def scores(self, support, query):
        ways, shots = support.shape[:2]
        prototypes = self.net(support.flatten(0, 1)).view(ways, shots, -1).mean(1)
        return -torch.cdist(self.net(query), prototypes).pow(2) / 10

    def learn(self, support, query, target):
        loss = F.nll_loss(F.log_softmax(self.scores(support, query), dim=1), target)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


cfg = EpisodeConfig()
torch.manual_seed(cfg.seed)
np.random.seed(cfg.seed)
seen, unseen = EpisodeSampler(cfg, [0, 1, 2, 4, 5, 7]), EpisodeSampler(cfg, [3, 6, 8, 9])
learner = PrototypeLearner(cfg)
for i in range(cfg.episodes):
    value = learner.learn(*seen.draw())
    if i % 50 == 0:
        print(f"episode {i} loss {value:.4f}")
with torch.no_grad():
    right = [(learner.scores(s, q).argmax(1) == t).float().mean() for s, q, t in (unseen.draw() for _ in range(100))]
print(f"FINAL accuracy={torch.stack(right).mean().item():.4f}")
