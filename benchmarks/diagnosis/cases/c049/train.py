import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n, lanes = 640, 10
z = np.zeros((lanes, n, 2))
z[:, 0] = rng.normal(size=(lanes, 2))
for t in range(1, n):
    a, b = z[:, t - 1, 0], z[:, t - 1, 1]
    z[:, t, 0] = a + 0.15 * b
    z[:, t, 1] = b + 0.15 * ((1 - a ** 2) * b - a) + rng.normal(0, 0.02, lanes)
data = torch.tensor(z[:, :, :1] / 1.4 + rng.normal(0, 0.02, (lanes, n, 1)), dtype=torch.float32)


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(1, 32, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x, h):
        y, h = self.cell(x, h)
        return self.out(y), h


model = Tracker()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
WIN, AHEAD, CUT = 20, 3, 500
for epoch in range(15):
    h = None
    for s in range(0, CUT - WIN - AHEAD, WIN):
        x, y = data[:, s:s + WIN], data[:, s + AHEAD:s + WIN + AHEAD]
        out, h = model(x, h)
        h = h.detach()
        loss = nn.functional.mse_loss(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} mse {loss.item():.5f}")
with torch.no_grad():
    _, h = model(data[:, :CUT], None)
    p, _ = model(data[:, CUT:-AHEAD], h)
    t = data[:, CUT + AHEAD:]
    print(f"FINAL r2={(1 - (p - t).pow(2).sum() / (t - t.mean()).pow(2).sum()).item():.4f}")
