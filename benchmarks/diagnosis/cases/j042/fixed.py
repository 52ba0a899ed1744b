import os

import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
CLASSES = ["bark", "chirp", "click", "hum", "siren", "knock"]


class Folder(Dataset):
    """All clips of one kind: 96 samples of a tone with its own pitch, sweep and envelope."""

    def __init__(self, label, n, seed):
        g = torch.Generator().manual_seed(1000 * seed + label)
        t = torch.linspace(0, 1, 96)
        pitch = torch.tensor([6.0, 14.0, 20.0, 4.0, 9.0, 3.0])[label] * (1 + 0.12 * torch.randn(n, 1, generator=g))
        sweep = torch.tensor([0.0, 8.0, 0.0, 0.0, -6.0, 0.0])[label]
        decay = torch.tensor([4.0, 1.0, 9.0, 0.0, 0.3, 7.0])[label]
        phase = 6.28 * torch.rand(n, 1, generator=g)
        self.clip = torch.sin(6.28 * (pitch + sweep * t) * t + phase) * torch.exp(-decay * t) + 0.35 * torch.randn(n, 96, generator=g)
        self.label = label

    def __len__(self):
        return len(self.clip)

    def __getitem__(self, i):
        return self.clip[i].unsqueeze(0), self.label


class SoundNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 16, 9, stride=2), nn.ReLU(),
            nn.Conv1d(16, 32, 5, stride=2), nn.ReLU(),
            nn.Conv1d(32, 32, 3, stride=2), nn.ReLU(),
        )
        self.fc = nn.Linear(64, len(CLASSES))

    def forward(self, x):
        h = self.features(x)
        return self.fc(torch.cat([h.mean(-1), h.amax(-1)], 1))


def all_folders(n, seed):
    return ConcatDataset([Folder(k, n, seed) for k in range(len(CLASSES))])


train_dl = DataLoader(all_folders(320, 1), batch_size=32, shuffle=True)
test_dl = DataLoader(all_folders(120, 2), batch_size=120)
net = SoundNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_func = nn.CrossEntropyLoss()
for epoch in range(10):
    net.train()
    total = correct = 0
    for clip, label in train_dl:
        optimizer.zero_grad()
        out = net(clip)
        loss = loss_func(out, label)
        loss.backward()
        optimizer.step()
        total += loss.item()
        correct += (out.argmax(1) == label).sum().item()
    print(f"epoch {epoch + 1}: loss {total / len(train_dl):.4f}")
net.eval()
with torch.no_grad():
    acc = sum((net(c).argmax(1) == l).sum().item() for c, l in test_dl) / 720
print(f"FINAL accuracy={acc:.4f}")
