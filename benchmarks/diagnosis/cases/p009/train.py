import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
digits = load_digits()
perm = torch.randperm(len(digits.target))
images = torch.tensor(digits.images, dtype=torch.float32)[perm].unsqueeze(1) / 16
labels = torch.tensor(digits.target)[perm]


class Backbone(nn.Module):
    def __init__(self, out=10):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.body = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(64, out)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(self.body(x))
        return self.fc(self.pool(x).flatten(1))


class Unfreezer:
    """Trains the new layer alone first, then the whole network."""

    def __init__(self, net, at_epoch):
        self.net, self.at_epoch = net, at_epoch

    def on_fit_start(self):
        for name, p in self.net.named_parameters():
            p.requires_grad = name.startswith("fc")

    def on_epoch_start(self, epoch):
        if epoch == self.at_epoch:
            for p in self.net.parameters():
                p.require_grad = True


def run(net, x, y, epochs, lr, callbacks=()):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for cb in callbacks:
        cb.on_fit_start()
    for epoch in range(epochs):
        for cb in callbacks:
            cb.on_epoch_start(epoch)
        for idx in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(net(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
    return loss.item()


# source task: is the stroke mass in the upper half, the lower half or about equal?
balance = (images[:, 0, :4].sum((1, 2)) - images[:, 0, 4:].sum((1, 2))) / images.sum((1, 2, 3))
coarse = torch.bucketize(balance, torch.tensor([-0.05, 0.05]))
net = Backbone(3)
print("source loss", run(net, images[:400], coarse[:400], 5, 2e-3))

# target task: the ten digits
net.fc = nn.Linear(64, 10)
train_x, train_y, test_x, test_y = images[400:1400], labels[400:1400], images[1400:], labels[1400:]
print("target loss", run(net, train_x, train_y, 16, 3e-3, [Unfreezer(net, at_epoch=3)]))
net.eval()
with torch.no_grad():
    acc = (net(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
