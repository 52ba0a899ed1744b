import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# bracket language: what must be closed next may lie far back
PAIRS = {"(": ")", "[": "]", "{": "}"}


def stream(n):
    out, stack = [], []
    while len(out) < n:
        if stack and (len(stack) >= 3 or random.random() < 0.5):
            out.append(PAIRS[stack.pop()])
        else:
            c = random.choice("([{")
            stack.append(c)
            out.append(c)
    return "".join(out)


chars = "([{)]}"
lookup = {c: i for i, c in enumerate(chars)}
encode = lambda s: torch.tensor([lookup[c] for c in s])

B, BPTT = 20, 16


def batchify(ids):
    n = len(ids) // B
    return ids[: n * B].view(B, n).t().contiguous()


train = batchify(encode(stream(42000)))
valid = batchify(encode(stream(8000)))


class CharRNN(nn.Module):
    def __init__(self, emb=12, hid=40):
        super().__init__()
        self.encoder = nn.Embedding(len(chars), emb)
        self.rnn = nn.LSTM(emb, hid)
        self.decoder = nn.Linear(hid, len(chars))

    def forward(self, x, hidden):
        out, hidden = self.rnn(self.encoder(x), hidden)
        return self.decoder(out), hidden

    def init_hidden(self):
        return torch.zeros(1, B, 40), torch.zeros(1, B, 40)


def repackage(h):
    return tuple(v.detach() for v in h)


def chunks(source):
    for i in range(0, source.size(0) - 1, BPTT):
        n = min(BPTT, source.size(0) - 1 - i)
        yield source[i : i + n], source[i + 1 : i + 1 + n].reshape(-1)


model = CharRNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)


def evaluate():
    model.eval()
    hidden, total, count = model.init_hidden(), 0.0, 0
    with torch.no_grad():
        for x, y in chunks(valid):
            out, hidden = model(x, hidden)
            total += criterion(out.view(-1, len(chars)), y).item() * len(y)
            count += len(y)
    return total / count


for epoch in range(7):
    model.train()
    hidden = model.init_hidden()
    for step, (x, y) in enumerate(chunks(train)):
        hidden = repackage(hidden)
        out, hidden = model(x, hidden)
        loss = criterion(out.view(-1, len(chars)), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    for group in optimizer.param_groups:
        group["lr"] *= 0.65
    print(f"epoch {epoch + 1} last loss {loss.item():.4f} valid {evaluate():.4f}")

print(f"FINAL nll={evaluate():.4f}")
