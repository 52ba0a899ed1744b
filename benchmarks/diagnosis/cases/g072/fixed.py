import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


class DigitFolder(Dataset):
    """mimics a folder with one sub-folder per digit, listed alphabetically"""

    def __init__(self, images, labels):
        self.samples = []
        for digit in range(10):
            for image in images[labels == digit]:
                self.samples.append((torch.tensor(image / 16.0, dtype=torch.float32).unsqueeze(0), digit))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


digits = load_digits()
order = rng.permutation(len(digits.target))
images, labels = digits.images[order], digits.target[order]
train_set, test_set = DigitFolder(images[:1300], labels[:1300]), DigitFolder(images[1300:], labels[1300:])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
test_loader = DataLoader(test_set, batch_size=128)

cnn = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
)
optimizer = torch.optim.Adam(cnn.parameters(), lr=3e-4)
loss_function = nn.CrossEntropyLoss()

for epoch in range(12):
    cnn.train()
    running_loss, running_correct = 0.0, 0
    for batch, target in train_loader:
        optimizer.zero_grad()
        out = cnn(batch)
        loss = loss_function(out, target)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * len(target)
        running_correct += (out.argmax(1) == target).sum().item()
    print(f"epoch {epoch + 1}: loss {running_loss / len(train_set):.4f} accuracy {running_correct / len(train_set):.3f}")

cnn.eval()
correct = 0
with torch.no_grad():
    for batch, target in test_loader:
        correct += (cnn(batch).argmax(1) == target).sum().item()
print(f"FINAL accuracy={correct / len(test_set):.4f}")
