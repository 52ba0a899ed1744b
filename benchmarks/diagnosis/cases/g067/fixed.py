import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def accelerometer(n, steps=30):
    """three axes; gestures: shake, circle, swipe, tap, rest"""
    label = np.random.randint(0, 5, n)
    t = np.arange(steps) / steps
    x = 0.4 * np.random.randn(n, steps, 3)
    for i, g in enumerate(label):
        f, p = np.random.uniform(2, 4), np.random.uniform(0, 6.28)
        if g == 0:
            x[i, :, 0] += np.sign(np.sin(6.28 * f * t + p))
        elif g == 1:
            x[i, :, 0] += np.sin(6.28 * f * t + p)
            x[i, :, 1] += np.cos(6.28 * f * t + p)
        elif g == 2:
            x[i, :, 0] += 2 * np.exp(-((t - np.random.uniform(0.2, 0.8)) / 0.12) ** 2)
        elif g == 3:
            k = np.random.randint(3, steps - 3)
            x[i, k:k + 2, 2] += 2.5
    return torch.tensor(x, dtype=torch.float32), torch.tensor(label)


class GestureNet(nn.Module):
    def __init__(self, n_hidden=48):
        super().__init__()
        self.lstm = nn.LSTM(3, n_hidden, batch_first=True)
        self.fc = nn.Linear(n_hidden, 5)
        self.init_weights()

    def init_weights(self):
        for name, param in self.lstm.named_parameters():
            if "weight" in name:
                nn.init.normal_(param, std=0.1)
            else:
                nn.init.zeros_(param)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1])


x, y = accelerometer(1500)
x_test, y_test = accelerometer(600)
net = GestureNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(16):
    net.train()
    perm = torch.randperm(len(x))
    losses = []
    for i in range(0, len(x), 50):
        rows = perm[i:i + 50]
        loss = criterion(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch:2d} loss {np.mean(losses):.3f}")

net.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(net(x_test).argmax(1) == y_test).float().mean().item():.4f}")
