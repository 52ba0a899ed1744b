import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
T, FEATS, CLASSES = 40, 8, 5
PATTERNS = F.normalize(torch.randn(CLASSES, FEATS, generator=torch.Generator().manual_seed(5)), dim=1)


def accelerometer(n):
    """One short event, flagged by a burst on channel 0, among forty frames of look-alikes."""
    label = torch.randint(0, CLASSES, (n,))
    frames = PATTERNS[torch.randint(0, CLASSES, (n, T))] * 1.5 + 0.5 * torch.randn(n, T, FEATS)
    burst = 0.3 * torch.randn(n, T, 1)
    at = torch.randint(0, T, (n,))
    rows = torch.arange(n)
    frames[rows, at] = PATTERNS[label] * 1.5 + 0.5 * torch.randn(n, FEATS)
    burst[rows, at] += 3.0
    return torch.cat([frames, burst], 2), label


class EventClassifier(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(FEATS + 1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.attn = nn.Sequential(nn.Linear(hidden, 16), nn.Tanh(), nn.Linear(16, 1))
        self.classifier = nn.Linear(hidden, CLASSES)

    def forward(self, x):
        h = self.encoder(x)
        weights = F.softmax(self.attn(h), dim=2)
        context = (weights * h).sum(dim=1)
        return self.classifier(context)


if __name__ == "__main__":
    model = EventClassifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    x, y = accelerometer(3000)
    xv, yv = accelerometer(1000)
    for epoch in range(20):
        model.train()
        for idx in torch.randperm(len(x)).split(60):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
        if epoch % 4 == 3:
            model.eval()
            with torch.no_grad():
                print(epoch + 1, "val loss", F.cross_entropy(model(xv), yv).item())
    with torch.no_grad():
        acc = (model(xv).argmax(1) == yv).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")
