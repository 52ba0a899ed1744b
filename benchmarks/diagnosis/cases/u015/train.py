import os
from typing import Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))


def accelerometer(n: int, rng: np.random.Generator) -> Tuple[Tensor, Tensor]:
    """Windows (n, 24, 3) of wearable data; does the second knock follow on the axis of the first?"""
    x = rng.normal(0, 0.25, (n, 24, 3))
    y = np.zeros(n, dtype=np.int64)
    for i in range(n):
        a, b = rng.integers(0, 3, 2)
        if rng.random() < 0.25:
            b = a
        t1, t2 = rng.integers(1, 9), rng.integers(12, 21)
        x[i, t1 : t1 + 3, a] += np.array([1.5, 3.0, 1.5])
        x[i, t2 : t2 + 3, b] += np.array([-1.5, -3.0, -1.5])
        y[i] = int(a == b)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class GestureTransformer(nn.Module):
    def __init__(self, n_channels: int = 3, d_model: int = 32, n_classes: int = 2) -> None:
        super().__init__()
        self.input_proj = nn.Linear(n_channels, d_model)
        self.position = nn.Parameter(torch.randn(24, d_model) * 0.1)
        layer = nn.TransformerEncoderLayer(d_model=d_model, nhead=4, dim_feedforward=64, dropout=0.0)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.classifier = nn.Linear(d_model, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        h = self.input_proj(x) + self.position
        h = self.encoder(h)
        return self.classifier(h.mean(dim=1))


@torch.no_grad()
def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    right = total = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()
        total += len(y)
    return right / total


def main() -> None:
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train = DataLoader(TensorDataset(*accelerometer(2400, rng)), batch_size=48, shuffle=True)
    test = DataLoader(TensorDataset(*accelerometer(800, rng)), batch_size=48)
    model = GestureTransformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(8):
        model.train()
        total = 0.0
        for x, y in train:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"[{epoch + 1}/8] loss {total / len(train):.4f} test acc {accuracy(model, test):.3f}")
    print(f"FINAL accuracy={accuracy(model, test):.4f}")


if __name__ == "__main__":
    main()
