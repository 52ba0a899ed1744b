import os
import copy
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class Residual(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.skip = nn.Conv2d(cin, cout, 1, stride, bias=False)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(h)) + self.skip(x))


class TinyResNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.layer1 = Residual(8, 12, 2)
        self.layer2 = Residual(12, 16, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def textures(n, s=16):
    """gratings of eight orientations"""
    y = np.random.randint(0, 8, n)
    angle = y * np.pi / 8 + np.random.normal(0, 0.06, n)
    freq = np.random.uniform(0.8, 1.3, n)
    phase = np.random.uniform(0, 2 * np.pi, n)
    yy, xx = np.mgrid[:s, :s]
    wave = np.cos(angle)[:, None, None] * xx + np.sin(angle)[:, None, None] * yy
    img = np.sin(freq[:, None, None] * wave + phase[:, None, None]) + np.random.normal(0, 0.5, (n, s, s))
    return torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(y)


data = {"train": textures(1600), "val": textures(500)}


def train_model(model, criterion, optimizer, scheduler, num_epochs):
    best_acc, best = 0.0, copy.deepcopy(model.state_dict())
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            model.train(phase == "train")
            x, y = data[phase]
            running_loss, running_corrects = 0.0, 0
            for idx in torch.randperm(len(x)).split(32):
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(x[idx])
                    loss = criterion(outputs, y[idx])
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * len(idx)
                running_corrects += (outputs.argmax(1) == y[idx]).sum().item()
            if phase == "train":
                scheduler.step()
            acc = running_corrects / len(x)
            print(f"{epoch} {phase} Loss: {running_loss / len(x):.4f} Acc: {acc:.4f}")
            if phase == "val" and acc > best_acc:
                best_acc, best = acc, copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return best_acc


model_ft = TinyResNet(8)
criterion = nn.CrossEntropyLoss()
optimizer_ft = optim.SGD(model_ft.parameters(), lr=0.02, momentum=0.9)
exp_lr_scheduler = lr_scheduler.StepLR(optimizer_ft, step_size=4, gamma=0.3)
print(f"FINAL accuracy={train_model(model_ft, criterion, optimizer_ft, exp_lr_scheduler, 6):.4f}")
