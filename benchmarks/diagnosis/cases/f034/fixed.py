import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


class DigitImages(Dataset):
    """Grey images as uint8, as they come out of a PNG file."""

    def __init__(self, images, labels):
        self.images = np.round(images / 16 * 255).astype(np.uint8)
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index]).float() / 255 - 0.3
        return image, int(self.labels[index])


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.stack = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x):
        return self.stack(self.flatten(x))


def train(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 20 == 0:
            print(f"loss: {loss.item():>7f}  [{(batch + 1) * len(X):>5d}/{size:>5d}]")


def test(dataloader, model):
    model.eval()
    correct = 0
    with torch.no_grad():
        for X, y in dataloader:
            correct += (model(X).argmax(1) == y).sum().item()
    return correct / len(dataloader.dataset)


bunch = load_digits()
order = rng.permutation(len(bunch.target))
training_data = DigitImages(bunch.images[order[:1300]], bunch.target[order[:1300]])
test_data = DigitImages(bunch.images[order[1300:]], bunch.target[order[1300:]])
model = NeuralNetwork()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for t in range(8):
    print(f"Epoch {t + 1}\n-------------------------------")
    train(DataLoader(training_data, batch_size=32, shuffle=True), model, loss_fn, optimizer)
print(f"FINAL accuracy={test(DataLoader(test_data, batch_size=100), model):.4f}")
