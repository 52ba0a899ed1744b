import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

RULES = {
    "S": [["NP", "VP", "."]],
    "NP": [["the", "N"], ["the", "A", "N"], ["N2"]],
    "VP": [["V1"], ["V2", "NP"], ["V3", "that", "S0"]],
    "S0": [["NP", "V1"]],
    "N": [["king"], ["ship"], ["storm"], ["sailor"]],
    "N2": [["Ann"], ["Bob"]],
    "A": [["old"], ["grey"], ["great"]],
    "V1": [["sleeps"], ["sinks"]],
    "V2": [["sees"], ["fears"], ["finds"]],
    "V3": [["says"], ["hopes"]],
}


def expand(sym):
    if sym not in RULES:
        return [sym]
    return [w for part in random.choice(RULES[sym]) for w in expand(part)]


def text(n):
    out = []
    while len(out) < n:
        out += expand("S")
    return out[:n]


train_words, valid_words, test_words = text(24000), text(4000), text(6000)
vocab = {w: i for i, w in enumerate(sorted(set(train_words)))}


def batchify(words, bsz):
    t = torch.tensor([vocab[w] for w in words])
    n = len(t) // bsz
    return t[: n * bsz].view(bsz, n).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, nhid=48):
        super().__init__()
        self.drop = nn.Dropout(0.1)
        self.encoder = nn.Embedding(ntoken, nhid)
        self.rnn = nn.LSTM(nhid, nhid)
        self.decoder = nn.Linear(nhid, ntoken)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, x, hidden):
        out, hidden = self.rnn(self.drop(self.encoder(x)), hidden)
        return self.decoder(self.drop(out)), hidden


BPTT = 20
criterion = nn.CrossEntropyLoss()
model = RNNModel(len(vocab))
train_data, valid_data, test_data = (batchify(w, b) for w, b in ((train_words, 20), (valid_words, 10), (test_words, 10)))
lr = 10.0


def repackage(h):
    return tuple(v.detach() for v in h) if h is not None else None


@torch.no_grad()
def evaluate(data):
    model.eval()
    hidden, total = None, 0.0
    for i in range(0, len(data) - 1, BPTT):
        x, y = data[i : i + BPTT][: len(data) - 1 - i], data[i + 1 : i + 1 + BPTT]
        out, hidden = model(x, hidden)
        total += criterion(out.flatten(0, 1), y.flatten()).item() * len(y)
    return total / (len(data) - 1)


best = float("inf")
optimizer = torch.optim.SGD(model.parameters(), lr=lr)
for epoch in range(12):
    model.train()
    hidden, seen = None, 0.0
    for i in range(0, len(train_data) - 1, BPTT):
        x, y = train_data[i : i + BPTT][: len(train_data) - 1 - i], train_data[i + 1 : i + 1 + BPTT]
        hidden = repackage(hidden)
        optimizer.zero_grad()
        out, hidden = model(x, hidden)
        loss = criterion(out.flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        seen += loss.item() * len(y)
    val = evaluate(valid_data)
    print(f"epoch {epoch} train {seen / (len(train_data) - 1):.3f} valid {val:.3f} lr {optimizer.param_groups[0]['lr']}")
    if val < best - 1e-3:
        best = val
    else:
        optimizer.param_groups[0]["lr"] /= 4.0
print(f"FINAL nll={evaluate(test_data):.4f}")
