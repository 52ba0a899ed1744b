import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

SUBJECTS = {"dog": 0, "cat": 0, "crow": 1, "owl": 1, "carp": 2, "pike": 2, "wasp": 3, "moth": 3}
ACTS = {"runs": 0, "jumps": 0, "sleeps": 1, "rests": 1, "eats": 2, "hunts": 2}
FILLER = "the a old small near by under big house tree river very often never then so".split()
WORDS = list(SUBJECTS) + list(ACTS) + FILLER
INDEX = {w: k for k, w in enumerate(WORDS)}


def sentence():
    s, a = random.choice(list(SUBJECTS)), random.choice(list(ACTS))
    words = random.choices(FILLER, k=8)
    spots = sorted(random.sample(range(10), 2))
    for spot, w in zip(spots, (s, a)):
        words.insert(spot, w)
    return [INDEX[w] for w in words], SUBJECTS[s] * 3 + ACTS[a]


def corpus(n):
    rows = [sentence() for _ in range(n)]
    return torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows])


class TopicNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(len(WORDS), 24, sparse=True)
        self.attend = nn.Linear(24, 4)
        self.classify = nn.Sequential(nn.Linear(96, 48), nn.Tanh(), nn.Linear(48, 12))

    def forward(self, tokens):
        e = self.words(tokens)
        w = self.attend(e).softmax(1)
        return self.classify(torch.einsum("btk,btd->bkd", w, e).flatten(1))


class TwoOptimizers:
    """SparseAdam for the word table, momentum SGD for everything else."""

    def __init__(self, net):
        dense = [p for n, p in net.named_parameters() if not n.startswith("words")]
        self.sparse = torch.optim.SparseAdam(net.words.parameters(), lr=5e-3)
        self.dense = torch.optim.SGD(dense, lr=0.08, momentum=0.8)

    def zero_grad(self):
        self.sparse.zero_grad()
        self.dense.zero_grad()

    def step(self):
        self.sparse.step()
        self.dense.step()


x, y = corpus(1500)
xt, yt = corpus(400)
net = TopicNet()
optim = TwoOptimizers(net)
for epoch in range(12):
    for idx in torch.randperm(len(x)).split(30):
        optim.zero_grad()
        loss = F.cross_entropy(net(x[idx]), y[idx])
        loss.backward()
        optim.step()
    with torch.no_grad():
        acc = (net(xt).argmax(1) == yt).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
