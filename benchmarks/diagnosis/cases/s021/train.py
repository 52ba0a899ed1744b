import os
import random

import torch
import torch.nn as nn
from torch.optim import Adam

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

MORSE = {"a": ".-", "b": "-...", "c": "-.-.", "d": "-..", "e": ".", "f": "..-.", "g": "--.", "h": "....",
         "k": "-.-", "m": "--", "o": "---", "r": ".-.", "s": "...", "u": "..-", "w": ".--", "x": "-..-"}
LETTERS = sorted(MORSE)
T = 26


def keying(letter):
    wave = [0.0] * random.randint(0, 3)
    for sign in MORSE[letter]:
        wave += [1.0] * (3 if sign == "-" else 1) + [0.0]
        if random.random() < 0.3:
            wave.append(wave[-1])
    wave = (wave + [0.0] * T)[:T]
    return [v + random.gauss(0, 0.25) for v in wave]


def make(n):
    y = [random.randrange(len(LETTERS)) for _ in range(n)]
    x = torch.tensor([keying(LETTERS[k]) for k in y])
    return x, torch.tensor(y)


class MorseLSTM(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.lstm = nn.LSTM(1, hidden)
        self.linear = nn.Linear(T * hidden, len(LETTERS))

    def forward(self, x):
        # the LSTM wants (time, batch, feature)
        seq = x.t().unsqueeze(-1)
        out, _ = self.lstm(seq)
        flat = out.view(x.size(0), -1)
        return self.linear(flat)


x_train, y_train = make(3000)
x_test, y_test = make(600)
model = MorseLSTM()
loss_function = nn.CrossEntropyLoss()
optimizer = Adam(model.parameters(), lr=3e-3)

for epoch in range(1, 7):
    perm = torch.randperm(len(x_train))
    for i in range(0, len(perm), 50):
        rows = perm[i:i + 50]
        model.zero_grad()
        loss = loss_function(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    print("epoch %d, loss %.4f" % (epoch, loss.item()))

with torch.no_grad():
    hits = sum((model(x_test[i:i + 50]).argmax(1) == y_test[i:i + 50]).sum().item() for i in range(0, 600, 50))
print("FINAL accuracy=%.4f" % (hits / 600))
