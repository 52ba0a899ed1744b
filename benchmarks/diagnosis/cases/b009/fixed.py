import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def textures(n):
    """Grey-value patches 0..255: blobs, checks and noise of three grain sizes."""
    y = torch.randint(0, 4, (n,))
    img = torch.empty(n, 1, 16, 16)
    for k, grain in enumerate((2, 4, 8, 16)):
        m = y == k
        base = torch.randn(int(m.sum()), 1, grain, grain)
        img[m] = F.interpolate(base, size=(16, 16), mode="bilinear", align_corners=False)
    img = img / img.flatten(1).std(1).view(-1, 1, 1, 1)
    img = img + 0.5 * torch.randn_like(img)
    return (img * 40 + 128).clamp(0, 255), y


class TextureNet(nn.Module):
    def __init__(self):
        super().__init__()
        chans = [1, 16, 32, 32]
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in zip(chans, chans[1:])])
        self.norms = nn.ModuleList([nn.BatchNorm2d(b) for b in chans[1:]])
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        for conv, bn in zip(self.convs, self.norms):
            x = F.max_pool2d(F.relu(bn(conv(x))), 2)
        return self.fc(x.mean((2, 3)))


class Runner:
    def __init__(self, model, train_loader, val_loader, lr):
        self.model, self.train_loader, self.val_loader = model, train_loader, val_loader
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    def fit(self, epochs):
        print(f"before training: {self.validate():.4f}")
        for epoch in range(epochs):
            loss = self.train_one_epoch()
            print(f"epoch {epoch}: loss {loss:.4f} val {self.validate():.4f}")

    def train_one_epoch(self):
        self.model.train()
        total = 0.0
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.train_loader)

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            hits = sum((self.model(x).argmax(1) == y).sum().item() for x, y in self.val_loader)
        return hits / len(self.val_loader.dataset)


runner = Runner(TextureNet(), DataLoader(TensorDataset(*textures(1000)), batch_size=40, shuffle=True),
                DataLoader(TensorDataset(*textures(400)), batch_size=200), lr=0.01)
runner.fit(4)
print(f"FINAL accuracy={runner.validate():.4f}")
