import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass
class Hyper:
    vocab: int = 30
    length: int = 12
    embed: int = 16
    filters: int = 32
    lr: float = 3e-3
    batch: int = 50
    steps: int = 400
    aux: float = 0.3
    seed: int = int(os.environ.get("SEED", 0))


class Messages:
    """Intent depends on two adjacent tokens, length is an auxiliary target."""

    def __init__(self, hp: Hyper):
        self.rng = np.random.default_rng(hp.seed)
        self.hp = hp

    def batch(self, n: int):
        ids = self.rng.integers(8, self.hp.vocab, (n, self.hp.length))
        intent = self.rng.integers(0, 4, n)
        at = self.rng.integers(0, self.hp.length - 1, n)
        pairs = np.array([[1, 2], [2, 1], [3, 4], [4, 3]])
        ids[np.arange(n), at], ids[np.arange(n), at + 1] = pairs[intent, 0], pairs[intent, 1]
        used = self.rng.integers(5, self.hp.length + 1, n)
        used = np.maximum(used, at + 2)
        ids[np.arange(self.hp.length)[None] >= used[:, None]] = 0
        return torch.from_numpy(ids), torch.from_numpy(intent), torch.from_numpy(used / self.hp.length).float()


class TextEncoder(nn.Module):
    def __init__(self, hp: Hyper):
        super().__init__()
        self.embedding = nn.Embedding(hp.vocab, hp.embed, padding_idx=0)
        self.conv = nn.Conv1d(hp.embed, hp.filters, 2)

    def forward(self, ids):
        return torch.relu(self.conv(self.embedding(ids).transpose(1, 2)))


class IntentModel(nn.Module):
    def __init__(self, hp: Hyper):
        super().__init__()
        self.encoder = TextEncoder(hp)
        self.intent = nn.Sequential(nn.Linear(hp.filters, 32), nn.ReLU(), nn.Linear(32, 4))
        self.length = nn.Linear(hp.filters, 1)

    def forward(self, ids):
        h = self.encoder(ids)
        return self.intent(h.amax(2).detach()), self.length(h.mean(2)).squeeze(1)


class Trainer:
    def __init__(self, hp: Hyper):
        self.hp, self.data, self.model = hp, Messages(hp), IntentModel(hp)
        self.opt = torch.optim.RMSprop(self.model.parameters(), lr=hp.lr)

    def fit(self):
        for step in range(self.hp.steps):
            ids, intent, used = self.data.batch(self.hp.batch)
            logits, length = self.model(ids)
            main = nn.functional.cross_entropy(logits, intent)
            loss = main + self.hp.aux * nn.functional.mse_loss(length, used)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step} main {main.item():.4f} total {loss.item():.4f}")

    def accuracy(self):
        self.model.eval()
        ids, intent, _ = self.data.batch(1000)
        with torch.no_grad():
            return (self.model(ids)[0].argmax(1) == intent).float().mean().item()


hp = Hyper()
torch.manual_seed(hp.seed)
trainer = Trainer(hp)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
