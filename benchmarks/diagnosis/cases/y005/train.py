import os
import random

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

GLYPHS = np.random.RandomState(99).randn(6, 8).astype("float32")  # one spectrum per symbol
STEPS = 32


def sample(n):
    xs = np.zeros((n, STEPS, 8), dtype="float32")
    ys, lens = [], []
    for i in range(n):
        k = random.randint(2, 5)
        word = [random.randrange(6) for _ in range(k)]
        t = random.randint(0, 3)
        for s in word:
            width = random.randint(2, 4)
            xs[i, t : t + width] = GLYPHS[s]
            t += width + random.randint(1, 2)
        ys.extend(s + 1 for s in word)
        lens.append(k)
    xs += 0.3 * np.random.randn(*xs.shape).astype("float32")
    return torch.from_numpy(xs), torch.tensor(ys), torch.tensor(lens)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(8, 32, 3, padding=1)
        self.rnn = nn.GRU(32, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, 7)

    def forward(self, x):
        h = torch.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.rnn(h)
        return self.out(h).log_softmax(-1)


def decode(logp):
    words = []
    for path in logp.argmax(-1).tolist():
        word, last = [], 0
        for s in path:
            if s != last and s != 0:
                word.append(s)
            last = s
        words.append(word)
    return words


model = Reader()
ctc = nn.CTCLoss(blank=0)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(1, 301):
    x, target, lens = sample(32)
    logp = model(x)
    loss = ctc(logp.transpose(0, 1), target, torch.full((32,), STEPS), lens)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step} ctc {loss.item():.3f}")

model.eval()
with torch.no_grad():
    x, target, lens = sample(500)
    truth = [t.tolist() for t in target.split(lens.tolist())]
    read = decode(model(x))
acc = np.mean([a == b for a, b in zip(read, truth)])
print(f"FINAL accuracy={acc:.4f}")
