import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import f1_score, precision_recall_fscore_support

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def shipments(n):
    x = rng.normal(size=(n, 12))
    z = 1.5 * x[:, 0] + 1.2 * np.abs(x[:, 1]) - x[:, 2] * (x[:, 3] > 0) + 0.8 * x[:, 4]
    late = z + rng.logistic(0, 0.25, n) > 3.9
    return torch.tensor(x, dtype=torch.float32), torch.tensor(late.astype("float32"))


x_fit, y_fit = shipments(8000)
x_val, y_val = shipments(3000)
x_test, y_test = shipments(4000)
print(f"share of late shipments {y_fit.mean().item():.3f}")


class LateNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1))
        # start from the share of late shipments
        rate = y_fit.mean()
        nn.init.constant_(self.net[-1].bias, torch.log(rate / (1 - rate)).item())

    def forward(self, x):
        return self.net(x).squeeze(-1)


model = LateNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
for epoch in range(12):
    for idx in torch.randperm(len(x_fit)).split(100):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x_fit[idx]), y_fit[idx])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        p = torch.sigmoid(model(x_val)).numpy()
    print(f"epoch {epoch + 1:2d} loss {loss.item():.4f} f1 at one half {f1_score(y_val, p > 0.5):.3f}")

# the threshold is chosen on the validation rows
grid = np.linspace(0.05, 0.95, 37)
best = grid[np.argmax([f1_score(y_val, p > t) for t in grid])]
with torch.no_grad():
    decided = torch.sigmoid(model(x_test)).numpy() > best
print("precision, recall:", precision_recall_fscore_support(y_test, decided, average="binary")[:2])
print(f"FINAL f1={f1_score(y_test, decided):.4f}")
