import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

COUNTS = {"ok": 2400, "worn": 200, "broken": 100}


def spectra(counts):
    xs, ys = [], []
    f = np.arange(48)
    for k, n in enumerate(counts):
        centre = np.array([18.0, 23.0, 28.0])[k] + rng.normal(0, 1.6, (n, 1))
        peak = np.exp(-0.5 * ((f - centre) / 3) ** 2)
        side = 0.3 * k * np.exp(-0.5 * ((f - 40) / 2) ** 2) * rng.uniform(0.2, 1.5, (n, 1))
        xs.append(peak + side + 0.3 * rng.normal(size=(n, 48)))
        ys.append(np.full(n, k))
    x = np.concatenate(xs).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(np.concatenate(ys))


class BalancedCrossEntropy(nn.Module):
    def __init__(self, labels, n_classes):
        super().__init__()
        counts = torch.bincount(labels, minlength=n_classes).float()
        weight = counts / counts.sum()
        self.register_buffer("weight", weight / weight.mean())

    def forward(self, logits, target):
        return nn.functional.cross_entropy(logits, target, weight=self.weight)


class SpectrumNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv1d(16, 16, 5, padding=2)
        self.pool = nn.MaxPool1d(2)
        self.fc = nn.Linear(16 * 12, 3)

    def forward(self, x):
        x = x.unsqueeze(1)
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc(x.flatten(1))


x, y = spectra(COUNTS.values())
mean, std = x.mean(), x.std()
xt, yt = spectra([200, 200, 200])
loader = DataLoader(TensorDataset((x - mean) / std, y), batch_size=64, shuffle=True)
model = SpectrumNet()
criterion = BalancedCrossEntropy(y, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
metric = MulticlassAccuracy(num_classes=3, average="macro")
for epoch in range(8):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        score = metric(model((xt - mean) / std), yt).item()
    metric.reset()
    print(f"epoch {epoch}: last loss {loss.item():.4f}, balanced accuracy {score:.3f}")
print(f"FINAL balanced_accuracy={score:.4f}")
