import argparse
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=30)
    p.add_argument("--alpha", type=float, default=0.4, help="mixup")
    p.add_argument("--smoothing", type=float, default=0.1)
    p.add_argument("--lr", type=float, default=2e-3)
    return p.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 3, padding=1)
        self.conv2 = nn.Conv2d(24, 48, 3, padding=1)
        self.fc1 = nn.Linear(48 * 4, 96)
        self.fc2 = nn.Linear(96, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return F.log_softmax(self.fc2(x), dim=1)


def mixup(x, y, alpha):
    lam = float(np.random.beta(alpha, alpha))
    other = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[other], y, y[other], lam


def main():
    args = get_args()
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    np.random.seed(seed)
    digits = load_digits()
    xs = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    xs = (xs - 0.3053) / 0.3761
    ys = torch.tensor(digits.target)
    tr, te = train_test_split(np.arange(len(xs)), test_size=0.25, random_state=3, stratify=digits.target)
    net = Net()
    criterion = nn.CrossEntropyLoss(label_smoothing=args.smoothing)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        for idx in torch.randperm(len(tr)).split(64):
            pick = torch.as_tensor(tr)[idx]
            x, ya, yb, lam = mixup(xs[pick], ys[pick], args.alpha)
            out = net(x)
            loss = lam * criterion(out, ya) + (1 - lam) * criterion(out, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(idx)
        scheduler.step()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {total / len(tr):.4f}")
    net.eval()
    with torch.no_grad():
        acc = (net(xs[te]).argmax(1) == ys[te]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
