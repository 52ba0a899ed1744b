import os

import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

VOCAB, TOPICS, LENGTH = 600, 8, 25
topic_words = rng.dirichlet(np.full(VOCAB, 0.08), TOPICS)
background = np.full(VOCAB, 1 / VOCAB)


def documents(n):
    y = rng.randint(0, TOPICS, n)
    docs = np.stack([rng.choice(VOCAB, LENGTH, p=0.35 * topic_words[k] + 0.65 * background) for k in y])
    return torch.from_numpy(docs), torch.from_numpy(y)


train_docs, train_y = documents(3000)
val_docs, val_y = documents(800)
test_docs, test_y = documents(1500)


class TextModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(VOCAB, 48, mode="mean")
        self.fc1 = nn.Linear(48, 32)
        self.fc2 = nn.Linear(32, TOPICS)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(self.embedding(x))))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


model = TextModel()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
scheduler = ReduceLROnPlateau(optimizer, mode="max", factor=0.1, patience=1)

for epoch in range(30):
    model.train()
    order = torch.randperm(len(train_docs))
    total_loss = 0
    for i in range(0, len(order), 50):
        j = order[i : i + 50]
        optimizer.zero_grad()
        loss = criterion(model(train_docs[j]), train_y[j])
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    val_acc = accuracy(model, val_docs, val_y)
    scheduler.step(val_acc)
    print("Epoch: {} loss: {:.4f} val acc: {:.4f} lr: {}".format(epoch, total_loss / 60, val_acc, optimizer.param_groups[0]["lr"]))

print(f"FINAL accuracy={accuracy(model, test_docs, test_y):.4f}")
