import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_sequence

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

# paraphrases: the same list of facts in another order, with filler words between them
FACTS, FILLERS = list(range(1, 41)), list(range(41, 81))


def utter(facts):
    words = facts[:]
    random.shuffle(words)
    out = []
    for w in words:
        out += [random.choice(FILLERS) for _ in range(random.randint(0, 3))] + [w]
    return torch.tensor(out)


def pair():
    facts = random.sample(FACTS, 4)
    return utter(facts), utter(facts)


class SentenceEncoder(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.emb = nn.Embedding(81, dim)
        self.gru = nn.GRU(dim, dim, bidirectional=True)
        self.out = nn.Linear(2 * dim, 32)

    def forward(self, sentences):
        order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
        packed = pack_sequence([self.emb(sentences[i]) for i in order])
        h = self.gru(packed)[1]
        h = torch.cat([h[0], h[1]], 1)
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return F.normalize(self.out(h[back]), dim=1)


encoder = SentenceEncoder()          # the same weights read both sides
scale = nn.Parameter(torch.tensor(2.5))
optimizer = torch.optim.Adam([*encoder.parameters(), scale], lr=5e-3)
for step in range(260):
    left, right = zip(*[pair() for _ in range(48)])
    sim = encoder(left) @ encoder(right).t() * scale.exp().clamp(max=30)
    target = torch.arange(48)
    loss = (F.cross_entropy(sim, target) + F.cross_entropy(sim.t(), target)) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 0:
        print(f"step {step} loss {loss.item():.4f} scale {scale.exp().item():.2f}")

encoder.eval()
with torch.no_grad():
    left, right = zip(*[pair() for _ in range(300)])
    hit = ((encoder(left) @ encoder(right).t()).argmax(1) == torch.arange(300)).float().mean().item()
print(f"FINAL accuracy={hit:.4f}")
