import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

# Dates in free form -> ISO dates, letter by letter.
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
SRC_CHARS = sorted(set("abcdefghijklmnopqrstuvwxyz0123456789 ,"))
TGT_CHARS = list("0123456789-")
SRC = {c: i + 1 for i, c in enumerate(SRC_CHARS)}
TGT = {c: i + 1 for i, c in enumerate(TGT_CHARS)}
SOS = 0
MAX_SRC = 9


def random_pair():
    y, m, d = random.randint(70, 99), random.randint(1, 12), random.randint(1, 28)
    text = f"{MONTHS[m - 1]} {d:02d} {y}"
    return text, f"{y}-{m:02d}-{d:02d}"


def encode(pairs):
    src = torch.zeros(len(pairs), MAX_SRC, dtype=torch.long)
    tgt = torch.zeros(len(pairs), 8, dtype=torch.long)
    for i, (a, b) in enumerate(pairs):
        src[i, MAX_SRC - len(a):] = torch.tensor([SRC[c] for c in a])
        tgt[i] = torch.tensor([TGT[c] for c in b])
    return src, tgt


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(input_size, 24)
        self.gru = nn.GRU(24, hidden_size, batch_first=True)

    def forward(self, x):
        _, h = self.gru(self.embedding(x))
        return h


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, 24)
        self.gru = nn.GRU(24, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, token, h):
        o, h = self.gru(F.relu(self.embedding(token)), h)
        return self.out(o), h


def train_step(src, tgt, encoder, decoder, encoder_optimizer, decoder_optimizer, criterion):
    encoder_optimizer.zero_grad()
    decoder_optimizer.zero_grad()
    h = encoder(src)
    inputs = torch.cat([torch.full((len(src), 1), SOS), tgt[:, :-1]], 1)
    scores, _ = decoder(inputs, h)
    loss = criterion(scores.flatten(0, 1), tgt.flatten())
    loss.backward()
    decoder_optimizer.step()
    return loss.item()


@torch.no_grad()
def translate(src, encoder, decoder):
    h = encoder(src)
    tok = torch.full((len(src), 1), SOS)
    out = []
    for _ in range(8):
        s, h = decoder(tok, h)
        tok = s[:, -1:].argmax(-1)
        out.append(tok)
    return torch.cat(out, 1)


train_src, train_tgt = encode([random_pair() for _ in range(6000)])
test_src, test_tgt = encode([random_pair() for _ in range(800)])
encoder = EncoderRNN(len(SRC) + 1, 64)
decoder = DecoderRNN(64, len(TGT) + 1)
encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.006)
decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.006)
criterion = nn.CrossEntropyLoss()

total = 0.0
for it in range(1, 601):
    pick = torch.randint(0, len(train_src), (64,))
    total += train_step(train_src[pick], train_tgt[pick], encoder, decoder,
                        encoder_optimizer, decoder_optimizer, criterion)
    if it % 50 == 0:
        print("iteration %d  loss %.4f" % (it, total / 50))
        total = 0.0

out = translate(test_src, encoder, decoder)
digits = [0, 1, 3, 4, 6, 7]
acc = (out[:, digits] == test_tgt[:, digits]).float().mean().item()
print("whole dates right: %.3f" % (out == test_tgt).all(1).float().mean())
print("FINAL accuracy=%.4f" % acc)
