"""Strokes to symbols with CTC: the net answers 'blank' nearly everywhere."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
gen = torch.Generator().manual_seed(11)
SYMBOLS, CHANNELS = 5, 6
signatures = torch.randn(SYMBOLS + 1, CHANNELS, generator=gen)
signatures[0] = 0.0  # pauses


def batch(n, generator=None):
    frames, lengths, texts, sizes = [], [], [], []
    for _ in range(n):
        size = int(torch.randint(2, 6, (1,), generator=generator))
        text = torch.randint(1, SYMBOLS + 1, (size,), generator=generator)
        pieces = []
        for s in text.tolist():
            pause, hold = torch.randint(1, 4, (2,), generator=generator).tolist()
            pieces += [0] * pause + [s] * (hold + 1)
        wave = signatures[pieces] + 0.3 * torch.randn(len(pieces), CHANNELS, generator=generator)
        frames.append(wave)
        lengths.append(len(pieces))
        texts.append(text)
        sizes.append(size)
    padded = nn.utils.rnn.pad_sequence(frames, batch_first=True)
    return padded, torch.tensor(lengths), torch.cat(texts), torch.tensor(sizes)


class Reader(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.conv = nn.Conv1d(CHANNELS, width, 5, padding=2)
        self.rnn = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, SYMBOLS + 1)

    def forward(self, x):
        h = F.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        return self.head(self.rnn(h)[0]).log_softmax(-1)


def decode(log_probs, lengths):
    out = []
    for path, n in zip(log_probs.argmax(-1), lengths.tolist()):
        path = torch.unique_consecutive(path[:n])
        out.append(path[path != 0].tolist())
    return out


model = Reader()
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(300):
    x, lengths, text, sizes = batch(32)
    loss = ctc(model(x).transpose(0, 1), text, lengths, sizes)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step()
    if step % 50 == 0:
        print(f"{step:4d} ctc {loss.item():.4f}")

model.eval()
x, lengths, text, sizes = batch(400, gen)
with torch.no_grad():
    guesses = decode(model(x), lengths)
truth = [t.tolist() for t in text.split(sizes.tolist())]
print("read:", guesses[0], "wrote:", truth[0])
print(f"FINAL accuracy={sum(a == b for a, b in zip(guesses, truth)) / len(truth):.4f}")
