import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)
np.random.seed(SEED)

N_CLASSES, LENGTH = 5, 64


def recording(label, n):
    """n windows of the vibration of one machine (all windows of a recording share its state)"""
    t = np.arange(LENGTH)
    amp = 0.5 + 0.35 * label
    freq = 0.15 + 0.05 * label
    phase = np.random.rand(n, 1) * 6.28
    sig = amp * np.sin(freq * t + phase) + 0.5 * np.random.randn(n, LENGTH)
    other = 0.3 * label + 0.6 * np.random.randn(n, LENGTH)
    return np.stack([sig, other], 1).astype(np.float32)


class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 16, 7, stride=2, padding=3, bias=False)
        self.norm = nn.BatchNorm1d(16)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class VibrationNet(nn.Module):
    def __init__(self, freeze_stem_norm: bool = False):
        super().__init__()
        self.freeze_stem_norm = freeze_stem_norm
        self.stem = Stem()
        self.body = nn.Sequential(
            nn.Conv1d(16, 32, 5, stride=2, padding=2, bias=False), nn.BatchNorm1d(32), nn.ReLU(),
            nn.Conv1d(32, 32, 3, padding=1, bias=False), nn.BatchNorm1d(32), nn.ReLU(),
        )
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(32, N_CLASSES)

    def train(self, mode: bool = True):
        super().train()
        if self.freeze_stem_norm:
            self.stem.norm.eval()
        return self

    def forward(self, x):
        h = self.body(self.stem(x)).mean(-1)
        return self.head(self.drop(h))


def evaluate(model, recordings):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, label in recordings:
            guess = model(torch.from_numpy(x)).argmax(1)
            right += (guess == label).sum().item()
            seen += len(guess)
    return right / seen


labels = np.random.randint(0, N_CLASSES, 160)
X = torch.from_numpy(np.concatenate([recording(l, 12) for l in labels]))
Y = torch.from_numpy(np.repeat(labels, 12))
test = [(recording(l, 12), int(l)) for l in np.random.randint(0, N_CLASSES, 60)]

model = VibrationNet()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
for epoch in range(8):
    model.train()
    order = torch.randperm(len(X))
    for idx in order.split(64):
        loss = F.cross_entropy(model(X[idx]), Y[idx])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", round(loss.item(), 4), "test", round(evaluate(model, test), 3))

print(f"FINAL accuracy={evaluate(model, test):.4f}")
