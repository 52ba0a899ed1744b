import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

hours = np.arange(24 * 160)
week = hours // 24 % 7
base = np.where(week < 5, np.exp(-((hours % 24 - 8) / 1.5) ** 2) + 0.8 * np.exp(-((hours % 24 - 17.5) / 2) ** 2),
                0.5 * np.exp(-((hours % 24 - 14) / 4) ** 2))
events = np.convolve((rng.random(len(hours)) < 0.02) * rng.uniform(0.3, 1, len(hours)), [0, 0, 0.4, 1, 0.6], "same")
load = base + events + 0.05 * rng.normal(size=len(hours))
load = (load - load.mean()) / load.std()

L = 36
X = np.stack([load[i:i + L] for i in range(len(load) - L - 3)])
Y = load[L + 2:-1]
X, Y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)
split = 3000
loader = DataLoader(TensorDataset(X[:split], Y[:split]), batch_size=60, shuffle=True)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Unflatten(1, (1, L)), nn.Conv1d(1, 16, 5, stride=2), nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(96, 8), nn.ReLU())
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.encoder(x)).squeeze(1)


class Experiment:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.MSELoss()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.model.train()
            losses = [self.step(x, y) for x, y in loader]
            print(f"epoch {epoch}: {np.mean(losses):.4f}")
            if epoch == 0:
                self.report(X[:500])

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def report(self, x):
        with torch.no_grad():
            features = self.model.encoder(x)
        print("feature means", [round(v, 2) for v in features.mean(0).tolist()])

    def r2(self, x, y):
        self.model.eval()
        with torch.no_grad():
            return (1 - (self.model(x) - y).pow(2).mean() / y.var()).item()


exp = Experiment(Forecaster(), lr=1e-3)
exp.fit(loader, 20)
print(f"FINAL r2={exp.r2(X[split:], Y[split:]):.4f}")
