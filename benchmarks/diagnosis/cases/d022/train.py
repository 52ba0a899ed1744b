import os

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

data, target = load_digits(return_X_y=True)
data = torch.tensor(data / 16, dtype=torch.float32)
target = torch.tensor(target)
idx = torch.randperm(len(target))
train_idx, test_idx = idx[:1300], idx[1300:]
loader = DataLoader(TensorDataset(data[train_idx], target[train_idx]), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
    nn.Softmax(dim=1),
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.5)

for epoch in range(15):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1}: {sum(losses) / len(losses):.4f}")

model.eval()
with torch.no_grad():
    correct = (model(data[test_idx]).argmax(1) == target[test_idx]).float().mean()
print(f"FINAL accuracy={correct.item():.4f}")
