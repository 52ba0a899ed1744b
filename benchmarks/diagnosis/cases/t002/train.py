import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(digits.target)
order = torch.tensor(np.random.RandomState(1).permutation(len(images)))
images, labels = (images[order] - 0.305) / 0.376, labels[order]
train_x, train_y, test_x, test_y = images[:1300], labels[:1300], images[1300:], labels[1300:]


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def augment(x):
    dy, dx = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(x, (dy, dx), dims=(2, 3)) if torch.rand(1) < 0.5 else x


net = DigitNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=7, gamma=0.3)
for epoch in range(16):
    net.train()
    running = 0.0
    perm = torch.randperm(len(train_x))
    for i in range(0, len(perm), 50):
        idx = perm[i:i + 50]
        opt.zero_grad()
        loss = F.cross_entropy(net(augment(train_x[idx])), train_y[idx])
        loss.backward()
        opt.step()
        running += loss.item()
    sched.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: {running / 26:.4f}")

net.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(net(test_x).argmax(1) == test_y).float().mean().item():.4f}")
