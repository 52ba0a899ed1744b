import copy
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def stripes(n):
    """Grey 20x20 photographs of stripes: horizontal, vertical, two diagonals."""
    kinds = np.random.randint(0, 4, n)
    r, c = np.mgrid[:20, :20]
    out = np.empty((n, 1, 20, 20), dtype=np.float32)
    for i, k in enumerate(kinds):
        axis = [r, c, r + c, r - c][k]
        wave = np.sin(axis * np.random.uniform(0.7, 1.4) + np.random.uniform(0, 6.28))
        out[i, 0] = 120 + 25 * wave + np.random.normal(0, 30, (20, 20))
    return TensorDataset(torch.from_numpy(out.clip(0, 255)), torch.from_numpy(kinds))


image_datasets = {"train": stripes(1200), "val": stripes(400)}
dataloaders = {k: DataLoader(d, batch_size=32, shuffle=True) for k, d in image_datasets.items()}
dataset_sizes = {k: len(d) for k, d in image_datasets.items()}


def conv_bn(cin, cout, stride):
    return [nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]


model = nn.Sequential(
    *conv_bn(1, 12, 2), *conv_bn(12, 24, 1), *conv_bn(24, 24, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(96, 4)
)


def train_model(model, criterion, optimizer, scheduler, num_epochs=6):
    since = time.time()
    best_acc, best_wts = 0.0, copy.deepcopy(model.state_dict())
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            is_training = phase == "train"
            model.train(is_training)
            running_loss, running_corrects = 0.0, 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += (outputs.argmax(1) == labels).sum().item()
            if phase == "train":
                scheduler.step()
            acc = running_corrects / dataset_sizes[phase]
            print(f"{epoch} {phase} Loss: {running_loss / dataset_sizes[phase]:.4f} Acc: {acc:.4f}")
            if phase == "val" and acc > best_acc:
                best_acc, best_wts = acc, copy.deepcopy(model.state_dict())
    print(f"Training complete in {time.time() - since:.0f}s")
    model.load_state_dict(best_wts)
    return model


optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
model = train_model(model, nn.CrossEntropyLoss(), optimizer, lr_scheduler.StepLR(optimizer, 4, gamma=0.1))

model.eval()
test = stripes(500)
with torch.no_grad():
    acc = (model(test.tensors[0]).argmax(1) == test.tensors[1]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
