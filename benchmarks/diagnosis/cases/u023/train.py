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


def trigrams(text, buckets=2000):
    text = f"^{text}$"
    return torch.tensor([zlib.crc32(text[i:i + n].encode()) % buckets for n in (2, 3) for i in range(len(text) - n + 1)])


def collate(rows):
    bags = [trigrams(t) for t, _ in rows]
    offsets = torch.tensor([0] + [len(b) for b in bags[:-1]]).cumsum(0)
    return torch.cat(bags), offsets, torch.tensor([k for _, k in rows])


class FastText(nn.Module):
    def __init__(self, buckets=2000, dim=24):
        super().__init__()
        self.bag = nn.EmbeddingBag(buckets, dim, mode="mean")
        self.fc = nn.Linear(dim, len(LANGS))

    def forward(self, ids, offsets):
        return self.fc(self.bag(ids, offsets))


train_rows, test_rows = read_folder(300), read_folder(60)
model = FastText()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
BATCH = 25
batches = [collate(train_rows[i:i + BATCH]) for i in range(0, len(train_rows), BATCH)]

for epoch in range(1, 13):
    total = 0.0
    for ids, offsets, label in batches:
        optimizer.zero_grad()
        loss = criterion(model(ids, offsets), label)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"Epoch: {epoch}, loss: {total / len(batches):.4f}")

ids, offsets, label = collate(test_rows)
with torch.no_grad():
    acc = (model(ids, offsets).argmax(1) == label).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
