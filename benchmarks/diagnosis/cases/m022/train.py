import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

counts = np.array([2400, 500, 160, 100])
centres = np.random.default_rng(5).normal(0, 1.0, size=(4, 10))


def draw(counts):
    x = np.concatenate([c + rng.normal(0, 1.0, size=(n, 10)) for c, n in zip(centres, counts)])
    y = np.repeat(np.arange(4), counts)
    order = rng.permutation(len(y))
    return torch.tensor(x[order]).float(), torch.tensor(y[order])


x_train, y_train = draw(counts)
x_test, y_test = draw(counts // 4)

n_per_class = torch.bincount(y_train).float()
class_weights = n_per_class / n_per_class.sum() * len(counts)
print("class weights", class_weights.tolist())

model = nn.Sequential(nn.Linear(10, 48), nn.ELU(), nn.Linear(48, 48), nn.ELU(), nn.Linear(48, 4))
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)

for epoch in range(15):
    model.train()
    running = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    model.eval()
    with torch.no_grad():
        pred = model(x_test).argmax(1)
    plain = (pred == y_test).float().mean().item()
    print(f"epoch {epoch + 1:2d} loss {running / len(loader):.4f} plain accuracy {plain:.4f}")

print(f"FINAL balanced_accuracy={balanced_accuracy_score(y_test, pred):.4f}")
