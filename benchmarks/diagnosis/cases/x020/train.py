"""Which language does this word come from? A recurrent net from scratch."""
import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = {
    "norse": ["thor", "bjo", "gun", "skar", "olf", "rik"],
    "latin": ["us", "tri", "aur", "eli", "vita", "mar"],
    "yamato": ["ka", "ki", "mura", "to", "shi", "na"],
    "slavic": ["ov", "mir", "sla", "vol", "zor", "dra"],
}
LANGS = list(SYLLABLES)


def random_word():
    k = random.randrange(len(LANGS))
    word = "".join(random.choice(SYLLABLES[LANGS[k]]) for _ in range(random.randint(2, 4)))
    # people misspell things
    letters = [random.choice(LETTERS) if random.random() < 0.12 else c for c in word]
    return "".join(letters)[:12], k


def encode(words):
    x = torch.zeros(12, len(words), len(LETTERS))
    for j, w in enumerate(words):
        for i, c in enumerate(w):
            x[12 - len(w) + i, j, LETTERS.index(c)] = 1
    return x


class Cell(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.w_x = nn.Parameter(torch.randn(n_in, n_hidden))
        self.w_h = nn.Parameter(torch.randn(n_hidden, n_hidden))
        self.b = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, x, h):
        return torch.tanh(x @ self.w_x + h @ self.w_h + self.b)


class WordRNN(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.n_hidden = n_hidden
        self.cell = Cell(n_in, n_hidden)
        self.w_out = nn.Parameter(torch.zeros(n_hidden, n_out))
        self.b_out = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        h = torch.zeros(x.shape[1], self.n_hidden)
        for step in x:
            h = self.cell(step, h)
        return h @ self.w_out + self.b_out


train = [random_word() for _ in range(1500)]
test = [random_word() for _ in range(600)]
rnn = WordRNN(len(LETTERS), 96, len(LANGS))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(rnn.parameters(), lr=0.002)

for epoch in range(10):
    random.shuffle(train)
    total = 0
    for i in range(0, len(train), 30):
        words, langs = zip(*train[i:i + 30])
        loss = criterion(rnn(encode(words)), torch.tensor(langs))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 5)
        optimizer.step()
        total += loss.item()
    print(epoch, total / (len(train) // 30))

with torch.no_grad():
    words, langs = zip(*test)
    acc = (rnn(encode(words)).argmax(1) == torch.tensor(langs)).float().mean().item()
print("FINAL accuracy=%.4f" % acc)
