import os
import random

import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

FILLER = "please could you now just maybe kindly the a my for me".split()
INTENTS = {
    "none": "hello thanks okay bye nothing sorry great wonderful".split(),
    "lights": "lamp light bulb dim brighten bedroom".split(),
    "music": "song play album louder band radio".split(),
    "timer": "minutes alarm wake countdown timer hour".split(),
}
LABELS = list(INTENTS)
words = FILLER + [w for ws in INTENTS.values() for w in ws]
vocab = {w: i + 1 for i, w in enumerate(words)}


def utterance():
    label = random.choices(range(4), weights=[5, 2, 2, 2])[0]
    tokens = random.choices(FILLER, k=random.randint(3, 6)) + random.choices(INTENTS[LABELS[label]], k=random.randint(1, 2))
    random.shuffle(tokens)
    return [vocab[t] for t in tokens], label


def batch(samples):
    width = max(len(t) for t, _ in samples)
    ids = torch.zeros(len(samples), width, dtype=torch.long)
    for row, (tokens, _) in enumerate(samples):
        ids[row, :len(tokens)] = torch.tensor(tokens)
    return ids, torch.tensor([label for _, label in samples])


class IntentReader(nn.Module):
    def __init__(self, n_words, dim=24, hidden=32):
        super().__init__()
        self.embed = nn.Embedding(n_words + 1, dim, padding_idx=0)
        self.gru = nn.GRU(dim, hidden, batch_first=True, bidirectional=True)
        self.classify = nn.Linear(2 * hidden, len(LABELS))

    def forward(self, ids):
        states, _ = self.gru(self.embed(ids))
        states = states.masked_fill((ids == 0).unsqueeze(-1), -1e4)
        return self.classify(states.max(dim=1).values)


PAD = 0
model = IntentReader(len(vocab))
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train, test = [utterance() for _ in range(2000)], [utterance() for _ in range(500)]

for epoch in range(6):
    random.shuffle(train)
    losses = []
    for i in range(0, len(train), 25):
        ids, labels = batch(train[i:i + 25])
        loss = criterion(model(ids), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1} loss {sum(losses) / len(losses):.4f}")

model.eval()
with torch.no_grad():
    ids, labels = batch(test)
    accuracy = (model(ids).argmax(1) == labels).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
