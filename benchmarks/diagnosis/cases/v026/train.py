import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def conv_bn(cin, cout, stride=1):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a = conv_bn(c, c)
        self.b = nn.Sequential(nn.Conv2d(c, c, 3, padding=1, bias=False), nn.BatchNorm2d(c))

    def forward(self, x):
        return F.relu(x + self.b(self.a(x)))


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_bn(1, 16)
        self.stage1 = Residual(16)
        self.down = conv_bn(16, 32, stride=2)
        self.stage2 = Residual(32)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.stage2(self.down(self.stage1(self.stem(x))))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


def train_one_epoch(net, loader, optimizer):
    net.train()
    seen = hits = 0
    loss_sum = 0.0
    for images, targets in loader:
        logits = net(images)
        loss = F.cross_entropy(logits, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seen += len(targets)
        hits += (logits.argmax(1) == targets).sum().item()
        loss_sum += loss.item() * len(targets)
    return loss_sum / seen, hits / seen


@torch.no_grad()
def evaluate(net, loader):
    net.eval()
    seen = hits = 0
    for images, targets in loader:
        hits += (net(images).argmax(1) == targets).sum().item()
        seen += len(targets)
    return hits / seen


def main():
    seed = int(os.environ.get("SEED", "0"))
    torch.manual_seed(seed)
    raw = load_digits()
    images = torch.tensor(raw.images, dtype=torch.float32).unsqueeze(1) / 16.0
    images = (images - 0.305) / 0.376
    data = TensorDataset(images, torch.tensor(raw.target))
    train, test = random_split(data, [1397, 400])
    train_loader = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)
    test_loader = DataLoader(test, batch_size=200)

    net = DigitNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[6, 9], gamma=0.1)
    for epoch in range(11):
        loss, acc = train_one_epoch(net, train_loader, optimizer)
        scheduler.step()
        print(f"[{epoch + 1:02d}] loss {loss:.4f}  train {acc:.4f}  test {evaluate(net, test_loader):.4f}")
    print(f"FINAL accuracy={evaluate(net, test_loader):.4f}")


if __name__ == "__main__":
    main()
