import os

import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_diabetes(return_X_y=True, scaled=False)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, random_state=7)
mean, std = Xa.mean(0), Xa.std(0)
to = lambda a: torch.tensor(a, dtype=torch.float32)
Xa, Xb, ya, yb = to((Xa - mean) / std), to((Xb - mean) / std), to(ya), to(yb)

# a small net, full batch, and an optimizer that only looks at the sign of each slope
net = nn.Sequential(nn.Linear(10, 6), nn.Tanh(), nn.Linear(6, 1))
nn.init.constant_(net[2].bias, ya.mean().item())
optimizer = torch.optim.Rprop(net.parameters(), lr=0.01, step_sizes=(1e-6, 5.0))
for it in range(150):
    error = (net(Xa).squeeze(1) - ya).pow(2).sum()
    penalty = 400.0 * (net[0].weight.pow(2).sum() + 0.01 * net[2].weight.pow(2).sum())
    loss = error + penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 25 == 0:
        print(f"{it:3d} loss {loss.item():.0f}")

with torch.no_grad():
    p = net(Xb).squeeze(1)
    r2 = 1 - (p - yb).pow(2).sum() / (yb - yb.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
