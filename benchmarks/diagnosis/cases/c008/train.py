import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset


def build_model():
    def conv(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))

    return nn.Sequential(conv(1, 16), conv(16, 32), nn.MaxPool2d(2), conv(32, 32),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def evaluate(model, loader):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
            seen += len(y)
    return right / seen


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    np.random.seed(seed)
    images, labels = load_digits(return_X_y=True)
    images = ((images - images.mean()) / images.std()).reshape(-1, 1, 8, 8).astype(np.float32)
    xa, xb, ya, yb = train_test_split(images, labels, test_size=400, random_state=seed, stratify=labels)
    train = DataLoader(TensorDataset(torch.from_numpy(xa), torch.from_numpy(ya)), batch_size=64, shuffle=True, drop_last=True)
    test = DataLoader(TensorDataset(torch.from_numpy(xb), torch.from_numpy(yb)), batch_size=200)

    model = build_model()
    epochs = 8
    opt = torch.optim.SGD(model.parameters(), lr=0.012, momentum=0.9, nesterov=True, weight_decay=5e-4)
    sched = OneCycleLR(opt, max_lr=0.3, total_steps=epochs * len(train))
    lossf = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        for x, y in train:
            opt.zero_grad()
            loss = lossf(model(x), y)
            loss.backward()
            opt.step()
            sched.step()
        print(f"epoch {epoch + 1}/{epochs} lr {sched.get_last_lr()[0]:.4f} loss {loss.item():.3f} acc {evaluate(model, test):.3f}")
    print(f"FINAL accuracy={evaluate(model, test):.4f}")


if __name__ == "__main__":
    main()
