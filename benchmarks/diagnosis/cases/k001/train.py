import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def mackey_glass(n, tau=17, dt=1.0):
    x = [1.2 + 0.05 * torch.randn(1).item() for _ in range(tau + 1)]
    for _ in range(n * 1 + 300):
        past = x[-tau - 1]
        x.append(x[-1] + dt * (0.2 * past / (1 + past**10) - 0.1 * x[-1]))
    return torch.tensor(x[-n:])


class Reservoir(nn.Module):
    def __init__(self, units=300, radius=0.9):
        super().__init__()
        self.rnn = nn.RNN(1, units, batch_first=True)
        nn.init.uniform_(self.rnn.weight_ih_l0, -0.8, 0.8)
        nn.init.sparse_(self.rnn.weight_hh_l0, sparsity=0.9, std=1.0)
        with torch.no_grad():
            self.rnn.weight_hh_l0.mul_(radius / torch.linalg.eigvals(self.rnn.weight_hh_l0).abs().max())
        for p in self.rnn.parameters():
            p.requires_grad_(False)
        self.readout = nn.Linear(units + 1, 1)

    @torch.no_grad()
    def states(self, series):
        s = series.view(1, -1, 1)
        h, _ = self.rnn(s)
        return torch.cat([h[0], s[0]], 1)

    def forward(self, features):
        return self.readout(features).squeeze(1)


AHEAD, WASHOUT = 12, 100
series = mackey_glass(4200)
series = (series - series.mean()) * 2
model = Reservoir()
feats = model.states(series)[WASHOUT:-AHEAD]
target = series[WASHOUT + AHEAD:]
cut = 3000
optimizer = torch.optim.AdamW(model.readout.parameters(), lr=5e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=120)
for epoch in range(120):
    for idx in torch.randperm(cut).split(100):
        loss = (model(feats[idx]) - target[idx]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    sched.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: mse {loss.item():.5f}")
with torch.no_grad():
    err = (model(feats[cut:]) - target[cut:]).pow(2).mean()
print(f"FINAL r2={(1 - err / target[cut:].var()).item():.4f}")
