import math
import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

GRAMMAR = {
    "S": [["NP", "VP", "."]],
    "NP": [["the", "N"], ["a", "A", "N"], ["every", "N"]],
    "VP": [["V", "NP"], ["V", "NP", "P", "NP"], ["sleeps"]],
    "N": [["dog"], ["cat"], ["river"], ["teacher"], ["engine"], ["cloud"]],
    "A": [["green"], ["quiet"], ["heavy"], ["strange"]],
    "V": [["sees"], ["follows"], ["builds"], ["forgets"]],
    "P": [["near"], ["without"], ["under"]],
}


def expand(symbol):
    if symbol not in GRAMMAR:
        return [symbol]
    return [w for s in random.choice(GRAMMAR[symbol]) for w in expand(s)]


words = [w for _ in range(3000) for w in expand("S")]
vocab = sorted(set(words))
ids = torch.tensor([vocab.index(w) for w in words])
cut = int(len(ids) * 0.85)


def batchify(data, bsz):
    n = data.size(0) // bsz
    return data.narrow(0, 0, n * bsz).view(bsz, -1).t().contiguous()


train_data, eval_data = batchify(ids[:cut], 16), batchify(ids[cut:], 8)


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp=48, nhid=64, dropout=0.85):
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid, 2, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, inp, hidden=None):
        out, hidden = self.rnn(self.drop(self.encoder(inp)), hidden)
        return self.decoder(self.drop(out)), hidden


def repackage(h):
    return tuple(v.detach() for v in h)


model = RNNModel(len(vocab))
criterion = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
BPTT = 20
for epoch in range(5):
    model.train()
    hidden, total, n = None, 0.0, 0
    for i in range(0, train_data.size(0) - 1, BPTT):
        seq = min(BPTT, train_data.size(0) - 1 - i)
        data, target = train_data[i:i + seq], train_data[i + 1:i + 1 + seq]
        if hidden is not None:
            hidden = repackage(hidden)
        opt.zero_grad()
        out, hidden = model(data, hidden)
        loss = criterion(out.view(-1, len(vocab)), target.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
        total, n = total + loss.item(), n + 1
    print(f"| epoch {epoch} | loss {total / n:5.2f} | ppl {math.exp(total / n):8.2f}")

model.eval()
with torch.no_grad():
    out, _ = model(eval_data[:-1])
    nll = criterion(out.view(-1, len(vocab)), eval_data[1:].reshape(-1)).item()
print(f"FINAL nll={nll:.4f}")
