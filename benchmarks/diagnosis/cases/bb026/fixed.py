import os
import random
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    vocab: int = 21
    embed: int = 16
    hidden: int = 32
    train: int = 1200
    test: int = 500
    batch: int = 40
    epochs: int = 8
    lr: float = 3e-3


class Commands(Dataset):
    """Switch logs: the class is the last mode chosen (ids 1 to 4), among neutral events."""

    def __init__(self, n, cfg, rng):
        self.rows = []
        for _ in range(n):
            row = [rng.randint(5, cfg.vocab - 1) for _ in range(rng.randint(4, 40))]
            modes = rng.sample(range(len(row)), 3)
            for m in modes:
                row[m] = rng.randint(1, 4)
            self.rows.append((torch.tensor(row), row[max(modes)] - 1))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def collate(rows):
    ids, labels = zip(*rows)
    return pad_sequence(ids, batch_first=True), torch.tensor([len(i) for i in ids]), torch.tensor(labels)


class LogClassifier(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.embed = nn.Embedding(cfg.vocab, cfg.embed)
        self.rnn = nn.RNN(cfg.embed, cfg.hidden, batch_first=True)
        self.fc = nn.Linear(cfg.hidden, 4)

    def forward(self, ids, lengths):
        out, _ = self.rnn(self.embed(ids))
        rows = torch.arange(len(ids))
        return self.fc(out[rows, lengths - 1])


class Trainer:
    def __init__(self, cfg):
        rng = random.Random(cfg.seed)
        self.cfg = cfg
        self.train = DataLoader(Commands(cfg.train, cfg, rng), cfg.batch, shuffle=True, collate_fn=collate)
        self.test = DataLoader(Commands(cfg.test, cfg, rng), cfg.batch, collate_fn=collate)
        self.model = LogClassifier(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)
        self.loss = nn.CrossEntropyLoss()

    def fit(self):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for ids, lengths, labels in self.train:
                self.opt.zero_grad()
                loss = self.loss(self.model(ids, lengths), labels)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.opt.step()
            print(f"epoch {epoch} loss {loss.item():.4f} test accuracy {self.accuracy():.4f}")

    @torch.no_grad()
    def accuracy(self):
        self.model.eval()
        hits = sum((self.model(i, n).argmax(1) == y).sum().item() for i, n, y in self.test)
        return hits / self.cfg.test


cfg = Config()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
