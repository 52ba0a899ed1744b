"""Pre-train a small CNN on the digits 0-4, then fine-tune it on 5-9 with few examples."""
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8).div(16).sub(0.3).div(0.38)
y = torch.tensor(y)
low = torch.where(y < 5)[0]
high = torch.where(y >= 5)[0]
high = high[torch.randperm(len(high))]
source = TensorDataset(X[low], y[low])
target_train = TensorDataset(X[high[:250]], y[high[:250]] - 5)
target_test = TensorDataset(X[high[250:]], y[high[250:]] - 5)


class Net(nn.Module):
    def __init__(self, n_classes: int):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(64, n_classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def run(model, dataset, optimizer, epochs, batch_size, scheduler=None):
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True)
    criterion = nn.CrossEntropyLoss()
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for images, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
        if scheduler is not None:
            scheduler.step()
        print(f"  epoch {epoch + 1}: {total / len(dataset):.4f}")


def test(model, dataset):
    model.eval()
    images, targets = dataset.tensors
    with torch.no_grad():
        return (model(images).argmax(1) == targets).float().mean().item()


model = Net(5)
print("pre-training")
run(model, source, torch.optim.Adam(model.parameters(), lr=1e-3), epochs=6, batch_size=32)
print("source accuracy", test(model, source))

model.head = nn.Linear(64, 5)
optimizer = torch.optim.Adam(
    [
        {"params": model.backbone.parameters(), "lr": 3e-4},
        {"params": model.head.parameters(), "lr": 3e-3},
    ]
)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)
print("fine-tuning")
run(model, target_train, optimizer, epochs=15, batch_size=25, scheduler=scheduler)
print(f"FINAL accuracy={test(model, target_test):.4f}")
