import os
import random
from collections import Counter
from dataclasses import dataclass

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

SYLLABLES = ["ba", "ko", "ri", "mu", "ten", "lo", "shi", "ra", "vel", "dor", "pi", "zan"]
FILLERS = ["the", "of", "and", "in", "to", "is", "with", "for", "on", "by"]
TOPICS = ["sport", "science", "politics", "travel"]


def invent_lexicon(words_per_topic=110):
    seen = set()
    lexicon = {}
    for topic in TOPICS:
        words = []
        while len(words) < words_per_topic:
            w = "".join(random.choices(SYLLABLES, k=3))
            if w not in seen:
                seen.add(w)
                words.append(w)
        lexicon[topic] = words
    return lexicon


def article(lexicon):
    label = random.randrange(len(TOPICS))
    words = random.choices(FILLERS, k=random.randint(8, 16))
    words += random.choices(lexicon[TOPICS[label]], k=5)
    words += random.choices(lexicon[random.choice(TOPICS)], k=1)
    random.shuffle(words)
    return " ".join(words), label


@dataclass
class TokenizerConfig:
    min_freq: int = 2
    max_size: int = 20000
    lower: bool = True
    unk: str = "<unk>"


class Tokenizer:
    def __init__(self, cfg=None):
        self.cfg = cfg or TokenizerConfig()
        self.stoi = {self.cfg.unk: 0}

    def split(self, text):
        return (text.lower() if self.cfg.lower else text).split()

    def fit(self, texts):
        counts = Counter(w for t in texts for w in self.split(t))
        for word, c in counts.most_common(self.cfg.max_size):
            if c >= self.cfg.min_freq:
                self.stoi[word] = len(self.stoi)
        return self

    def __call__(self, text):
        return [self.stoi.get(w, 0) for w in self.split(text)]


def to_bag(tokenizer, rows):
    flat, offsets, labels = [], [], []
    for text, label in rows:
        offsets.append(len(flat))
        flat += tokenizer(text)
        labels.append(label)
    return torch.tensor(flat), torch.tensor(offsets), torch.tensor(labels)


class TopicModel(nn.Module):
    def __init__(self, vocab, dim=48, classes=4):
        super().__init__()
        self.bag = nn.EmbeddingBag(vocab, dim, mode="mean")
        self.mlp = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, classes))

    def forward(self, flat, offsets):
        return self.mlp(self.bag(flat, offsets))


lexicon = invent_lexicon()
corpus = [article(lexicon) for _ in range(1800)]
held_out = [article(lexicon) for _ in range(500)]
tokenizer = Tokenizer().fit(t for t, _ in corpus)
model = TopicModel(len(tokenizer.stoi))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(12):
    model.train()
    random.shuffle(corpus)
    total = 0.0
    for k in range(0, len(corpus), 50):
        flat, offsets, labels = to_bag(tokenizer, corpus[k : k + 50])
        loss = criterion(model(flat, offsets), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / 36:.4f}")

model.eval()
flat, offsets, labels = to_bag(tokenizer, held_out)
with torch.no_grad():
    acc = (model(flat, offsets).argmax(1) == labels).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
