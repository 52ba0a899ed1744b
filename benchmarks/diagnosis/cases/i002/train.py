import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Glyphs(Dataset):
    """20x20 grey pictures stored as bytes: cross, box, bar, or dot pair, anywhere on a dark ground."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.pixels = torch.randint(0, 60, (n, 1, 20, 20), generator=g, dtype=torch.uint8)
        self.kind = torch.randint(0, 4, (n,), generator=g)
        pos = torch.randint(1, 12, (n, 2), generator=g)
        ink = torch.randint(110, 255, (n,), generator=g, dtype=torch.uint8)
        for i in range(n):
            r, c = pos[i].tolist()
            patch, v = self.pixels[i, 0, r : r + 7, c : c + 7], ink[i]
            if self.kind[i] == 0:
                patch[3, :] = v
                patch[:, 3] = v
            elif self.kind[i] == 1:
                patch[0, :] = v
                patch[6, :] = v
                patch[:, 0] = v
                patch[:, 6] = v
            elif self.kind[i] == 2:
                patch[2:5, :] = v
            else:
                patch[1:3, 1:3] = v
                patch[4:6, 4:6] = v

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        return self.pixels[i], self.kind[i]


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 5 * 5, 64)
        self.fc2 = nn.Linear(64, 4)

    def forward(self, x):
        x = x.float() / 255.0
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def main():
    train = DataLoader(Glyphs(2400, 1), batch_size=48, shuffle=True)
    test = DataLoader(Glyphs(800, 2), batch_size=200)
    model = ConvNet()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    sched = torch.optim.lr_scheduler.MultiStepLR(opt, [5, 7], gamma=0.2)
    for epoch in range(8):
        model.train()
        for x, y in train:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        sched.step()
        model.eval()
        with torch.no_grad():
            hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test)
        print("epoch", epoch, "last loss", round(loss.item(), 4), "test acc", hits / 800)
    print(f"FINAL accuracy={hits / 800:.4f}")


if __name__ == "__main__":
    main()
