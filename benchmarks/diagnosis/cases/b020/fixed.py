import os
import random
import torch
import torch.nn as nn
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

GOOD = ["great", "lovely", "superb", "charming", "fresh"]
BAD = ["dull", "awful", "noisy", "stale", "rude"]
FILL = ["the", "food", "was", "and", "staff", "place", "we", "very", "room", "music", "but", "there", "my", "friend", "said"]
vocab = {w: i + 1 for i, w in enumerate(GOOD + BAD + FILL)}


def review():
    label = random.randint(0, 1)
    words = random.choices(FILL, k=random.randint(5, 22))
    for _ in range(random.randint(2, 4)):
        words.insert(random.randint(0, len(words)), random.choice((BAD, GOOD)[label]))
    return words, label


def encode(words, max_len):
    ids = [vocab[w] for w in words]
    ids = [0] * (2 * max_len - len(ids)) + ids
    return ids[-max_len:]


class Collator:
    def __init__(self, max_len=16):
        self.max_len = max_len

    def __call__(self, batch):
        ids = torch.tensor([encode(w, self.max_len) for w, _ in batch])
        return ids, torch.tensor([l for _, l in batch], dtype=torch.float)


class SentimentCNN(nn.Module):
    def __init__(self, vocab_size, dim=24, filters=24):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim, padding_idx=0)
        self.conv = nn.Conv1d(dim, filters, 3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(filters, 1)

    def forward(self, text):
        e = self.embedding(text).transpose(1, 2)
        h = torch.relu(self.conv(e)).max(dim=2).values
        return self.fc(self.dropout(h)).squeeze(1)


collate = Collator()
train_iter = DataLoader([review() for _ in range(1600)], batch_size=32, shuffle=True, collate_fn=collate)
valid_iter = DataLoader([review() for _ in range(400)], batch_size=100, collate_fn=collate)
model = SentimentCNN(len(vocab) + 1)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.BCEWithLogitsLoss()


def evaluate():
    model.eval()
    with torch.no_grad():
        hits = sum(((model(t) > 0).float() == l).sum().item() for t, l in valid_iter)
    return hits / 400


for epoch in range(8):
    model.train()
    epoch_loss = 0
    for text, label in train_iter:
        optimizer.zero_grad()
        loss = criterion(model(text), label)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print(f"Epoch: {epoch + 1:02} | Train Loss: {epoch_loss / len(train_iter):.3f} | Val. Acc: {evaluate() * 100:.2f}%")
print(f"FINAL accuracy={evaluate():.4f}")
