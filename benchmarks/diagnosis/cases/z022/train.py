import os
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
gen = torch.Generator().manual_seed(seed + 1)

# a grammar with agreement across the sentence
nouns = ["boy", "girl", "fox", "king", "ship", "tree"]
adjs = ["red", "old", "tall", "quiet"]
verbs = ["sees", "takes", "finds", "hears"]


def r(n):
    return int(torch.randint(n, (1,), generator=gen))


words = []
for _ in range(3500):
    i = r(6)
    words += ["the"] + ([adjs[r(4)]] if r(2) else []) + [nouns[i], verbs[(i + r(2)) % 4], "a"]
    words += ([adjs[i % 4]] if r(2) else []) + [nouns[(i + 1) % 6], "<eos>"]
vocab = {w: k for k, w in enumerate(sorted(set(words)))}
stream = torch.tensor([vocab[w] for w in words])


def batchify(data, bsz):
    n = data.size(0) // bsz
    return data[:n * bsz].view(bsz, -1).t().contiguous()


cut = int(0.9 * len(stream))
train_data, val_data = batchify(stream[:cut], 20), batchify(stream[cut:], 10)


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp=48, nhid=48, dropout=0.1):
        super(RNNModel, self).__init__()
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid)
        self.decoder = nn.Linear(nhid, ntoken)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
        return self.decoder(self.drop(output)).flatten(0, 1), hidden


def repackage_hidden(h):
    return tuple(v.detach() for v in h)


def windows(source, bptt=24):
    for i in range(0, source.size(0) - 1, bptt):
        n = min(bptt, len(source) - 1 - i)
        yield source[i:i + n], source[i + 1:i + 1 + n].reshape(-1)


model = RNNModel(len(vocab))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=4.0)
best = None
for epoch in range(1, 11):
    model.train()
    hidden = (torch.zeros(1, 20, 48), torch.zeros(1, 20, 48))
    total = 0.
    for k, (data, targets) in enumerate(windows(train_data)):
        hidden = repackage_hidden(hidden)
        optimizer.zero_grad()
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        hidden = (torch.zeros(1, 10, 48), torch.zeros(1, 10, 48))
        val, n = 0., 0
        for data, targets in windows(val_data):
            output, hidden = model(data, hidden)
            val += criterion(output, targets).item() * len(targets)
            n += len(targets)
    val /= n
    if best is not None and val > best:
        for g in optimizer.param_groups:
            g["lr"] /= 4
    best = val if best is None else min(best, val)
    print(f"| epoch {epoch} | train {total / (k + 1):.3f} | valid {val:.3f}")
print(f"FINAL nll={val:.4f}")
