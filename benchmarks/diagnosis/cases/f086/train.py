import os
import string

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rs = np.random.RandomState(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))

# names of three made-up languages
ONSETS = [["br", "k", "st", "v", "dr"], ["l", "m", "n", "ri", "sa"], ["zh", "x", "q", "ts", "k"]]
VOWELS = [["a", "o", "u"], ["ia", "e", "i", "o"], ["a", "uo", "e"]]
CODAS = [["g", "ck", "rn", "v"], ["", "na", "lo"], ["ng", "n", ""]]
ALPHABET = " " + string.ascii_lowercase
MAX_LEN = 14


def name(language):
    syllables = rs.randint(2, 4)
    out = ""
    for _ in range(syllables):
        k = language if rs.rand() < 0.8 else rs.randint(3)
        out += rs.choice(ONSETS[k]) + rs.choice(VOWELS[k]) + rs.choice(CODAS[k])
    return out[:MAX_LEN].ljust(MAX_LEN)


def dataset(n):
    labels = rs.randint(0, 3, n)
    codes = [[ALPHABET.index(c) for c in name(k)] for k in labels]
    return torch.tensor(codes), torch.tensor(labels)


class CharCNN(nn.Module):
    def __init__(self, channels=48):
        super().__init__()
        self.embed = nn.Embedding(len(ALPHABET), 16, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(16, channels, k, padding=k // 2) for k in (2, 3, 4)])
        self.out = nn.Linear(64, 3)

    def forward(self, x):
        x = self.embed(x).transpose(1, 2)
        pooled = [F.relu(conv(x)).amax(2) for conv in self.convs]
        h = torch.cat(pooled, 1)
        h = F.relu(nn.Linear(h.size(1), 64)(h))
        return self.out(h)


xtr, ytr = dataset(3000)
xte, yte = dataset(800)
model = CharCNN()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    idx = torch.randperm(len(xtr))
    for i in range(0, len(idx), 32):
        b = idx[i : i + 32]
        loss = F.cross_entropy(model(xtr[b]), ytr[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    acc = (model(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
