import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.RandomState(SEED)
torch.manual_seed(SEED)
FRAMES, BANDS = 40, 12


class Clips(Dataset):
    """spectrogram, pitch class per frame, and which frames are sung"""

    def __init__(self, n):
        self.items = []
        for _ in range(n):
            spec = 0.4 * rng.randn(FRAMES, BANDS)
            pitch = np.zeros(FRAMES, dtype=np.int64)
            sung = np.zeros(FRAMES, dtype=np.float32)
            if rng.rand() < 0.55:
                start = rng.randint(0, 20)
                for t in range(start, start + 20):
                    if t == start or rng.rand() < 0.2:
                        note = rng.randint(BANDS)
                    pitch[t] = note
                    sung[t] = 1
                    spec[t, note] += 1.0
                    spec[t, (note + 7) % BANDS] += 0.6
            self.items.append((spec.astype(np.float32), pitch, sung))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class PitchNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(BANDS, hidden, batch_first=True, bidirectional=True)
        self.pitch = nn.Linear(2 * hidden, BANDS)

    def forward(self, spec):
        h, _ = self.gru(spec)
        return self.pitch(h)


def masked_loss(scores, pitch, sung):
    each = nn.functional.cross_entropy(scores.transpose(1, 2), pitch, reduction="none")
    return (each * sung).sum() / sung.sum().clamp(min=1)


loader = DataLoader(Clips(1000), batch_size=4, shuffle=True)
test_loader = DataLoader(Clips(200), batch_size=50)
model = PitchNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(2):
    model.train()
    for k, (spec, pitch, sung) in enumerate(loader):
        loss = masked_loss(model(spec), pitch, sung)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if k % 50 == 0:
            print(f"epoch {epoch} batch {k}: loss {loss.item():.4f}")

model.eval()
hits = frames = 0.0
with torch.no_grad():
    for spec, pitch, sung in test_loader:
        guess = model(spec).argmax(-1)
        hits += ((guess == pitch) * sung).sum().item()
        frames += sung.sum().item()
print(f"FINAL accuracy={hits / frames:.4f}")
