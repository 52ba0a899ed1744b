import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

TAGS, WORDS, LENGTH = 10, 300, 24
topics = np.stack([rng.choice(WORDS, 14, replace=False) for _ in range(TAGS)])


def articles(n):
    docs = rng.integers(0, WORDS, (n, LENGTH))
    tags = (rng.random((n, TAGS)) < 0.04).astype(np.float32)
    for i in range(n):
        for t in np.flatnonzero(tags[i]):
            places = rng.choice(LENGTH, 4, replace=False)
            docs[i, places] = rng.choice(topics[t], 4)
    return torch.from_numpy(docs), torch.from_numpy(tags)


class TagNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.EmbeddingBag(WORDS, 48, mode="mean")
        self.hidden = nn.Linear(48, 64)
        self.tags = nn.Linear(64, TAGS)

    def forward(self, docs):
        return self.tags(torch.relu(self.hidden(self.words(docs))))


train_docs, train_tags = articles(2500)
test_docs, test_tags = articles(1500)
net = TagNet()
criterion = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(12):
    net.train()
    losses = []
    for docs, tags in DataLoader(TensorDataset(train_docs, train_tags), batch_size=32, shuffle=True):
        opt.zero_grad()
        loss = criterion(net(docs), tags)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch} loss {np.mean(losses):.4f}")

net.eval()
with torch.no_grad():
    guess = (torch.sigmoid(net(test_docs)) > 0.5).float()
hit = (guess * test_tags).sum(0) / test_tags.sum(0)
reject = ((1 - guess) * (1 - test_tags)).sum(0) / (1 - test_tags).sum(0)
print(f"FINAL balanced_accuracy={((hit + reject) / 2).mean().item():.4f}")
