import os
import warnings

import torch
import torch.nn as nn
from sklearn.datasets import load_iris
from torch.optim.lr_scheduler import CosineAnnealingLR

warnings.simplefilter("ignore")
torch.manual_seed(int(os.environ.get("SEED", 0)))

iris = load_iris()
features = torch.tensor(iris.data, dtype=torch.float32)
features = (features - features.mean(0)) / features.std(0)
labels = torch.tensor(iris.target)
shuffled = torch.randperm(150)
train_idx, test_idx = shuffled[:105], shuffled[105:]

EPOCHS, BATCH = 60, 15
model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
scheduler = CosineAnnealingLR(optimizer, T_max=EPOCHS * 7)
criterion = nn.CrossEntropyLoss()

for epoch in range(EPOCHS):
    running = 0.0
    for batch in train_idx[torch.randperm(105)].split(BATCH):
        optimizer.zero_grad()
        loss = criterion(model(features[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        scheduler.step()
        running += loss.item()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {running / 7:.4f} lr {scheduler.get_last_lr()[0]:.5f}")

with torch.no_grad():
    accuracy = (model(features[test_idx]).argmax(1) == labels[test_idx]).float().mean()
print(f"FINAL accuracy={accuracy:.4f}")
