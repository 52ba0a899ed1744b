import os
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

SYLLABLES = {
    "north": "ska vik ord nes haug fjel sund dal lund bra tor",
    "south": "ela mio cara vento sol tor oni ela ina dal ra",
    "east": "ova nik grad pol ska ev itsa bor lund zem ra",
    "isle": "lau kai mana oni hale nui vik pua ina mio ke",
    "steppe": "bek tau kum alty ova bor kara sai ke zem tor",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz "


def line(language):
    parts = SYLLABLES[language].split()
    words = ["".join(random.choices(parts, k=random.randint(1, 2))) for _ in range(2)]
    text = " ".join(words)
    # typing errors
    return "".join(random.choice(LETTERS) if random.random() < 0.2 else c for c in text)


files = {name: [line(name) for _ in range(800)] for name in SYLLABLES}
held_out = [(line(name), k) for k, name in enumerate(SYLLABLES) for _ in range(120)]


def bigrams(text, buckets=400):
    ids = [(LETTERS.index(a) * 27 + LETTERS.index(b)) % buckets for a, b in zip(text, text[1:])]
    return torch.tensor(ids)


class LineStream(IterableDataset):
    def __init__(self, files):
        self.files = files

    def __iter__(self):
        rows = [(text, k) for k, lines in enumerate(self.files.values()) for text in lines]
        for text, k in rows:
            yield bigrams(text), k


def collate(batch):
    offsets = torch.tensor([0] + [len(b) for b, _ in batch[:-1]]).cumsum(0)
    return torch.cat([b for b, _ in batch]), offsets, torch.tensor([k for _, k in batch])


class BagOfBigrams(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(400, 24, mode="mean")
        self.hidden = nn.Linear(24, 32)
        self.out = nn.Linear(32, len(SYLLABLES))

    def forward(self, ids, offsets):
        return self.out(torch.relu(self.hidden(self.bag(ids, offsets))))


def main():
    stream = LineStream(files)
    model = BagOfBigrams()
    opt = torch.optim.Adam(model.parameters(), lr=1e-2)
    for epoch in range(6):
        running, n = 0.0, 0
        for ids, offsets, labels in DataLoader(stream, batch_size=16, collate_fn=collate):
            loss = nn.functional.cross_entropy(model(ids, offsets), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
            running, n = running + loss.item(), n + 1
        print(f"epoch {epoch} loss {running / n:.3f}")
    ids, offsets, labels = collate([(bigrams(t), k) for t, k in held_out])
    with torch.no_grad():
        acc = (model(ids, offsets).argmax(1) == labels).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
