import os
import numpy as np
import torch
from torch import nn, Tensor
from sklearn.datasets import make_friedman1

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class ResidualBlock(nn.Module):
    def __init__(self, width: int, expansion: int = 2) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, width * expansion)
        self.down = nn.Linear(width * expansion, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


class ResMLP(nn.Module):
    def __init__(self, d_in: int, width: int = 48, depth: int = 16) -> None:
        super().__init__()
        self.stem = nn.Linear(d_in, width)
        self.blocks = nn.Sequential(*[ResidualBlock(width) for _ in range(depth)])
        self.out = nn.Linear(width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.blocks(self.stem(x))).squeeze(-1)


def main() -> None:
    X, y = make_friedman1(n_samples=3000, n_features=10, noise=0.7, random_state=SEED)
    X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
    y = torch.tensor((y - y[:2400].mean()) / y[:2400].std(), dtype=torch.float32)
    model = ResMLP(10)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    gen = torch.Generator().manual_seed(SEED)
    for step in range(450):
        idx = torch.randint(0, 2400, (64,), generator=gen)
        loss = (model(X[idx]) - y[idx]).square().mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"{step:4d} {loss.item():.4f}")
    model.eval()
    with torch.inference_mode():
        res = (model(X[2400:]) - y[2400:]).square().sum()
        tot = (y[2400:] - y[:2400].mean()).square().sum()
    print(f"FINAL r2={(1 - res / tot).item():.4f}")


if __name__ == "__main__":
    main()
