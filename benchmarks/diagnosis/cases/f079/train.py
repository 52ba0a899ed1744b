import os

import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def textures(n, size=20):
    label = torch.randint(0, 4, (n,))
    angle = label.float() * torch.pi / 4 + 0.12 * torch.randn(n)
    freq = 0.7 + 0.5 * torch.rand(n)
    phase = torch.rand(n) * 6.28
    yy, xx = torch.meshgrid(torch.arange(size).float(), torch.arange(size).float(), indexing="ij")
    wave = torch.cos(angle)[:, None, None] * xx + torch.sin(angle)[:, None, None] * yy
    img = torch.sin(freq[:, None, None] * wave + phase[:, None, None]) + 0.6 * torch.randn(n, size, size)
    return img.unsqueeze(1), label


def conv_block(cin, cout, stride):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.GroupNorm(4, cout), nn.ReLU(inplace=True))


class TextureNet(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.stem = conv_block(1, 16, 1)
        self.stage = nn.Sequential(conv_block(16, 32, 2), conv_block(32, 32, 2))
        self.neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.GroupNorm(32, 32))
        self.classifier = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.stage(self.stem(x))
        return self.classifier(torch.flatten(self.neck(x), 1))


loader = DataLoader(TensorDataset(*textures(1600)), batch_size=32, shuffle=True)
val_x, val_y = textures(500)
net = TextureNet()
crit = nn.CrossEntropyLoss()
opt = optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
sched = optim.lr_scheduler.OneCycleLR(opt, max_lr=4e-3, total_steps=4 * len(loader))

for epoch in range(4):
    net.train()
    seen, right = 0, 0
    for img, lab in loader:
        out = net(img)
        loss = crit(out, lab)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        seen += len(lab)
        right += (out.argmax(1) == lab).sum().item()
    net.eval()
    with torch.no_grad():
        acc = (net(val_x).argmax(1) == val_y).float().mean().item()
    print(f"[{epoch}] train acc {right / seen:.3f} val acc {acc:.3f}")

print(f"FINAL accuracy={acc:.4f}")
