import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class ModelEMA:
    """Keeps a moving average of everything in the state dict."""

    def __init__(self, model, decay):
        self.module = copy.deepcopy(model).eval()
        self.decay = decay
        for p in self.module.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for kept, new in zip(self.module.state_dict().values(), model.state_dict().values()):
            if kept.dtype.is_floating_point:
                kept.mul_(self.decay).add_(new, alpha=1 - self.decay)
            else:
                kept.copy_(new)


class ResBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c)

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(h)))


def net():
    return nn.Sequential(
        nn.Conv2d(1, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
        ResBlock(24), nn.MaxPool2d(2), ResBlock(24), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 10),
    )


def main(epochs=10, batch_size=32, lr=0.05, ema_decay=0.98):
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
    y = torch.tensor(digits.target)
    perm = torch.randperm(len(x))
    train, test = perm[:1280], perm[1280:]
    model = net()
    ema = ModelEMA(model, ema_decay)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(train) // batch_size)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in train[torch.randperm(len(train))].split(batch_size):
            loss = F.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            ema.update(model)
            total += loss.item() * len(rows)
        print(f"epoch {epoch} loss {total / len(train):.4f}")
    with torch.no_grad():
        accuracy = (ema.module(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"FINAL accuracy={accuracy:.4f}")


if __name__ == "__main__":
    main()
