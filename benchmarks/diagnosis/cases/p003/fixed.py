import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

MODALITIES = ("vibration", "current", "sound")


class MachineStates(Dataset):
    """Short windows of three sensors of a motor, with one of six states."""

    def __init__(self, n):
        self.state = np.random.randint(0, 6, n)
        t = np.arange(48) / 48.0
        low, high = self.state % 2, self.state // 2
        ph = np.random.rand(3, n, 1) * 2 * np.pi
        self.vibration = np.sin(2 * np.pi * (3 + 3 * high)[:, None] * t + ph[0]) + 0.6 * np.random.randn(n, 48)
        self.current = (0.4 + 0.8 * low)[:, None] * np.sin(2 * np.pi * 5 * t + ph[1]) + 0.4 * np.random.randn(n, 48)
        self.sound = np.sin(2 * np.pi * (4 + 2 * high)[:, None] * t + ph[2]) + 0.8 * np.random.randn(n, 48)

    def __len__(self):
        return len(self.state)

    def __getitem__(self, i):
        return {m: torch.tensor(getattr(self, m)[i], dtype=torch.float32)[None] for m in MODALITIES}, int(self.state[i])


class LateFusion(nn.Module):
    def __init__(self, feat=24):
        super().__init__()
        self.branches = nn.ModuleDict({
            m: nn.Sequential(nn.Conv1d(1, 12, 7, stride=2, padding=3), nn.ReLU(), nn.Conv1d(12, feat, 5, stride=2), nn.ReLU(),
                             nn.AdaptiveMaxPool1d(1), nn.Flatten())
            for m in MODALITIES
        })
        self.gate = nn.Linear(feat, 1)
        self.classifier = nn.Sequential(nn.Linear(3 * feat, 32), nn.ReLU(), nn.Linear(32, 6))

    def forward(self, batch):
        z = torch.stack([self.branches[m](batch[m]) for m in MODALITIES])
        z = z * torch.sigmoid(self.gate(z))
        return self.classifier(z.permute(1, 0, 2).reshape(z.size(1), -1))


train_loader = DataLoader(MachineStates(1600), batch_size=40, shuffle=True)
test_loader = DataLoader(MachineStates(400), batch_size=100)
model = LateFusion()
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)


def evaluate():
    model.eval()
    right = 0
    with torch.no_grad():
        for batch, state in test_loader:
            right += (model(batch).argmax(1) == state).sum().item()
    return right / len(test_loader.dataset)


for epoch in range(8):
    model.train()
    for batch, state in train_loader:
        loss = criterion(model(batch), state)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", round(loss.item(), 4), "acc", round(evaluate(), 4))
print(f"FINAL accuracy={evaluate():.4f}")
