import math
import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

# A small probabilistic melody grammar: chords and the notes that fit them.
SCALE = 12
CHORDS = torch.tensor([[0, 4, 7], [5, 9, 0], [7, 11, 2], [9, 0, 4]])
NEXT = torch.tensor([[.1, .4, .3, .2], [.3, .1, .5, .1], [.7, .1, .1, .1], [.1, .6, .2, .1]])


def melodies(n, bars=10):
    chord = torch.randint(0, 4, (n,))
    notes = []
    for _ in range(bars):
        for beat in range(4):
            pick = CHORDS[chord, torch.randint(0, 3, (n,))]
            if beat == 0:
                pick = CHORDS[chord, 0]
            passing = torch.rand(n) < 0.1
            notes.append(torch.where(passing, torch.randint(0, SCALE, (n,)), pick))
        chord = torch.multinomial(NEXT[chord], 1).squeeze(1)
    return torch.stack(notes, 1)


class MelodyRNN(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.emb = nn.Embedding(SCALE, 24)
        self.lstm = nn.LSTM(24, hidden, batch_first=True)
        self.out = nn.Linear(hidden, SCALE)

    def forward(self, x):
        return self.out(self.lstm(self.emb(x))[0])


def nll(model, seq):
    return F.cross_entropy(model(seq[:, :-1]).transpose(1, 2), seq[:, 1:])


train, test = melodies(1200), melodies(200)
model = MelodyRNN()
opt = torch.optim.SGD(model.parameters(), lr=1.0)
scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=6, gamma=0.5)

for epoch in range(8):
    model.train()
    losses = []
    for batch in train[torch.randperm(len(train))].split(32):
        opt.zero_grad()
        loss = nll(model, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        losses.append(loss.item())
    scheduler.step()
    model.eval()
    with torch.no_grad():
        val = nll(model, test).item()
    print(f"epoch {epoch:2d} | train {sum(losses) / len(losses):.4f} | ppl {math.exp(val):.3f} | lr {scheduler.get_last_lr()[0]:.3f}")

print(f"FINAL nll={val:.4f}")
