import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

vocab_size, seq_len, n_classes = 200, 16, 8
family = np.random.RandomState(99).randint(0, 12, vocab_size)
rule = np.random.RandomState(98).randn(12, n_classes)


def corpus(n):
    docs = rng.randint(0, vocab_size, (n, seq_len))
    score = rule[family[docs]].sum(1) + 0.8 * rng.randn(n, n_classes)
    return torch.from_numpy(docs), torch.from_numpy(score.argmax(1))


class DocClassifier(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_dim, n_classes):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.expand = nn.Linear(embedding_dim, hidden_dim)
        self.mix = nn.Linear(hidden_dim, hidden_dim)
        self.out = nn.Linear(hidden_dim, n_classes)

    def forward(self, docs):
        h = torch.relu(self.expand(self.embedding(docs)))
        h = h.mean(dim=1)
        return self.out(torch.relu(self.mix(h)))


model = DocClassifier(vocab_size, 1, 256, n_classes)
train_loader = DataLoader(TensorDataset(*corpus(3000)), batch_size=64, shuffle=True)
test_docs, test_labels = corpus(1000)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(10):
    model.train()
    total_loss = 0
    for docs, labels in train_loader:
        model.zero_grad()
        loss = criterion(model(docs), labels)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    print(f"Epoch {epoch + 1}: loss {total_loss / len(train_loader):.4f}")

model.eval()
with torch.no_grad():
    accuracy = (model(test_docs).argmax(1) == test_labels).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
