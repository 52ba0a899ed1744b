import os

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def make_knots(n, seed):
    """24x24 binary-ish images with one, two, three or four blobs; count them."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (n,), generator=g)
    ax = torch.arange(24.0)
    cells = torch.rand(n, 9, generator=g).argsort(1)[:, :4]
    img = torch.zeros(n, 24, 24)
    for k in range(4):
        cy = 3.5 + 8 * (cells[:, k] // 3) + 2 * torch.rand(n, generator=g) - 1
        cx = 3.5 + 8 * (cells[:, k] % 3) + 2 * torch.rand(n, generator=g) - 1
        blob = torch.exp(-((ax[None, :, None] - cy[:, None, None]) ** 2 + (ax[None, None, :] - cx[:, None, None]) ** 2) / 4)
        img += blob * (k <= y)[:, None, None]
    img += 0.25 * torch.randn(n, 24, 24, generator=g)
    return TensorDataset(img.unsqueeze(1), y)


def conv_bn(i, o, pool):
    layers = [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]
    return layers + [nn.MaxPool2d(2)] if pool else layers


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*conv_bn(1, 12, False), *conv_bn(12, 12, True), *conv_bn(12, 24, False), *conv_bn(24, 24, True), *conv_bn(24, 32, False), *conv_bn(32, 32, True))
        self.fc = nn.Linear(32, 4)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, std=0.02)

    def forward(self, x):
        return self.fc(self.body(x).mean((2, 3)))


def validate(model, loader, criterion):
    model.eval()
    loss = hits = n = 0
    with torch.no_grad():
        for x, y in loader:
            out = model(x)
            loss += criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss / n, hits / n


def train_one_epoch(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


train_loader = DataLoader(make_knots(1600, 1), batch_size=40, shuffle=True)
val_loader = DataLoader(make_knots(600, 2), batch_size=200)
model, criterion = Counter(), nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
print("before training: loss %.3f acc %.3f" % validate(model, val_loader, criterion))
for epoch in range(7):
    last = train_one_epoch(model, train_loader, criterion, optimizer)
    val_loss, val_acc = validate(model, val_loader, criterion)
    print(f"epoch {epoch} train {last:.3f} val {val_loss:.3f} acc {val_acc:.3f}")
print(f"FINAL accuracy={val_acc:.4f}")
