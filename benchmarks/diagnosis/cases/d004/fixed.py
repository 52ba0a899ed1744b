import os

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Adder(nn.Module):
    """Reads (value, flag) pairs, answers the sum of the flagged values."""

    def __init__(self, hidden=64):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(hidden, 1)
        for name, p in self.rnn.named_parameters():
            if "weight_hh" in name:
                nn.init.eye_(p)
            elif "bias" in name:
                nn.init.zeros_(p)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.head(h[:, -1]).squeeze(1)


def sample(n, length=30):
    values = torch.rand(n, length)
    flags = torch.zeros(n, length)
    a = torch.randint(0, length // 2, (n,))
    b = torch.randint(length // 2, length, (n,))
    flags[torch.arange(n), a] = 1
    flags[torch.arange(n), b] = 1
    return torch.stack([values, flags], 2), (values * flags).sum(1)


model = Adder()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
mse = nn.MSELoss()
for step in range(900):
    x, y = sample(64)
    opt.zero_grad()
    loss = mse(model(x), y)
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step:4d} mse {loss.item():.4g}")

with torch.no_grad():
    x, y = sample(1000)
    r2 = 1 - ((model(x) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
