import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

N_CLASSES = 8
g = torch.Generator().manual_seed(17)
prototypes = torch.randn(N_CLASSES, 3, 16, generator=g)


def pieces(n):
    y = torch.randint(0, N_CLASSES, (n,))
    which = torch.randint(0, 3, (n,))
    return prototypes[y, which] * 1.3 + torch.randn(n, 16), y


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(16, 64)
        self.res = nn.ModuleList([nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64)) for _ in range(2)])
        self.head = nn.Linear(64, N_CLASSES)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for f in self.res:
            x = x + f(x)
        return self.head(x)


class Learner:
    def __init__(self, model, train, valid, lr):
        self.model, self.train, self.valid = model, train, valid
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    def one_epoch(self):
        self.model.train()
        avg_loss = 0.0
        for x, y in self.train:
            loss = F.cross_entropy(self.model(x), y) / len(self.train)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            avg_loss += loss.item()
        return avg_loss

    def score(self):
        self.model.eval()
        good = n = 0
        with torch.no_grad():
            for x, y in self.valid:
                good += (self.model(x).argmax(1) == y).sum().item()
                n += len(y)
        return good / n

    def run(self, epochs):
        for e in range(epochs):
            avg = self.one_epoch()
            if (e + 1) % 4 == 0:
                print(f"epoch {e + 1:2d} | loss {avg:.4f} | valid accuracy {self.score():.4f}")


learner = Learner(Model(), DataLoader(TensorDataset(*pieces(3000)), batch_size=30, shuffle=True),
                  DataLoader(TensorDataset(*pieces(800)), batch_size=200), lr=0.01)
learner.run(16)
print(f"FINAL accuracy={learner.score():.4f}")
