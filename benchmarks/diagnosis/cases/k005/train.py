import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

settings = dict(micro=4, accumulate=8, block=48, dim=64, steps=260, lr=4e-3, clip=0.25, warmup=20)
gen = torch.Generator().manual_seed(1)
NAMES = ["anna", "boris", "clara", "dmitri", "elena", "fedor"]
THINGS = ["apples", "letters", "horses", "coins", "books"]
VERB = ["bought", "sold", "lost", "found"]


def diary(n):
    pick = lambda a: a[int(torch.randint(0, len(a), (1,), generator=gen))]
    return "".join(f"{pick(NAMES)} {pick(VERB)} {int(torch.randint(2, 9, (1,), generator=gen))} {pick(THINGS)}.\n" for _ in range(n))


text, held = diary(1800), diary(250)
chars = sorted(set(text))
lookup = {c: i for i, c in enumerate(chars)}
train, valid = (torch.tensor([lookup[c] for c in t]) for t in (text, held))


class TiedLSTM(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(dim, dim, batch_first=True)
        self.decode = nn.Linear(dim, vocab, bias=False)
        self.decode.weight = self.embed.weight
        nn.init.normal_(self.embed.weight, std=0.1)

    def forward(self, ids):
        return self.decode(self.lstm(self.embed(ids))[0])


def batch(data, n):
    at = torch.randint(0, len(data) - settings["block"] - 1, (n,))
    rows = torch.stack([data[a : a + settings["block"] + 1] for a in at])
    return rows[:, :-1], rows[:, 1:]


model = TiedLSTM(len(chars), settings["dim"])
optimizer = torch.optim.AdamW(model.parameters(), lr=settings["lr"], weight_decay=0.01)
shape = lambda s: min((s + 1) / settings["warmup"], 0.5 * (1 + math.cos(math.pi * s / settings["steps"])) + 0.02)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
ce = nn.CrossEntropyLoss()

for step in range(settings["steps"]):
    total = 0.0
    for _ in range(settings["accumulate"]):
        x, y = batch(train, settings["micro"])
        loss = ce(model(x).flatten(0, 1), y.flatten()) / settings["accumulate"]
        loss.backward()
        total += loss.item()
    norm = nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
    optimizer.step()
    optimizer.zero_grad()
    scheduler.step()
    if step % 40 == 0:
        print(f"step {step} loss {total:.4f} grad norm {norm:.3f}")

model.eval()
with torch.no_grad():
    nll = sum(ce(model(x).flatten(0, 1), y.flatten()).item() for x, y in (batch(valid, 16) for _ in range(20))) / 20
print(f"FINAL nll={nll:.4f}")
