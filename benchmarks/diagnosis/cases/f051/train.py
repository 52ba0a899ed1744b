import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)
BASES = "ACGT"
MOTIFS = {0: "TATAAT", 1: "GGCCGG", 2: "CACGTG"}


def dna(n, length=40):
    """which of three motifs hides in the sequence, or none"""
    seq = np.random.randint(0, 4, (n, length))
    y = np.random.randint(0, 4, n)
    for i, k in enumerate(y):
        if k < 3:
            at = np.random.randint(0, length - 6)
            seq[i, at:at + 6] = [BASES.index(c) for c in MOTIFS[k]]
    return torch.from_numpy(np.eye(4, dtype=np.float32)[seq]).permute(0, 2, 1), torch.from_numpy(y)


class MotifNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 32, 8)
        self.hidden = nn.Linear(32, 32)
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        x = F.relu(self.conv(x)).amax(-1)
        return self.out(F.relu(self.hidden(x)))


train_x, train_y = dna(4000)
valid_x, valid_y = dna(1000)
model = MotifNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
scheduler = ReduceLROnPlateau(optimizer, "max", patience=0, factor=0.1)


def validate():
    model.eval()
    with torch.no_grad():
        out = model(valid_x)
        return F.cross_entropy(out, valid_y).item(), (out.argmax(1) == valid_y).float().mean().item()


for epoch in range(14):
    model.train()
    for rows in torch.randperm(len(train_x)).split(64):
        optimizer.zero_grad()
        F.cross_entropy(model(train_x[rows]), train_y[rows]).backward()
        optimizer.step()
    valid_loss, valid_acc = validate()
    scheduler.step(valid_loss)
    print(f"epoch {epoch:2d} | valid loss {valid_loss:.4f} | acc {valid_acc:.4f} | lr {optimizer.param_groups[0]['lr']:.1e}")

print(f"FINAL accuracy={valid_acc:.4f}")
