import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 3)


class IRNN(nn.Module):
    """ReLU recurrence started at the identity (Le et al. 2015)."""

    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.inp = nn.Linear(n_in, n_hidden)
        self.rec = nn.Parameter(torch.eye(n_hidden))
        self.out = nn.Linear(n_hidden, 1)
        nn.init.normal_(self.inp.weight, std=0.3)

    def forward(self, seq):
        h = seq.new_zeros(len(seq), self.rec.shape[0])
        for x in seq.unbind(1):
            h = torch.relu(self.inp(x) + h @ self.rec)
        return self.out(h).squeeze(1)


def weighted_totals(n, length=60):
    """Adds the marked amounts of a ledger."""
    amount = rng.uniform(0, 1, (n, length))
    marked = rng.random((n, length)) < 0.15
    x = np.stack([amount, marked], -1)
    total = (amount * marked).sum(1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor((total - 4.5) / 1.6, dtype=torch.float32)


def train_step(model, opt, x, y):
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    return loss.item()


def main():
    x, y = weighted_totals(1280)
    xt, yt = weighted_totals(300)
    model = IRNN(2, 32)
    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in range(6):
        losses = [train_step(model, opt, x[i], y[i]) for i in torch.randperm(len(x)).split(32)]
        print(f"epoch {epoch} first {losses[0]:.4f} mean {np.mean(losses):.4f}")
    with torch.no_grad():
        r2 = 1 - ((model(xt) - yt) ** 2).mean() / yt.var()
    print(f"FINAL r2={r2.item():.4f}")


main()
