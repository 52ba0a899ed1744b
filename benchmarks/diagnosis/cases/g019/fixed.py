import os
import random
import torch
from torch import nn
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)
V, T, LABELS = 30, 18, 4


def tagged(n):
    """the label of a token depends on its own group and on those of its two neighbours"""
    x = torch.randint(0, V, (n, T))
    g = (x * 7 + 3) % V // 10
    left, right = torch.roll(g, 1, 1), torch.roll(g, -1, 1)
    left[:, 0] = 0
    right[:, -1] = 0
    y = (g * left + 2 * right + (left == right).long()) % LABELS
    return x, y


class ConvTagger(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embedding = nn.Embedding(V, dim)
        self.context = nn.Conv1d(dim, 32, 3, padding=1)
        self.mixer = nn.Conv1d(32, 32, 1)
        self.fc = nn.Linear(32, LABELS)

    def forward(self, x):
        h = self.embedding(x).transpose(1, 2)
        h = F.relu(self.context(h))
        h = F.relu(self.mixer(h))
        return self.fc(h.transpose(1, 2))


class Trainer:
    def __init__(self, model, data, lr=3e-3, epochs=12, batch_size=50):
        self.model, self.data = model, data
        self.epochs, self.batch_size = epochs, batch_size
        self.optimizer = self.build_optimizer(lr)

    def build_optimizer(self, lr):
        groups = []
        params = {"lr": lr, "weight_decay": 0.0}
        params["params"] = [p for name, p in self.model.named_parameters() if "embedding" in name]
        groups.append(params)
        params = {"lr": lr, "weight_decay": 1e-3}
        params["params"] = []
        for name, p in self.model.named_parameters():
            if name.startswith("context") or name.startswith("mixer"):
                params["params"].append(p)
        groups.append(params)
        params = {"lr": lr, "weight_decay": 1e-3}
        params["params"] = [p for name, p in self.model.named_parameters() if name.startswith("fc")]
        groups.append(params)
        return torch.optim.AdamW(groups)

    def fit(self):
        x, y = self.data
        for epoch in range(self.epochs):
            total = 0.0
            for idx in torch.randperm(len(x)).split(self.batch_size):
                self.optimizer.zero_grad()
                loss = F.cross_entropy(self.model(x[idx]).flatten(0, 1), y[idx].flatten())
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(idx)
            print(f"epoch {epoch + 1}: {total / len(x):.4f}")

    @torch.no_grad()
    def evaluate(self, x, y):
        return (self.model(x).argmax(-1) == y).float().mean().item()


trainer = Trainer(ConvTagger(), tagged(1500))
trainer.fit()
print(f"FINAL accuracy={trainer.evaluate(*tagged(500)):.4f}")
