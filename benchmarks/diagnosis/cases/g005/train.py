import os
import warnings
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

warnings.filterwarnings("ignore")
seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

n = 3000
rate = np.exp(np.random.normal(1.6, 0.7, size=(n, 6)))
calls = np.random.poisson(rate).astype(np.float32)
tenure = np.random.uniform(0, 5, size=(n, 2)).astype(np.float32)
signal = np.log1p(calls) @ np.array([0.9, -0.7, 0.4, 0.0, 0.5, -0.3]) + np.sin(tenure[:, 0] * 2) - 0.4 * tenure[:, 1]
bill = signal + 0.2 * np.random.randn(n)

features = np.concatenate([np.log(calls), tenure - 2.5], axis=1).astype(np.float32)
bill = ((bill - bill.mean()) / bill.std()).astype(np.float32)

dataset = TensorDataset(torch.from_numpy(features), torch.from_numpy(bill).unsqueeze(1))
train_set, test_set = random_split(dataset, [2400, 600])
train_loader = DataLoader(train_set, batch_size=48, shuffle=True)


class BillNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU())
        self.head = nn.Linear(64, 1)

    def forward(self, x):
        return self.head(self.body(x))


model = BillNet(features.shape[1])
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
loss_fn = nn.SmoothL1Loss()

for epoch in range(1, 21):
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 5 == 0:
        print(f"[{epoch}] train loss: {running / len(train_loader):.4f}")

x, y = test_set[:]
with torch.no_grad():
    error = ((model(x) - y) ** 2).mean() / y.var()
print(f"FINAL r2={1 - error.item():.4f}")
