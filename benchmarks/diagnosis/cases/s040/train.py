import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

TOPICS, WORDS = 40, 400
topic_words = [random.Random(k).sample(range(WORDS), 12) for k in range(TOPICS)]


def text(topic, words, noise):
    return [random.choice(topic_words[topic]) for _ in range(words)] + [random.randrange(WORDS) for _ in range(noise)]


def pairs(n):
    topics = [random.randrange(TOPICS) for _ in range(n)]
    return (torch.tensor([text(t, 6, 6) for t in topics]), torch.tensor([[(w * 7 + 3) % WORDS for w in text(t, 3, 2)] for t in topics]),
            torch.tensor(topics))


class Tower(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.words = nn.EmbeddingBag(WORDS, dim, mode="sum")
        self.proj = nn.Linear(dim, dim)

    def forward(self, ids):
        return self.proj(self.words(ids))


class Matcher(nn.Module):
    def __init__(self, temperature=0.02):
        super().__init__()
        self.clause, self.question = Tower(), Tower()
        self.temperature = temperature

    def forward(self, clauses, questions):
        c = self.clause(clauses)
        q = self.question(questions)
        return q @ c.t() / self.temperature


c_train, q_train, _ = pairs(4000)
model = Matcher()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(500):
    rows = torch.randint(0, 4000, (32,))
    loss = F.cross_entropy(model(c_train[rows], q_train[rows]), torch.arange(32))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.3f}")

# one clause per topic, many questions
one = torch.tensor([text(t, 10, 2) for t in range(TOPICS)])
_, q_test, t_test = pairs(800)
with torch.no_grad():
    hit = (model(one, q_test).argmax(1) == t_test).float().mean().item()
print(f"FINAL accuracy={hit:.4f}")
