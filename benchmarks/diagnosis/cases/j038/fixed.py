import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

digits = load_digits()
dataset = TensorDataset(torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target))
train_set, test_set = random_split(dataset, [1347, 450], generator=torch.Generator().manual_seed(0))


def get_train_loader():
    g = torch.Generator().manual_seed(SEED)  # reproducible
    return DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True, generator=g)


class SmallConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.ELU())
        self.conv = nn.Sequential(nn.Conv2d(24, 32, 3, stride=2, padding=1), nn.ELU(), nn.Conv2d(32, 32, 3, stride=2, padding=1), nn.ELU())
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        return self.fc(self.conv(self.stem(x)).flatten(1))


class Trainer:
    def __init__(self, model, lr=1e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.CrossEntropyLoss()
        self.iterator = None

    def next_batch(self):
        try:
            return next(self.iterator)
        except (TypeError, StopIteration):
            self.iterator = iter(self.loader)
            return next(self.iterator)

    def fit(self, iterations):
        self.loader = get_train_loader()
        self.model.train()
        for it in range(1, iterations + 1):
            images, labels = self.next_batch()
            self.optimizer.zero_grad()
            loss = self.loss(self.model(images), labels)
            loss.backward()
            self.optimizer.step()
            if it % 50 == 0:
                print(f"iter {it:4d} loss {loss.item():.5f} test accuracy {self.score():.4f}")

    @torch.no_grad()
    def score(self):
        self.model.eval()
        hits = sum((self.model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, batch_size=150))
        self.model.train()
        return hits / len(test_set)


trainer = Trainer(SmallConvNet())
trainer.fit(400)
print(f"FINAL accuracy={trainer.score():.4f}")
