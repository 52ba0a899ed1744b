import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn


class Surrogate(nn.Module):
    """Predicts the drag of a profile from eight shape parameters."""

    def __init__(self, width=64):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(8, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


def coarse(x):
    return torch.sin(x[:, 0] * 1.5) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3]


def fine(x):
    return -coarse(x) + torch.tanh(2 * x[:, 4]) * x[:, 5] + 0.7 * x[:, 6].abs()


def run(model, optimizer, x, y, steps, tag):
    for step in range(steps):
        rows = torch.randint(len(x), (128,))
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"{tag} step {step:4d} mse {loss.item():.4f}")


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    x = torch.randn(5000, 8)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coarse.pt"
        model = Surrogate()
        run(model, torch.optim.Adam(model.parameters(), lr=2e-3), x[:3000], coarse(x[:3000]), 300, "coarse")
        torch.save(model.state_dict(), path)

        model = Surrogate()
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        model.load_state_dict(torch.load(path), assign=True)
    run(model, optimizer, x[3000:4000], fine(x[3000:4000]), 800, "fine")

    with torch.no_grad():
        y = fine(x[4000:])
        r2 = 1 - ((model(x[4000:]) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
