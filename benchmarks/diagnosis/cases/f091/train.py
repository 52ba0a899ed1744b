import os
import random

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

# A language of 80 words in 8 classes; the class of the next word follows from the last two classes.
WORDS, CLASSES, CONTEXT, DIM = 80, 8, 3, 6
rule = np.random.RandomState(5).randint(0, CLASSES, size=(CLASSES, CLASSES))
word_class = np.random.RandomState(6).permutation(np.arange(WORDS) % CLASSES)
members = [np.where(word_class == c)[0] for c in range(CLASSES)]


def corpus(n):
    text = [0, 1, 2]
    while len(text) < n:
        c = rule[word_class[text[-1]], word_class[text[-2]]]
        if random.random() < 0.1:
            c = random.randrange(CLASSES)
        text.append(int(random.choice(members[c])))
    return torch.tensor(text)


def windows(text):
    w = text.unfold(0, CONTEXT + 1, 1)
    return w[:, :-1], w[:, -1]


class NeuralLM(nn.Module):
    def __init__(self, vectors):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(vectors)
        self.hidden = nn.Linear(CONTEXT * DIM, 64)
        self.out = nn.Linear(64, WORDS)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(self.table(x).flatten(1))))


vectors = torch.from_numpy(np.random.uniform(-0.25, 0.25, (WORDS, DIM))).float()
train_x, train_y = windows(corpus(12000))
test_x, test_y = windows(corpus(3000))
model = NeuralLM(vectors)
optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3)
for epoch in range(8):
    total = 0.0
    for rows in torch.randperm(len(train_x)).split(64):
        loss = cross_entropy(model(train_x[rows]), train_y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    print(f"epoch {epoch} nll {total / len(train_x):.4f}")
with torch.no_grad():
    print(f"FINAL nll={cross_entropy(model(test_x), test_y).item():.4f}")
