import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def make_scans(n, size=24):
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    centre = torch.rand(n, 2, 1, 1) * 12 + 6
    axes = torch.rand(n, 2, 1, 1) * 4 + 2.5
    inside = ((yy - centre[:, 0]) / axes[:, 0]) ** 2 + ((xx - centre[:, 1]) / axes[:, 1]) ** 2
    lesion = (inside < 1).float().unsqueeze(1)
    texture = F.avg_pool2d(torch.randn(n, 1, size, size), 3, 1, 1)
    return 0.9 * lesion + texture + 0.35 * torch.randn_like(lesion), lesion


def conv_unit(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(0.1))


class SmallUNet(nn.Module):
    def __init__(self, width=8, n_maps=1):
        super().__init__()
        self.enc1 = conv_unit(1, width)
        self.enc2 = conv_unit(width, 2 * width)
        self.mid = conv_unit(2 * width, 2 * width)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.dec = conv_unit(2 * width, width)
        self.head = nn.Sequential(nn.Conv2d(width, n_maps, 1), nn.Sigmoid())

    def forward(self, x):
        a = self.enc1(x)
        b = self.mid(self.enc2(F.max_pool2d(a, 2)))
        return self.head(self.dec(torch.cat([a, self.up(b)], 1)))


def dice_loss(p, t, eps=1.0):
    inter = (p * t).sum((1, 2, 3))
    return 1 - ((2 * inter + eps) / (p.sum((1, 2, 3)) + t.sum((1, 2, 3)) + eps)).mean()


def iou(net, x, t):
    net.eval()
    with torch.no_grad():
        m = (net(x) > 0.5).float()
    inter = (m * t).sum((1, 2, 3))
    return (inter / ((m + t) > 0).float().sum((1, 2, 3)).clamp(min=1)).mean().item()


scans, masks = make_scans(384)
val_scans, val_masks = make_scans(128)
net = SmallUNet()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
for epoch in range(6):
    net.train()
    for idx in torch.randperm(len(scans)).split(24):
        prob = net(scans[idx])
        loss = dice_loss(prob, masks[idx]) + 0.2 * F.l1_loss(prob, masks[idx])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    print(f"[{epoch}] loss {loss.item():.4f}  val IoU {iou(net, val_scans, val_masks):.3f}")
print(f"FINAL iou={iou(net, val_scans, val_masks):.4f}")
