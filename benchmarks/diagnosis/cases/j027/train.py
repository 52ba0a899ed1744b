import argparse
import os

import torch
from torch import nn

parser = argparse.ArgumentParser(description="GRU language model on nursery text")
parser.add_argument("--emsize", type=int, default=24)
parser.add_argument("--nhid", type=int, default=64)
parser.add_argument("--lr", type=float, default=2.0)
parser.add_argument("--clip", type=float, default=0.001)
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--batch_size", type=int, default=16)
parser.add_argument("--bptt", type=int, default=24)
args = parser.parse_args()
torch.manual_seed(int(os.environ.get("SEED", 0)))

VERSES = ["one two buckle my shoe ", "three four open the door ", "five six pick up sticks ", "seven eight lay them straight ", "nine ten a big fat hen ",
          "eleven twelve dig and delve "]
g = torch.Generator().manual_seed(2)
order = torch.randint(0, len(VERSES), (1100,), generator=g).tolist()
text = "".join(VERSES[i] for i in order)
chars = sorted(set(text))
ids = torch.tensor([chars.index(c) for c in text])
cut = int(0.9 * len(ids))


def batchify(data, bsz):
    n = len(data) // bsz
    return data[: n * bsz].view(bsz, n).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp, nhid):
        super().__init__()
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.GRU(ninp, nhid)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, inp, hidden):
        out, hidden = self.rnn(self.encoder(inp), hidden)
        return self.decoder(out).view(-1, self.decoder.out_features), hidden


train_data, val_data = batchify(ids[:cut], args.batch_size), batchify(ids[cut:], 10)
model = RNNModel(len(chars), args.emsize, args.nhid)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)


def evaluate():
    model.eval()
    total, hidden = 0.0, None
    with torch.no_grad():
        for i in range(0, len(val_data) - 1, args.bptt):
            inp, out = val_data[i : i + args.bptt][: len(val_data) - 1 - i], val_data[i + 1 : i + 1 + args.bptt]
            logits, hidden = model(inp, hidden)
            total += criterion(logits, out.reshape(-1)).item() * len(inp)
    return total / (len(val_data) - 1)


for epoch in range(1, args.epochs + 1):
    model.train()
    hidden, losses = None, []
    for i in range(0, len(train_data) - 1 - args.bptt, args.bptt):
        inp, out = train_data[i : i + args.bptt], train_data[i + 1 : i + 1 + args.bptt]
        hidden = None if hidden is None else hidden.detach()
        optimizer.zero_grad()
        logits, hidden = model(inp, hidden)
        loss = criterion(logits, out.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), args.clip)
        optimizer.step()
        losses.append(loss.item())
    print(f"| epoch {epoch:2d} | train {sum(losses) / len(losses):5.3f} | valid {evaluate():5.3f}")
print(f"FINAL nll={evaluate():.4f}")
