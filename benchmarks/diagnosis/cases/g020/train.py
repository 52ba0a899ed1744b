import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.skip = nn.Conv2d(i, o, 1, stride, bias=False)

    def forward(self, x):
        h = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(h)) + self.skip(x))


class SmallResNet(nn.Module):
    def __init__(self, num_classes=1000, pretrained=False, weights="resnet_small.pt"):
        super().__init__()
        self.layer1 = BasicBlock(1, 12, 1)
        self.layer2 = BasicBlock(12, 24, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(24, num_classes)
        if pretrained:
            self.load_state_dict(torch.load(weights))

    def forward(self, x):
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(x, 1))


def set_parameter_requires_grad(model, feature_extracting):
    if feature_extracting:
        for param in model.parameters():
            param.requires_grad = False


def initialize_model(num_classes, feature_extract, use_pretrained):
    model = SmallResNet(pretrained=use_pretrained)
    set_parameter_requires_grad(model, feature_extract)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def draw(n, size=16):
    labels = np.random.randint(0, 6, n)
    images = 0.25 * np.random.randn(n, 1, size, size)
    for i, c in enumerate(labels):
        r, s = np.random.randint(4, size - 4, 2)
        k = np.random.randint(2, 4)
        box = images[i, 0, r - k:r + k + 1, s - k:s + k + 1]
        m = 2 * k + 1
        if c == 0:
            box[[0, -1], :] += 1
            box[:, [0, -1]] += 1
        elif c == 1:
            box[k, :] += 1
            box[:, k] += 1
        elif c == 2:
            box[np.arange(m), np.arange(m)] += 1
            box[np.arange(m), m - 1 - np.arange(m)] += 1
        elif c == 3:
            box[0, :] += 1
            box[:, k] += 1
        elif c == 4:
            box[-1, :] += 1
            box[:, 0] += 1
        else:
            box[[0, k, -1], :] += 1
    return torch.tensor(images, dtype=torch.float32), torch.tensor(labels)


def train_model(model, loader, criterion, optimizer, num_epochs):
    for epoch in range(num_epochs):
        model.train()
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += (outputs.argmax(1) == labels).sum().item()
        size = len(loader.dataset)
        print(f"Epoch {epoch} train Loss: {running_loss / size:.4f} Acc: {running_corrects / size:.4f}")


model = initialize_model(num_classes=6, feature_extract=True, use_pretrained=False)
train_loader = DataLoader(TensorDataset(*draw(1200)), batch_size=32, shuffle=True)
params_to_update = [p for p in model.parameters() if p.requires_grad]
optimizer = optim.SGD(params_to_update, lr=0.05, momentum=0.9)
train_model(model, train_loader, nn.CrossEntropyLoss(), optimizer, num_epochs=6)

model.eval()
x, y = draw(400)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
