import os
import random

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

NOTES = "cdefgabCDE."
PASSES = 60


def tune():
    k, notes = random.randint(0, 9), []
    for _ in range(31):
        notes.append(k)
        k = max(0, min(9, k + random.choice([-2, -1, -1, 1, 1, 2, random.randint(-4, 4)])))
    return torch.tensor(notes + [10])


train = torch.stack([tune() for _ in range(40)])
valid = torch.stack([tune() for _ in range(200)])


class TuneLM(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.embed = nn.Embedding(len(NOTES), 24)
        self.lstm = nn.LSTM(24, hidden, num_layers=2, batch_first=True)
        self.out = nn.Linear(hidden, len(NOTES))

    def forward(self, ids):
        return self.out(self.lstm(self.embed(ids))[0])


def nll(model, ids):
    logits = model(ids[:, :-1])
    return nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


model = TuneLM()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for k in range(PASSES):
    for rows in torch.randperm(40).split(8):
        optimizer.zero_grad()
        loss = nll(model, train[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    if k % 3 == 2:
        with torch.no_grad():
            print(f"pass {k + 1}: train {loss.item():.3f} held out {nll(model, valid).item():.3f}")

with torch.no_grad():
    print(f"FINAL nll={nll(model, valid).item():.4f}")
