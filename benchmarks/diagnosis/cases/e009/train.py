import math
import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

rooms = ["hall", "attic", "cellar", "kitchen", "garden"]
things = ["lamp", "coat", "ladder", "mirror", "clock"]
text = "".join(f"the {random.choice(things)} is in the {random.choice(rooms)}; " if random.random() < 0.7
               else f"someone moved the {random.choice(things)} to the {random.choice(rooms)}; " for _ in range(2600))
itos = sorted(set(text))
data = torch.tensor([itos.index(c) for c in text])
cut = int(0.9 * len(data))


def columns(ids, n):
    ids = ids[: len(ids) // n * n]
    return ids.view(n, -1).t()


train, val = columns(data[:cut], 20), columns(data[cut:], 10)


class CharRNN(nn.Module):
    def __init__(self, v, emb=24, hid=80):
        super().__init__()
        self.hid = hid
        self.encoder = nn.Embedding(v, emb)
        self.rnn = nn.RNN(emb, hid, nonlinearity="tanh")
        self.decoder = nn.Linear(hid, v)

    def forward(self, x, h):
        out, h = self.rnn(self.encoder(x), h)
        return self.decoder(out), h


model = CharRNN(len(itos))
criterion = nn.CrossEntropyLoss()
lr = 4.0
optimizer = torch.optim.SGD(model.parameters(), lr=lr)
for epoch in range(3):
    h = torch.zeros(1, 20, model.hid)
    total, steps = 0.0, 0
    for i in range(0, len(train) - 1, 30):
        x = train[i:i + 30]
        y = train[i + 1:i + 31]
        x = x[: len(y)]
        h = h.detach()
        optimizer.zero_grad()
        out, h = model(x, h)
        loss = criterion(out.flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        total, steps = total + loss.item(), steps + 1
    print(f"epoch {epoch} loss {total / steps:.3f} ppl {math.exp(total / steps):.2f}")
    if epoch == 1:
        for g in optimizer.param_groups:
            g["lr"] = lr / 4

with torch.no_grad():
    out, _ = model(val[:-1], torch.zeros(1, 10, model.hid))
    nll = criterion(out.flatten(0, 1), val[1:].flatten()).item()
print(f"FINAL nll={nll:.4f}")
