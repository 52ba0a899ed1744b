import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def oscillator(n_series, steps=200):
    x = torch.randn(n_series)
    v = torch.randn(n_series)
    omega = 0.25 + 0.1 * torch.rand(n_series)
    out = []
    for t in range(steps):
        a = -omega ** 2 * torch.sin(x) * 4 - 0.02 * v + 0.1 * torch.cos(torch.tensor(0.3 * t))
        v = v + a * 0.5
        x = x + v * 0.5
        out.append(x)
    series = torch.stack(out, 1)
    return series / series.abs().amax(1, keepdim=True)


def windows(series, length=20):
    w = series.unfold(1, length + 1, 5)
    w = w.reshape(-1, length + 1)
    return w[:, :-1, None], w[:, -1:]


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.linear(out[:, -1])


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.criterion = nn.MSELoss()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            losses = [self.training_step(x, y) for x, y in loader]
            print(f"epoch {epoch + 1}/{epochs} - loss {sum(losses) / len(losses):.5f}")

    def training_step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def score(self, x, y):
        return 1 - (self.criterion(self.model(x), y) / y.var(unbiased=False)).item()


if __name__ == "__main__":
    train = DataLoader(TensorDataset(*windows(oscillator(60))), batch_size=64, shuffle=True)
    trainer = Trainer(Forecaster(), lr=0.05)
    trainer.fit(train, epochs=10)
    print(f"FINAL r2={trainer.score(*windows(oscillator(20))):.4f}")
