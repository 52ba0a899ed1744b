import os
import random
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)

VOCAB = 20000
N_TOPICS = 6
zipf = 1.0 / np.arange(5, VOCAB + 5)
zipf /= zipf.sum()
world = np.random.RandomState(99)
topic_words = [world.choice(np.arange(200, 4000), 150, replace=False) for _ in range(N_TOPICS)]


def document():
    t = random.randrange(N_TOPICS)
    n = random.randint(15, 40)
    words = np.random.choice(VOCAB, n, p=zipf)
    k = max(3, int(0.25 * n))
    words[:k] = np.random.choice(topic_words[t], k)
    np.random.shuffle(words)
    return words, t


def collate(docs):
    offsets = np.cumsum([0] + [len(w) for w, _ in docs[:-1]])
    text = torch.from_numpy(np.concatenate([w for w, _ in docs]))
    return text, torch.from_numpy(offsets), torch.tensor([t for _, t in docs])


train_docs = [document() for _ in range(2500)]
test_docs = [document() for _ in range(500)]
loader = torch.utils.data.DataLoader(train_docs, batch_size=50, shuffle=True, collate_fn=collate)


class TopicModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(VOCAB, 32, mode="mean", sparse=True)
        self.fc = nn.Linear(32, N_TOPICS)

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


model = TopicModel()
opt_sparse = torch.optim.SparseAdam(model.embedding.parameters(), lr=2e-2)
opt_dense = torch.optim.Adam(model.fc.parameters(), lr=5e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(8):
    total = 0
    for text, offsets, topic in loader:
        opt_sparse.zero_grad()
        opt_dense.zero_grad()
        loss = loss_fn(model(text, offsets), topic)
        loss.backward()
        opt_sparse.step()
        opt_dense.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / len(loader), 4))

model.eval()
with torch.no_grad():
    text, offsets, topic = collate(test_docs)
    acc = (model(text, offsets).argmax(1) == topic).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
