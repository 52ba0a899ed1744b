import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.metrics import f1_score

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

rng = np.random.default_rng(SEED)
x = rng.standard_normal((4000, 30))
directions = np.random.default_rng(12).standard_normal((30, 8)) / 30 ** 0.5
threshold = np.array([-0.3, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
y = x @ directions + 0.2 * rng.standard_normal((4000, 8)) > threshold
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
x_train, x_test, y_train, y_test = x[:3000], x[3000:], y[:3000], y[3000:]


class Tagger(nn.Module):
    def __init__(self, n_features, n_labels):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_features, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, n_labels))

    def forward(self, x):
        return self.net(x)


def evaluate(model):
    model.eval()
    with torch.no_grad():
        predicted = (torch.sigmoid(model(x_test)) > 0.5).int()
    return f1_score(y_test.int().numpy(), predicted.numpy(), average="macro", zero_division=0)


model = Tagger(30, 8)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
for epoch in range(8):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.4f}  f1 {evaluate(model):.3f}")

print(f"FINAL f1={evaluate(model):.4f}")
