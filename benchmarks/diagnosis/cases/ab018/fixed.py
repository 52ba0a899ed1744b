import os
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def glyphs(n, task):
    """16x16 pictures of one of 8 fixed stroke patterns, shifted and noisy.
    'source': which of the 8; 'target': which of 4 pairs (few examples)."""
    g = torch.Generator().manual_seed(5)
    base = (torch.rand(8, 9, 9, generator=g) < 0.35).float()
    k = torch.randint(0, 8, (n,))
    x = torch.zeros(n, 1, 16, 16)
    for i in range(n):
        r, c = torch.randint(0, 8, (2,)).tolist()
        x[i, 0, r:r + 9, c:c + 9] = base[k[i]]
    x = x + 0.4 * torch.randn_like(x)
    return x, (k if task == "source" else k // 2)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5, padding=2)
        self.conv3 = nn.Conv2d(32, 48, 3, padding=1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.adaptive_max_pool2d(F.relu(self.conv3(x)), 1).flatten(1)


class Classifier(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.backbone = Backbone()
        self.fc = nn.Linear(48, n)

    def forward(self, x):
        return self.fc(self.backbone(x))


def fit(model, x, y, epochs, lr):
    opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    for epoch in range(epochs):
        model.train()
        for idx in torch.randperm(len(y)).split(32):
            loss = F.cross_entropy(model(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 5 == 0:
            print("epoch", epoch, "loss", round(loss.item(), 4))


def pretrain():
    net = nn.DataParallel(Classifier(8))
    fit(net, *glyphs(1500, "source"), epochs=6, lr=2e-3)
    return net.state_dict()


def main():
    print("pretraining on the source task")
    checkpoint = pretrain()
    model = Classifier(4)
    weights = OrderedDict((k.removeprefix("module."), v) for k, v in checkpoint.items() if "fc." not in k)
    model.load_state_dict(weights, strict=False)
    for p in model.backbone.parameters():
        p.requires_grad = False
    print("training the new head")
    fit(model, *glyphs(300, "target"), epochs=25, lr=5e-3)
    model.eval()
    x, y = glyphs(600, "target")
    with torch.no_grad():
        acc = (model(x).argmax(1) == y).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
