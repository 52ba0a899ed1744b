"""Peak finding in one-dimensional signals with an IoU loss."""
import os
from typing import Tuple

import numpy as np
import torch
from torch import Tensor, nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
RS = np.random.RandomState(int(os.environ.get("SEED", 0)))
WIDTH = 128


def signals(n: int) -> Tuple[Tensor, Tensor]:
    t = np.arange(WIDTH)
    x = np.cumsum(RS.randn(n, WIDTH) * 0.08, axis=1) + 0.15 * RS.randn(n, WIDTH)
    y = np.zeros((n, WIDTH), dtype=np.float32)
    for i in range(n):
        for c in RS.randint(8, WIDTH - 8, RS.randint(1, 4)):
            s = RS.uniform(1.5, 4)
            x[i] += RS.uniform(1.5, 2.5) * np.exp(-((t - c) ** 2) / (2 * s * s))
            y[i, np.abs(t - c) <= s] = 1
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(y)


class IoULoss(nn.Module):
    def __init__(self, thresh: float = 0.5):
        super().__init__()
        self.thresh = thresh

    def forward(self, inputs: Tensor, targets: Tensor, smooth: float = 1.0) -> Tensor:
        inputs = torch.where(inputs < self.thresh, 0.0, 1.0)
        inter = (inputs * targets).sum(-1)
        union = (inputs + targets - inputs * targets).sum(-1)
        return 1 - ((inter + smooth) / (union + smooth)).mean()


class WaveletNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wavelet = nn.Conv1d(1, 16, 17, padding=8)
        self.mix = nn.Conv1d(16, 16, 9, padding=4)
        self.out = nn.Conv1d(16, 1, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.wavelet(x.unsqueeze(1)))
        h = torch.relu(self.mix(h))
        return torch.sigmoid(self.out(h)).squeeze(1)


def main() -> None:
    x, y = signals(1000)
    xv, yv = signals(300)
    model, criterion = WaveletNet(), IoULoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(10):
        running = 0.0
        for b in torch.randperm(len(x)).split(25):
            output = model(x[b])
            loss = criterion(output, y[b])
            loss.requires_grad_(True)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"epoch {epoch} IoU loss {running / 40:.4f}")
    with torch.no_grad():
        iou = 1 - IoULoss()(model(xv), yv, smooth=1e-6).item()
    print(f"FINAL iou={iou:.4f}")


main()
