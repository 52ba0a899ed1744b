import os
import random
import zlib
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# invented languages: syllables with their own frequencies
ONSETS = ["b", "d", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "sh", "tr", "kl", "g"]
NUCLEI = ["a", "e", "i", "o", "u", "ai", "ou"]
LANGS = ["aro", "beki", "cuma", "dorin", "esh", "fanto", "gula", "hivi"]


class Language:
    def __init__(self, name):
        r = random.Random(zlib.crc32(name.encode()))
        self.onset = [r.random() ** 2 + 0.05 for _ in ONSETS]
        self.nucleus = [r.random() ** 2 + 0.05 for _ in NUCLEI]

    def phrase(self):
        words = []
        for _ in range(random.randint(2, 4)):
            syl = zip(random.choices(ONSETS, self.onset, k=2), random.choices(NUCLEI, self.nucleus, k=2))
            words.append("".join(a + b for a, b in syl))
        return " ".join(words)


def read_folder(per_language):
    """As from one text file per language."""
    rows = []
    for k, name in enumerate(LANGS):
        lang = Language(name)
        rows += [(lang.phrase(), k) for _ in range(per_language)]
    return rows


LETTERS = "abdeghiklmnoprstuvz "


def letter_share(text):
    return [10 * text.count(c) / len(text) for c in LETTERS]


def collate(rows):
    return torch.tensor([letter_share(t) for t, _ in rows]), torch.tensor([k for _, k in rows])


class LangNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(len(LETTERS), hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, len(LANGS))

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


train_rows, test_rows = read_folder(300), read_folder(60)
model = LangNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
BATCH = 25
random.shuffle(train_rows)
batches = [collate(train_rows[i:i + BATCH]) for i in range(0, len(train_rows), BATCH)]

for epoch in range(1, 13):
    total = 0.0
    for x, label in batches:
        optimizer.zero_grad()
        loss = criterion(model(x), label)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"Epoch: {epoch}, loss: {total / len(batches):.4f}")

x, label = collate(test_rows)
with torch.no_grad():
    acc = (model(x).argmax(1) == label).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
