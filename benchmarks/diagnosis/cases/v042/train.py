"""Adding problem with a GRU; micro-batches of 16 accumulated to 64, clipped at norm 0.5."""
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

LENGTH = 20
MICRO, ACCUMULATE, UPDATES = 16, 4, 350
MAX_NORM = 0.5


def adding_batch(n):
    values = torch.rand(n, LENGTH)
    marks = torch.zeros(n, LENGTH)
    first = torch.randint(0, LENGTH // 2, (n, 1))
    second = torch.randint(LENGTH // 2, LENGTH, (n, 1))
    marks.scatter_(1, first, 1.0).scatter_(1, second, 1.0)
    return torch.stack([values, marks], dim=2), (values * marks).sum(1)


class Adder(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(2, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)
        for name, p in self.rnn.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(p)

    def forward(self, x):
        return self.readout(self.rnn(x)[1][0]).squeeze(1)


model = Adder()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, UPDATES)

window = 0.0
for update in range(1, UPDATES + 1):
    for _ in range(ACCUMULATE):
        x, y = adding_batch(MICRO)
        loss = nn.functional.mse_loss(model(x), y)
        (loss / ACCUMULATE).backward()
        window += loss.item() / ACCUMULATE
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    optimizer.zero_grad()
    schedule.step()
    if update % 50 == 0:
        print(f"update {update}: mse {window / 50:.4f}")
        window = 0.0

model.eval()
with torch.no_grad():
    x, y = adding_batch(2000)
    r2 = 1 - nn.functional.mse_loss(model(x), y) / y.var()
print(f"FINAL r2={r2.item():.4f}")
