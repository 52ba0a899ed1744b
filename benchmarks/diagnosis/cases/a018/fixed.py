import os
from dataclasses import dataclass

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass(frozen=True)
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    micro_batch: int = 8
    effective_batch: int = 64
    epochs: int = 20
    lr: float = 3e-3


class GradientAccumulator:
    """Steps the optimizer once enough samples have gone through."""

    def __init__(self, optimizer: torch.optim.Optimizer, every: int) -> None:
        self.optimizer, self.every, self.count = optimizer, every, 0

    def backward(self, loss: torch.Tensor) -> None:
        (loss / self.every).backward()
        self.count += 1
        if self.count == self.every:
            self.optimizer.step()
            self.reset()

    def reset(self) -> None:
        self.count = 0
        self.optimizer.zero_grad()


class Classifier(nn.Module):
    def __init__(self, n_in: int, n_hidden: int = 24) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n_in)
        self.hidden = nn.Linear(n_in, n_hidden)
        self.output = nn.Linear(n_hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(torch.relu(self.hidden(self.norm(x)))).squeeze(-1)


def main(cfg: Config) -> None:
    torch.manual_seed(cfg.seed)
    raw = load_breast_cancer()
    x = torch.tensor(raw.data, dtype=torch.float32)
    x = (x - x.mean(0)) / x.std(0)
    data = TensorDataset(x, torch.tensor(raw.target, dtype=torch.float32))
    train, test = random_split(data, [400, 169])
    loader = DataLoader(train, cfg.micro_batch, shuffle=True)

    model = Classifier(x.shape[1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
    accumulator = GradientAccumulator(optimizer, every=cfg.effective_batch // cfg.micro_batch)
    loss_fn = nn.BCEWithLogitsLoss()
    for epoch in range(cfg.epochs):
        accumulator.reset()
        total = 0.0
        for xb, yb in loader:
            loss = loss_fn(model(xb), yb)
            accumulator.backward(loss)
            total += loss.item()
        print(f"{epoch=} loss={total / len(loader):.4f}")

    xt, yt = test[:]
    with torch.no_grad():
        acc = ((model(xt) > 0).float() == yt).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main(Config())
