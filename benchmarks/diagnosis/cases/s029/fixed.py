import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
use_amp = device.type == "cuda"

# diameter, thickness, mass, conductivity, permeability of eight coins
coins = np.array([[16.3, 1.7, 2.3, 6, 9], [18.8, 1.7, 3.1, 6, 9], [21.3, 1.7, 3.9, 6, 9], [19.8, 1.9, 4.1, 10, 0],
                  [22.3, 2.1, 5.7, 10, 0], [24.3, 2.4, 7.8, 10, 0], [23.3, 2.3, 7.5, 8, 2], [25.8, 2.2, 8.5, 8, 2]])


def toss(n):
    k = rng.integers(0, 8, n)
    rows = coins[k] + rng.normal(size=(n, 5)) * [0.9, 0.15, 0.5, 1.5, 1.2]
    return rows, k


rows, kind = toss(3000)
mu, sd = rows.mean(0), rows.std(0)
rows_test, kind_test = toss(1000)
prep = lambda a: torch.tensor((a - mu) / sd, dtype=torch.float32)
train_loader = DataLoader(TensorDataset(prep(rows), torch.tensor(kind)), batch_size=60, shuffle=True)


class CoinNet(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.fc1 = nn.Linear(5, width)
        self.bn1 = nn.BatchNorm1d(width)
        self.fc2 = nn.Linear(width, 8)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn1(self.fc1(x))))


net = CoinNet().to(device)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
scaler = torch.amp.GradScaler("cuda", enabled=use_amp)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(8):
    net.train()
    epoch_loss = 0.0
    for x, y in train_loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, enabled=use_amp):
            loss = loss_fn(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        epoch_loss += loss.item()
    scheduler.step()
    print(f"epoch {epoch + 1} loss {epoch_loss / len(train_loader):.4f}")

net.eval()
with torch.no_grad():
    acc = (net(prep(rows_test).to(device)).argmax(1).cpu() == torch.tensor(kind_test)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
