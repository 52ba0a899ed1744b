import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def ring_data(n):
    """Points in the plane: inside the inner ring, between the rings, outside."""
    radius = 2.4 * torch.rand(n).sqrt()
    angle = 2 * math.pi * torch.rand(n)
    label = (radius > 0.9 + 0.15 * torch.sin(3 * angle)).long() + (radius > 1.7).long()
    return torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], 1), label


class Classifier(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.inp = nn.Linear(2, width)
        self.mid = nn.Linear(width, width)
        self.out = nn.Linear(width, 3)

    def forward(self, x):
        x = torch.tanh(self.inp(x))
        x = torch.tanh(self.mid(x))
        return self.out(x)


def train_one_epoch(model, optimizer, batches):
    model.train()
    loss_sum = 0
    for inputs, labels in batches:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = F.cross_entropy(outputs, labels)
        loss.backward()
        loss_sum += loss.detach()
    optimizer.step()
    return loss_sum.item() / len(batches)


x_train, y_train = ring_data(3200)
x_test, y_test = ring_data(1000)
model = Classifier()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(100):
    order = torch.randperm(3200)
    batches = [(x_train[i], y_train[i]) for i in order.split(64)]
    loss = train_one_epoch(model, optimizer, batches)
    if epoch % 10 == 9:
        with torch.no_grad():
            acc = (model(x_test).argmax(1) == y_test).float().mean().item()
        print(f"Epoch {epoch + 1}: loss {loss:.4f}, test accuracy {acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
