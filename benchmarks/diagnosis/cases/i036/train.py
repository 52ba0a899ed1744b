"""Sixty labelled digits and many without: confident guesses on a mild view teach a strongly noised one."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X = torch.tensor(X).float().view(-1, 1, 8, 8) / 8 - 1
x_train, x_test, y_train, y_test = train_test_split(X, torch.tensor(y), test_size=0.3, random_state=77, stratify=y)
labelled = torch.cat([(y_train == k).nonzero().squeeze(1)[:6] for k in range(10)])


def shift(x, most):
    padded = F.pad(x, (most,) * 4, value=-1.0)
    dy, dx = torch.randint(0, 2 * most + 1, (2,)).tolist()
    return padded[:, :, dy : dy + 8, dx : dx + 8]


def mild(x):
    return x + 0.05 * torch.randn_like(x)


def strong(x):
    keep = (torch.rand(x.shape) > 0.15).float()
    return shift(x, 1) * keep - (1 - keep) + 0.2 * torch.randn_like(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 24, 3, padding=1)
        self.c2 = nn.Conv2d(24, 48, 3, padding=1)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(48 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(self.drop(x.flatten(1)))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(900):
    net.train()
    few = labelled[torch.randint(0, len(labelled), (24,))]
    many = torch.randint(0, len(x_train), (96,))
    supervised = F.cross_entropy(net(mild(x_train[few])), y_train[few])
    with torch.no_grad():
        confidence, guess = net(mild(x_train[many])).softmax(1).max(1)
    sure = (confidence > 0.9).float()
    unsupervised = (F.cross_entropy(net(strong(x_train[many])), guess, reduction="none") * sure).mean()
    loss = supervised + unsupervised
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 99:
        net.eval()
        with torch.no_grad():
            acc = (net(x_test).argmax(1) == y_test).float().mean().item()
        print(f"step {step + 1} labelled {supervised.item():.4f} unlabelled {unsupervised.item():.4f} sure {sure.mean():.2f} test {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
