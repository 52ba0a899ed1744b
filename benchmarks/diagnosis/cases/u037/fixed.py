import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

N_CLASSES, T = 12, 24
rs = np.random.RandomState(9)
FREQ = np.linspace(0.5, 3.0, 6)


def wearable(n):
    """Three accelerometer axes; class = one of 6 rhythms x with/without tilt."""
    y = rs.randint(0, N_CLASSES, n)
    t = np.linspace(0, 2 * np.pi, T)
    f = FREQ[y % 6][:, None] * rs.uniform(0.95, 1.05, (n, 1))
    ph = rs.uniform(0, 2 * np.pi, (n, 1))
    x = np.stack([np.sin(f * t + ph), np.cos(f * t + ph) * 0.7, 0.3 * np.sin(2 * f * t + ph) + 0.5 * (y // 6)[:, None]], -1)
    x += rs.normal(0, 0.25, x.shape)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class HAR(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv1d(32, 48, 5, padding=2)
        self.fc = nn.Linear(48, N_CLASSES)
        self.act_out = nn.Sigmoid()

    def forward(self, x):
        h = torch.relu(self.conv1(x.transpose(1, 2)))
        h = torch.relu(self.conv2(h)).amax(2)
        return self.fc(h)


x_train, y_train = wearable(1800)
x_test, y_test = wearable(600)

model = HAR()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)

history = []
for epoch in range(8):
    model.train()
    for b in torch.randperm(len(x_train)).split(48):
        optimizer.zero_grad()
        out = model(x_train[b])
        loss = criterion(out, y_train[b])
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    print("Epoch %d, loss %.3f" % (epoch, np.mean(history[-50:])))

model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean()
print(f"FINAL accuracy={acc:.4f}")
