import os

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import make_friedman1
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))


class ResidualMLP(nn.Module):
    def __init__(self, n_in, width=64, blocks=3):
        super().__init__()
        self.stem = nn.Linear(n_in, width)
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)) for _ in range(blocks))
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        h = self.stem(x)
        for block in self.blocks:
            h = h + block(h)
        return self.head(h).squeeze(-1)


def make_data():
    X, y = make_friedman1(4000, n_features=8, noise=0.3, random_state=5)
    y = (y - 14.4) / 5.0
    X, y = torch.tensor(X * 2 - 1).float(), torch.tensor(y).float()
    g = torch.Generator().manual_seed(0)
    broken = torch.rand(3200, generator=g) < 0.02
    spoiled = y[:3200].clone()
    spoiled[broken] += 40 * torch.randn(int(broken.sum()), generator=g)
    return TensorDataset(X[:3200], spoiled), TensorDataset(X[3200:], y[3200:])


def main(epochs=16, micro_batch=16, accumulation=4, lr=6e-3):
    set_seed(SEED)
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulation)
    train, test = make_data()
    train_dl = DataLoader(train, batch_size=micro_batch, shuffle=True)
    test_dl = DataLoader(test, batch_size=200)
    model = ResidualMLP(8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=1e-3)
    scheduler = OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * len(train_dl) // accumulation + epochs)
    model, optimizer, train_dl, test_dl, scheduler = accelerator.prepare(model, optimizer, train_dl, test_dl, scheduler)
    huber = nn.SmoothL1Loss(beta=0.3)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in train_dl:
            with accelerator.accumulate(model):
                loss = huber(model(x), y)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            total += loss.item()
        if epoch % 4 == 3:
            accelerator.print(f"epoch {epoch + 1} huber {total / len(train_dl):.4f}")
    model.eval()
    err, ys = 0.0, []
    with torch.no_grad():
        for x, y in test_dl:
            err += (model(x) - y).pow(2).sum().item()
            ys.append(y)
    ys = torch.cat(ys)
    print(f"FINAL r2={1 - err / (ys - ys.mean()).pow(2).sum().item():.4f}")


if __name__ == "__main__":
    main()
