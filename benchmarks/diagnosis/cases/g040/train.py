import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.RandomState(SEED)
torch.manual_seed(SEED)


def fields(n):
    x = rng.uniform(-1.7, 1.7, (n, 6))
    rain, heat, soil = x[:, 0], x[:, 1], x[:, 2]
    yields = np.exp(-(rain - 0.4) ** 2) * (1 + soil) + np.sin(2 * heat) - 0.4 * heat * x[:, 3] + 0.1 * rng.randn(n)
    yields = (yields - 0.6) / 1.2
    return torch.tensor(x).float(), torch.tensor(yields).float()[:, None]


train_set = TensorDataset(*fields(3000))
x_val, y_val = fields(800)
loader = DataLoader(train_set, batch_size=len(train_set), shuffle=True)

model = nn.Sequential(
    nn.Linear(6, 64), nn.SiLU(),
    nn.Linear(64, 64), nn.SiLU(),
    nn.Linear(64, 1),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
loss_fn = nn.MSELoss()
for epoch in range(100):
    running = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: {running / len(loader):.4f}")

with torch.no_grad():
    r2 = 1 - ((model(x_val) - y_val) ** 2).sum() / ((y_val - y_val.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
