import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
data = TensorDataset(torch.tensor(d.data, dtype=torch.float32) / 16, torch.tensor(d.target))
train, test = random_split(data, [1400, 397])
counts = torch.bincount(train[:][1], minlength=10).float()
criterion = nn.CrossEntropyLoss(weight=counts.mean() / counts, label_smoothing=0.2)

model = nn.Sequential(nn.Linear(64, 128), nn.Hardswish(), nn.Linear(128, 64), nn.Hardswish(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[8, 12], gamma=0.2)
loader = DataLoader(train, batch_size=40, shuffle=True)
for epoch in range(15):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {total / len(loader):.4f} lr {scheduler.get_last_lr()[0]:.4f}")
x, y = test[:]
with torch.no_grad():
    print(f"FINAL accuracy={(model(x).argmax(1) == y).float().mean().item():.4f}")
