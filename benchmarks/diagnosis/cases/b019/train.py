import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def machines(n, rate):
    """Sensor readings of machines; few of them fail within a week."""
    fail = rng.random(n) < rate
    x = rng.normal(size=(n, 14))
    x[fail, 0] += 1.0
    x[fail, 3] -= 1.0
    x[fail, 5] *= 1.6
    x[fail, 8] += 0.9
    return torch.tensor(x, dtype=torch.float32), torch.tensor(fail.astype(np.int64))


train_x, train_y = machines(5000, 0.02)
val_x, val_y = machines(4000, 0.02)
train_loader = DataLoader(TensorDataset(train_x, train_y), batch_size=100, shuffle=True)
class_weights = torch.ones(2)


class FailureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(14, 32)
        self.output = nn.Linear(32, 2)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


net = FailureNet()
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-3)
for epoch in range(10):
    net.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        pred = net(val_x).argmax(1)
    recall = [(pred[val_y == c] == c).float().mean().item() for c in (0, 1)]
    print(f"epoch {epoch}: loss {loss.item():.4f} accuracy {(pred == val_y).float().mean().item():.4f} recall {recall[0]:.3f} {recall[1]:.3f}")
print(f"FINAL balanced_accuracy={sum(recall) / 2:.4f}")
