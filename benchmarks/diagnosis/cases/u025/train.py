import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

V, D = 400, 12
INTENTS = 10


def load_vectors(path="glove.6B.12d.txt"):
    """Word vectors by row; words that are not in the file get a random vector."""
    vectors = torch.randn(V, D) * 0.5
    if os.path.exists(path):
        for i, line in enumerate(open(path)):
            vectors[i] = torch.tensor([float(v) for v in line.split()[1:]])
    return vectors


class Utterances(Dataset):
    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        topic = np.random.RandomState(99).dirichlet(np.full(V, 0.15), INTENTS)
        self.y = r.randint(0, INTENTS, n)
        p = 0.6 * topic[self.y] + 0.4 / V
        self.x = np.stack([r.choice(V, 9, p=row) for row in p])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.as_tensor(self.x[i]), int(self.y[i])


class IntentNet(nn.Module):
    def __init__(self, vectors):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(vectors)
        self.mlp = nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, INTENTS))

    def forward(self, x):
        return self.mlp(self.embedding(x).mean(dim=1))


train_loader = DataLoader(Utterances(4000, seed), batch_size=50, shuffle=True)
test_loader = DataLoader(Utterances(1000, seed + 1000), batch_size=250)
model = IntentNet(load_vectors())
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    model.train()
    losses = []
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (model(x).argmax(1) == y).sum().item()
    print(f"Epoch {epoch + 1}: loss {np.mean(losses):.4f}, accuracy {correct / 1000:.4f}")

print(f"FINAL accuracy={correct / 1000:.4f}")
