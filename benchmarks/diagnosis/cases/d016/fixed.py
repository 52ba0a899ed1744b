import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_friedman1(n_samples=2500, n_features=10, noise=0.5, random_state=SEED)
X = torch.tensor(scale(X), dtype=torch.float32)
y = torch.tensor(scale(y), dtype=torch.float32).unsqueeze(1)
tr, va = slice(0, 2000), slice(2000, None)


class Regressor(nn.Module):
    def __init__(self, d=10, h=64):
        super().__init__()
        self.encoder = nn.Linear(d, h)
        self.middle = nn.Linear(h, h)
        self.out = nn.Linear(h, 1)
        self.reset()

    def reset(self):
        for lin in (self.encoder, self.middle):
            nn.init.xavier_normal_(lin.weight)
            nn.init.zeros_(lin.bias)

    def forward(self, x):
        h = torch.sigmoid(self.encoder(x))
        h = torch.sigmoid(self.middle(h))
        return self.out(h)


model = Regressor()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X[tr], y[tr]), batch_size=50, shuffle=True)
loss_fn = nn.MSELoss()
for epoch in range(25):
    model.train()
    acc = 0
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc += loss.item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} mse {acc / len(loader):.4f}")

model.eval()
with torch.no_grad():
    pred = model(X[va])
r2 = 1 - ((pred - y[va]) ** 2).sum() / ((y[va] - y[va].mean()) ** 2).sum()
print(f"FINAL r2={r2:.4f}")
