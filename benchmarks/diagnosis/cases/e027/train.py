import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def crops(n):
    """yield from rain, heat, nitrogen, soil and year"""
    x = np.random.normal(0, 1, (n, 5))
    y = np.tanh(x[:, 0]) - 0.6 * x[:, 1] ** 2 * (x[:, 0] < 0) + 0.8 * x[:, 2] - 0.3 * x[:, 2] * x[:, 3] + 0.2 * np.random.normal(size=n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor((y + 0.3)[:, None] / 1.2, dtype=torch.float32)


class YieldNet(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 128), nn.ReLU(), nn.Dropout(p), nn.Linear(128, 128), nn.ReLU(), nn.Dropout(p), nn.Linear(128, 1))

    def forward(self, x):
        return self.net(x)


def predict_with_uncertainty(model, x, passes=20):
    model.train()
    with torch.no_grad():
        draws = torch.stack([model(x) for _ in range(passes)])
    return draws.mean(0), draws.std(0)


model = YieldNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
loader = DataLoader(TensorDataset(*crops(2400)), batch_size=60, shuffle=True)
x_test, y_test = crops(800)
for epoch in range(14):
    model.train()
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 4 == 3:
        mean, spread = predict_with_uncertainty(model, x_test)
        print(f"epoch {epoch + 1} loss {loss.item():.4f} mean predicted spread {spread.mean().item():.4f}")

mean, _ = predict_with_uncertainty(model, x_test)
print(f"FINAL r2={(1 - (mean - y_test).pow(2).mean() / y_test.var()).item():.4f}")
