import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

people = ["anna", "bert", "cleo", "dirk", "elsa", "finn"]
places = {"market": ["apples", "fish", "bread"], "harbour": ["rope", "fish", "tar"], "school": ["books", "chalk", "bread"], "mill": ["flour", "sacks", "rope"]}
verbs = ["fetches", "brings", "loses", "finds"]
stream = []
for _ in range(3500):
    place = random.choice(list(places))
    stream += [random.choice(people), "goes", "to", "the", place, "and", random.choice(verbs), random.choice(places[place]), "."]
vocab = sorted(set(stream))
ids = torch.tensor([vocab.index(w) for w in stream])
train, test = ids[: 9 * 3100], ids[9 * 3100:]


class TiedModel(nn.Module):
    def __init__(self, v, narrow=8, wide=64):
        super().__init__()
        self.embed = nn.Embedding(v, narrow)
        nn.init.normal_(self.embed.weight, std=0.3)
        self.up = nn.Linear(narrow, wide)
        self.mix = nn.Conv1d(wide, wide, 5)
        self.down = nn.Linear(wide, narrow)
        self.decode = nn.Linear(narrow, v, bias=False)
        self.decode.weight = self.embed.weight

    def forward(self, x):
        h = self.up(self.embed(x)).transpose(1, 2)
        h = F.gelu(self.mix(F.pad(h, (4, 0)))).transpose(1, 2)
        return self.decode(self.down(h))


def chunk(data, n, length=18):
    at = torch.randint(0, len(data) - length - 1, (n, 1)) + torch.arange(length + 1)
    w = data[at]
    return w[:, :-1], w[:, 1:]


model = TiedModel(len(vocab))
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
for step in range(500):
    x, y = chunk(train, 32)
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} nll {loss.item():.4f}")

with torch.no_grad():
    x, y = chunk(test, 300)
    nll = F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item()
print(f"FINAL nll={nll:.4f}")
