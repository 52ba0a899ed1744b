import os
import random
import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

GOOD = "great lovely fine superb happy crisp".split()
BAD = "awful dull broken sad poor noisy".split()
REST = "the a phone screen battery case it was and but with very box one my today".split()
words = ["<pad>"] + GOOD + BAD + REST
stoi = {w: i for i, w in enumerate(words)}


def write_review():
    positive = random.random() < 0.5
    text = []
    for _ in range(random.randint(5, 25)):
        r = random.random()
        if r < 0.2:
            text.append(random.choice(GOOD if positive else BAD))
        elif r < 0.28:
            text.append(random.choice(BAD if positive else GOOD))
        else:
            text.append(random.choice(REST))
    return " ".join(text), int(positive)


reviews = [write_review() for _ in range(3000)]
train, test = reviews[:2400], reviews[2400:]


def encode(texts):
    ids = [[stoi[w] for w in t.split()] for t in texts]
    width = max(map(len, ids))
    return torch.tensor([row + [0] * (width - len(row)) for row in ids])


def buckets(pairs, size=40):
    labels = [label for _, label in pairs]
    texts = sorted((text for text, _ in pairs), key=lambda t: len(t.split()))
    out = []
    for i in range(0, len(texts), size):
        out.append((encode(texts[i:i + size]), torch.tensor(labels[i:i + size])))
    return out


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(words), 20, padding_idx=0)
        self.conv = nn.Conv1d(20, 32, 3, padding=1)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(32, 2)

    def forward(self, ids):
        h = F.relu(self.conv(self.emb(ids).transpose(1, 2)))
        return self.out(self.drop(h.mean(2)))


net = Reader()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
batches = buckets(train)
for epoch in range(15):
    net.train()
    random.shuffle(batches)
    total = 0.0
    for ids, target in batches:
        loss = F.cross_entropy(net(ids), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, round(total / len(batches), 4))

net.eval()
with torch.no_grad():
    guess = net(encode([t for t, _ in test])).argmax(1)
    accuracy = (guess == torch.tensor([y for _, y in test])).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
