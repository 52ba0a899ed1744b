import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

FS = 100            # Hz
T_MIN, T_MAX = -0.4, 0.6   # seconds around the stimulus


def simulate_trials(n, rng):
    """Evoked responses on 8 channels: the condition changes the late deflection."""
    t = np.arange(int((T_MAX - T_MIN) * FS)) / FS + T_MIN
    cond = rng.integers(0, 4, n)
    eeg = np.cumsum(rng.normal(0, 0.25, (n, 8, len(t))), axis=-1)
    eeg -= eeg.mean(-1, keepdims=True)
    topo = np.array([[1, 1, .5, 0, 0, 0, -.5, -1], [0, 0, .5, 1, 1, .5, 0, 0],
                     [-1, .5, 0, 1, -1, 0, .5, 0], [.5, 0, -1, 0, .5, 1, 0, -1]])
    delay = 0.25 + 0.05 * rng.normal(size=n) * 0.5
    bump = np.exp(-((t[None] - delay[:, None]) / 0.06) ** 2)
    eeg += 2.5 * topo[cond][:, :, None] * bump[:, None, :]
    return t, eeg.astype("float32"), cond


class Epochs(Dataset):
    def __init__(self, n, seed):
        t, eeg, cond = simulate_trials(n, np.random.default_rng(seed))
        # baseline correction, then keep the analysis window only
        before = t < 0
        eeg = eeg - eeg[..., before].mean(-1, keepdims=True)
        onset = int(np.searchsorted(t, 0.0))
        eeg = eeg[..., onset:]
        self.x = torch.from_numpy(eeg / eeg.std())
        self.y = torch.from_numpy(cond)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class ShallowNet(nn.Module):
    def __init__(self, channels=8, classes=4):
        super().__init__()
        self.temporal = nn.Conv1d(channels, 24, 9, padding=4)
        self.norm = nn.GroupNorm(4, 24)
        self.pool = nn.AvgPool1d(5)
        self.classify = nn.LazyLinear(classes)

    def forward(self, x):
        h = self.norm(self.temporal(x)).square()
        h = torch.cat([self.pool(h).clamp_min(1e-4).log(), self.pool(self.temporal(x))], 1)
        return self.classify(h.flatten(1))


def run():
    train = DataLoader(Epochs(1200, 100 + SEED), batch_size=40, shuffle=True)
    test = DataLoader(Epochs(400, 900 + SEED), batch_size=200)
    net = ShallowNet()
    net(next(iter(test))[0])
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    for epoch in range(12):
        net.train()
        tot = 0.0
        for x, y in train:
            loss = nn.functional.cross_entropy(net(x), y)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            tot += loss.item()
        net.eval()
        with torch.no_grad():
            hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
        print(f"epoch {epoch} loss {tot / len(train):.3f} test {hits / 400:.3f}")
    print(f"FINAL accuracy={hits / 400:.4f}")


if __name__ == "__main__":
    run()
