import os
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.datasets import make_friedman1
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class TrainerConfig:
    width: int = 48
    n_blocks: int = 12
    lr: float = 1e-3
    momentum: float = 0.9
    max_epochs: int = 12
    batch_size: int = 64
    seed: int = field(default_factory=lambda: int(os.environ.get("SEED", 0)))


class ResBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)
        for fc in (self.fc1, self.fc2):
            nn.init.kaiming_normal_(fc.weight, nonlinearity="relu")
            nn.init.zeros_(fc.bias)
        nn.init.zeros_(self.fc2.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fc2(torch.relu(self.fc1(torch.relu(x))))


class TabularResNet(nn.Module):
    def __init__(self, n_in: int, cfg: TrainerConfig) -> None:
        super().__init__()
        self.stem = nn.Linear(n_in, cfg.width)
        self.blocks = nn.Sequential(*[ResBlock(cfg.width) for _ in range(cfg.n_blocks)])
        self.out = nn.Linear(cfg.width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.relu(self.blocks(self.stem(x)))).squeeze(-1)


def load_data(seed: int):
    x, y = make_friedman1(n_samples=4000, n_features=10, noise=0.5, random_state=seed)
    x = (x - 0.5) / 0.29
    y = (y - y[:3000].mean()) / y[:3000].std()
    t = lambda a: torch.tensor(a, dtype=torch.float32)
    return (t(x[:3000]), t(y[:3000])), (t(x[3000:]), t(y[3000:]))


def train(cfg: TrainerConfig) -> float:
    torch.manual_seed(cfg.seed)
    train_set, (x_val, y_val) = load_data(cfg.seed)
    loader = DataLoader(TensorDataset(*train_set), batch_size=cfg.batch_size, shuffle=True)
    model = TabularResNet(10, cfg)
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=cfg.momentum)
    loss_fn = nn.MSELoss()
    r2 = float("nan")
    for epoch in range(cfg.max_epochs):
        model.train()
        running = []
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            running.append(loss.item())
        model.eval()
        with torch.no_grad():
            pred = model(x_val)
        r2 = 1 - ((pred - y_val) ** 2).sum().item() / ((y_val - y_val.mean()) ** 2).sum().item()
        print(f"epoch={epoch} train_mse={np.mean(running):.5g} val_r2={r2:.4f}")
    return r2


if __name__ == "__main__":
    print(f"FINAL r2={train(TrainerConfig()):.4f}")
