import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class ModelEma(nn.Module):
    """Exponential moving average of the weights of another module."""

    def __init__(self, model, decay=0.9999):
        super().__init__()
        self.module = copy.deepcopy(model).eval()
        for p in self.module.parameters():
            p.requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, model):
        self.updates += 1
        d = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for e, m in zip(self.module.parameters(), model.parameters()):
            e.mul_(d).add_(m, alpha=1 - d)
        for e, m in zip(self.module.buffers(), model.buffers()):
            e.copy_(m)

    def forward(self, x):
        return self.module(x)


def conv_bn(i, o, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class SmallResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_bn(1, 16)
        self.block = nn.Sequential(conv_bn(16, 16), nn.Conv2d(16, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16))
        self.down = conv_bn(16, 32, 2)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(x + self.block(x))
        return self.fc(self.down(x).mean((2, 3)))


def main(seed):
    torch.manual_seed(seed)
    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
    y = torch.tensor(bunch.target)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    tr, te = order[:1350], order[1350:]

    model = SmallResNet()
    ema = ModelEma(model)
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    epochs, batch = 18, 64
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=epochs)
    for epoch in range(epochs):
        model.train()
        loss_sum = 0.0
        for idx in tr[torch.randperm(len(tr))].split(batch):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx], label_smoothing=0.05)
            loss.backward()
            opt.step()
            ema.update(model)
            loss_sum += loss.item() * len(idx)
        sched.step()
        if epoch % 3 == 2:
            print(f"epoch {epoch + 1} loss {loss_sum / len(tr):.4f}")
    with torch.no_grad():
        acc = (ema(x[te]).argmax(1) == y[te]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main(int(os.environ.get("SEED", 0)))
