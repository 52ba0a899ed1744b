import os

import torch
from sklearn.datasets import make_friedman2
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_friedman2(n_samples=3000, noise=20.0, random_state=seed)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
X, y = (X - X.mean(0)) / X.std(0), (y - y.mean()) / y.std()
dataset = TensorDataset(X, y)
train_set, val_set = random_split(dataset, [2400, 600])


def block(n_in, n_out, p):
    return nn.Sequential(nn.Linear(n_in, n_out), nn.LeakyReLU(0.1), nn.Dropout(p))


class ImpedanceNet(nn.Module):
    def __init__(self, p=0.25):
        super().__init__()
        self.body = nn.Sequential(block(4, 64, 0.0), block(64, 64, 0.0))
        self.tail = nn.Sequential(nn.Linear(64, 1), nn.Dropout(p))

    def forward(self, x):
        return self.tail(self.body(x)).squeeze(1)


def evaluate(model, loader):
    model.eval()
    se, targets = 0.0, []
    with torch.no_grad():
        for xb, yb in loader:
            se += ((model(xb) - yb) ** 2).sum().item()
            targets.append(yb)
    targets = torch.cat(targets)
    return 1 - se / ((targets - targets.mean()) ** 2).sum().item()


model = ImpedanceNet()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
train_loader = DataLoader(train_set, batch_size=48, shuffle=True)
val_loader = DataLoader(val_set, batch_size=300)
for epoch in range(30):
    model.train()
    for xb, yb in train_loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}  batch mse {loss.item():.4f}  r2 {evaluate(model, val_loader):.4f}")
print(f"FINAL r2={evaluate(model, val_loader):.4f}")
