import os

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split


class DigitImages(Dataset):
    def __init__(self, transform=None):
        digits = load_digits()
        self.images = (digits.images / 16.0).astype(np.float32)
        self.labels = digits.target
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.labels[index])


def to_tensor(image):
    return torch.from_numpy(image).unsqueeze(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    data = DigitImages(transform=to_tensor)
    train_set, test_set = random_split(data, [1400, len(data) - 1400], generator=torch.Generator().manual_seed(4))
    trainloader = DataLoader(train_set, batch_size=32, shuffle=True)
    testloader = DataLoader(test_set, batch_size=128)
    net = Net()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(12):
        running_loss = 0.0
        for inputs, labels in trainloader:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        print("[%d] loss: %.3f" % (epoch + 1, running_loss / len(trainloader)))
    correct = total = 0
    with torch.no_grad():
        for inputs, labels in testloader:
            predicted = net(inputs).max(1)[1]
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    print("FINAL accuracy=%.4f" % (correct / total))


if __name__ == "__main__":
    main()
