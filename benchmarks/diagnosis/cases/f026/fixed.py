import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))


def gestures(n, steps=16):
    """accelerometer-like traces; the class depends on how two bumps follow one another"""
    t = np.arange(steps)
    label = np.random.randint(0, 4, n)
    x = np.random.randn(n, steps, 3) * 0.3
    first, second = np.random.uniform(2, 5, n), np.random.uniform(10, 13, n)
    up1 = np.where(label // 2 == 0, 1.0, -1.0) * np.random.choice([-1, 1], n)
    up2 = up1 * np.where(label // 2 == 0, 1.0, -1.0)
    axis2 = np.where(label % 2 == 0, 0, 1)
    for i in range(n):
        x[i, :, 0] += up1[i] * np.exp(-(t - first[i]) ** 2)
        x[i, :, axis2[i]] += up2[i] * np.exp(-(t - second[i]) ** 2)
    same = up1 == up2
    y = same.astype(int) * 2 + axis2
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class GestureTransformer(nn.Module):
    def __init__(self, d_model=32):
        super().__init__()
        self.input_projection = nn.Linear(3, d_model)
        self.position = nn.Parameter(torch.randn(1, 16, d_model) * 0.1)
        layer = nn.TransformerEncoderLayer(d_model=d_model, nhead=4, dim_feedforward=64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.fc = nn.Linear(d_model, 4)

    def forward(self, x):
        x = self.input_projection(x) + self.position
        x = self.encoder(x)
        return self.fc(x[:, -1])


train_loader = DataLoader(TensorDataset(*gestures(3200)), batch_size=32, shuffle=True)
test_x, test_y = gestures(640)
model = GestureTransformer()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    pred = torch.cat([model(b).argmax(1) for b in test_x.split(32)])
print("FINAL accuracy=%.4f" % (pred == test_y).float().mean().item())
