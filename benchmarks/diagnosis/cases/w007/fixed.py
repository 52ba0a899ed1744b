import os
import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rs = np.random.RandomState(seed)

N_INST, DIM, CLASSES = 24, 18, 6
centres = np.random.RandomState(3).randn(CLASSES, DIM - 2) * 1.2


def make_bags(n):
    """Recordings cut into 24 events; the event that was flagged by the trigger pair decides."""
    kind = rs.randint(0, CLASSES, (n, N_INST))
    x = np.zeros((n, N_INST, DIM))
    x[:, :, :DIM - 2] = centres[kind] + rs.randn(n, N_INST, DIM - 2) * 0.7
    trig = rs.rand(n, N_INST, 2) < 0.45
    both = trig.all(-1)
    trig[both, rs.randint(0, 2)] = False
    pick = rs.randint(0, N_INST, n)
    trig[np.arange(n), pick] = True
    x[:, :, DIM - 2:] = trig * 2.0 - 1 + 0.1 * rs.randn(n, N_INST, 2)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(kind[np.arange(n), pick])


class AttentionPool(nn.Module):
    def __init__(self, d_in, d_out, hidden=32):
        super().__init__()
        self.value = nn.Linear(d_in, d_out)
        self.attn = nn.Sequential(nn.Linear(d_in + d_out, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        b, k, d = x.shape
        v = self.value(x)
        feats = torch.cat((x, v), dim=2).view(b * k, -1)
        weights = self.softmax(self.attn(feats).view(b, k, 1))
        return (weights * v).sum(1)


class EventClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = AttentionPool(DIM, 32)
        self.head = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 48), nn.ReLU(), nn.Linear(48, CLASSES))

    def forward(self, x):
        return self.head(self.pool(x))


x_train, y_train = make_bags(3000)
x_val, y_val = make_bags(800)
model = EventClassifier()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    model.train()
    running = 0.0
    for idx in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        running += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    print(f"[{epoch:02d}] train loss {running / len(x_train):.3f} val acc {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
