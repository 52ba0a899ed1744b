import os
import random
import time

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

emsize, nhid, nlayers = 4, 4, 1
bptt, batch_size, eval_batch = 30, 20, 10
lr, epochs, log_interval = 0.01, 3, 60

DET = ["the", "a", "one", "every"]
ADJ = ["old", "small", "quick", "green", "strange", "quiet"]
NOUN = ["fox", "river", "teacher", "garden", "engine", "window"]
VERB = ["sees", "follows", "paints", "carries", "repairs"]
ADV = ["slowly", "again", "today", "with care"]


def np_phrase():
    words = [random.choice(DET)]
    if random.random() < 0.5:
        words.append(random.choice(ADJ))
    return words + [random.choice(NOUN)]


def sentence():
    w = np_phrase() + [random.choice(VERB)] + np_phrase()
    if random.random() < 0.4:
        w.append(random.choice(ADV))
    return " ".join(w) + ". "


def corpus(n):
    return "".join(sentence() for _ in range(n))


train_text, test_text = corpus(2000), corpus(150)
chars = sorted(set(train_text))
stoi = {c: i for i, c in enumerate(chars)}


def batchify(text, bsz):
    data = torch.tensor([stoi[c] for c in text])
    n = data.size(0) // bsz
    return data[: n * bsz].view(bsz, -1).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp, nhid, nlayers):
        super().__init__()
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.GRU(ninp, nhid, nlayers)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, x, hidden=None):
        out, hidden = self.rnn(self.encoder(x), hidden)
        return self.decoder(out), hidden


train_data, test_data = batchify(train_text, batch_size), batchify(test_text, eval_batch)
model = RNNModel(len(chars), emsize, nhid, nlayers)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=lr)


def get_batch(source, i):
    n = min(bptt, len(source) - 1 - i)
    return source[i:i + n], source[i + 1:i + 1 + n].reshape(-1)


def evaluate(source):
    model.eval()
    total, hidden = 0.0, None
    with torch.no_grad():
        for i in range(0, len(source) - 1, bptt):
            x, y = get_batch(source, i)
            out, hidden = model(x, hidden)
            total += len(x) * criterion(out.flatten(0, 1), y).item()
    return total / (len(source) - 1)


for epoch in range(1, epochs + 1):
    model.train()
    total, start, hidden = 0.0, time.time(), None
    for b, i in enumerate(range(0, len(train_data) - 1, bptt), 1):
        x, y = get_batch(train_data, i)
        if hidden is not None:
            hidden = hidden.detach()
        optimizer.zero_grad()
        out, hidden = model(x, hidden)
        loss = criterion(out.flatten(0, 1), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if b % log_interval == 0:
            print(f"| epoch {epoch} | batch {b} | loss {total / log_interval:.3f}")
            total = 0.0
    print(f"| end of epoch {epoch} | time {time.time() - start:.1f}s | test loss {evaluate(test_data):.3f}")

print(f"FINAL nll={evaluate(test_data):.4f}")
