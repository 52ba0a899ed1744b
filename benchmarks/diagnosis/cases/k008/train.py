import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
CYCLE, CYCLES = 6, 4

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, stratify=y, random_state=5)
prepare = lambda a: torch.tensor((a / 16 - 0.3) / 0.37, dtype=torch.float32).view(-1, 1, 8, 8)
loader = DataLoader(TensorDataset(prepare(x_train), torch.tensor(y_train)), batch_size=32, shuffle=True)
x_test, y_test = prepare(x_test), torch.tensor(y_test)


class ConvUnit(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(o)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


model = nn.Sequential(ConvUnit(1, 16), ConvUnit(16, 16), ConvUnit(16, 32, 2), ConvUnit(32, 32), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
decay = [p for p in model.parameters() if p.ndim > 1]
plain = [p for p in model.parameters() if p.ndim <= 1]
optimizer = torch.optim.SGD([{"params": decay, "weight_decay": 5e-4}, {"params": plain, "weight_decay": 0.0}], lr=0.1, momentum=0.9, nesterov=True)
scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=CYCLE, eta_min=1e-4)
criterion = nn.CrossEntropyLoss()

snapshots = []
for epoch in range(CYCLE * CYCLES):
    model.train()
    mean = 0.0
    for i, (xb, yb) in enumerate(loader):
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step(epoch + i / len(loader))
        mean += loss.item() / len(loader)
    print(f"epoch {epoch:2d} lr {optimizer.param_groups[0]['lr']:.5f} loss {mean:.4f}")
    if (epoch + 1) % CYCLE == 0:
        model.eval()
        with torch.no_grad():
            snapshots.append(model(x_test).softmax(1))
        print("snapshot", len(snapshots), (snapshots[-1].argmax(1) == y_test).float().mean().item())

ensemble = torch.stack(snapshots).mean(0).argmax(1)
print(f"FINAL accuracy={(ensemble == y_test).float().mean().item():.4f}")
