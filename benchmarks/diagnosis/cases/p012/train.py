import os
import numpy as np
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))


class Callback:
    def epoch_begin(self, t): ...
    def epoch_end(self, t): ...
    def batch_end(self, t): ...


class GradientBookkeeping(Callback):
    def __init__(self, accumulate):
        self.accumulate = accumulate

    def epoch_begin(self, t):
        t.optimizer.zero_grad()

    def batch_end(self, t):
        if (t.batch_index + 1) % self.accumulate == 0:
            t.optimizer.step()
            t.updates += 1


class Report(Callback):
    def epoch_end(self, t):
        if t.epoch % 4 == 0:
            print(f"epoch {t.epoch:3d} after {t.updates} updates: loss {t.loss:.4f}")


class Loop:
    def __init__(self, model, optimizer, criterion, callbacks):
        self.model, self.optimizer, self.criterion, self.callbacks = model, optimizer, criterion, callbacks
        self.updates = 0

    def emit(self, event):
        for cb in self.callbacks:
            getattr(cb, event)(self)

    def fit(self, x, y, epochs, batch, scale):
        for self.epoch in range(epochs):
            self.emit("epoch_begin")
            order = np.random.permutation(len(x))
            for self.batch_index, lo in enumerate(range(0, len(x), batch)):
                rows = order[lo:lo + batch]
                loss = self.criterion(self.model(x[rows]), y[rows])
                (loss / scale).backward()
                self.loss = loss.item()
                self.emit("batch_end")
            self.emit("epoch_end")


def load_curve(days):
    """Hourly electricity demand: day shape, week shape, drifting weather."""
    h = np.arange(days * 24)
    weather = np.cumsum(np.random.randn(len(h))) * 0.05
    weather -= np.convolve(weather, np.ones(240) / 240, mode="same")
    week = 0.5 * ((h // 24) % 7 < 5)
    return (np.sin(h * 2 * np.pi / 24) * (1 + week) + 0.4 * np.sin(h * 4 * np.pi / 24) + week + weather).astype("float32")


series = load_curve(100)
series = (series - series.mean()) / series.std()
WINDOW, AHEAD = 48, 6
x = torch.from_numpy(np.lib.stride_tricks.sliding_window_view(series, WINDOW + AHEAD).copy())
x, y = x[:, :WINDOW], x[:, WINDOW:]
split = 1900
model = nn.Sequential(
    nn.Unflatten(1, (1, WINDOW)), nn.Conv1d(1, 12, 5), nn.Tanh(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(12 * 22, 32), nn.Tanh(), nn.Linear(32, AHEAD)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
loop = Loop(model, optimizer, nn.MSELoss(), [GradientBookkeeping(2), Report()])
loop.fit(x[:split], y[:split], epochs=14, batch=16, scale=2)
model.eval()
with torch.no_grad():
    err = ((model(x[split:]) - y[split:]) ** 2).mean().item()
print(f"FINAL mse={err:.4f}")
