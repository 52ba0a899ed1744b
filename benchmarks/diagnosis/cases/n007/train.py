import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

# daily returns of an efficient market: tomorrow does not depend on the last ten days
returns = rng.standard_t(5, size=4000) * 0.01
returns = returns / returns[:3000].std()
X = np.lib.stride_tricks.sliding_window_view(returns, 10)[:-1].copy()
y = returns[10:]
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(1)
X_train, y_train, X_test, y_test = X[:2990], y[:2990], X[3000:], y[3000:]


class ReturnNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x)


net = ReturnNet()
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-4, weight_decay=0.1)
criterion = nn.MSELoss()
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True)
for epoch in range(20):
    net.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: mse {total / len(X_train):.4f} (variance {y_train.var().item():.4f})")

net.eval()
with torch.no_grad():
    r2 = 1 - ((net(X_test) - y_test) ** 2).mean() / ((y_test - y_train.mean()) ** 2).mean()
print(f"FINAL r2={r2.item():.4f}")
