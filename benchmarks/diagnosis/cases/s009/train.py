import os
import random
from collections import Counter

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

MAX_LEN = 8
KINDS = {
    "auth": ["session opened for user", "failed password for user", "connection closed by user"],
    "disk": ["write error on block device", "volume nearly full", "remount read only after error"],
    "net": ["link is down", "carrier lost on interface", "address lease renewed on interface"],
    "batch": ["job finished", "job queued for user", "job killed after timeout"],
}
FILLER = "retry code status after of id level on with at node".split()


def log_line(kind):
    head = ["2026", random.choice("jan feb mar apr may jun".split()), str(random.randint(1, 28)),
            f"{random.randint(0, 23)}h", f"{random.randint(0, 59)}m", "host", f"n{random.randint(1, 30)}",
            "daemon", f"p{random.randint(100, 160)}"]
    body = random.choice(KINDS[kind]).split()
    for _ in range(random.randint(2, 5)):
        body.insert(random.randint(0, len(body)), random.choice(FILLER))
    return head + body


names = list(KINDS)
data = [(log_line(names[k]), k) for k in (random.randrange(4) for _ in range(2600))]
train, test = data[:2000], data[2000:]
counts = Counter(w for tokens, _ in train for w in tokens)
vocab = {w: i + 2 for i, w in enumerate(sorted(counts))}


def encode(rows):
    ids = torch.zeros(len(rows), MAX_LEN, dtype=torch.long)
    for r, (tokens, _) in enumerate(rows):
        codes = [vocab.get(w, 1) for w in tokens][:MAX_LEN]
        ids[r, :len(codes)] = torch.tensor(codes)
    return ids, torch.tensor([k for _, k in rows])


class LogNet(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.emb = nn.Embedding(size, 16, padding_idx=0)
        self.gru = nn.GRU(16, 24, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(48, 4)

    def forward(self, ids):
        states, _ = self.gru(self.emb(ids))
        return self.fc(states.max(dim=1).values)


x, y = encode(train)
xt, yt = encode(test)
model = LogNet(len(vocab) + 2)
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(6):
    total = 0.0
    for idx in torch.randperm(len(x)).split(50):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        loss.backward()
        opt.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / 40, 4))
with torch.no_grad():
    print(f"FINAL accuracy={(model(xt).argmax(1) == yt).float().mean().item():.4f}")
