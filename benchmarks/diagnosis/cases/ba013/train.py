import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 3, padding=1), nn.Tanh(),
        )
        self.classifier = nn.Sequential(nn.Linear(256, 84), nn.Tanh(), nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    d = load_digits()
    x = torch.tensor((d.images - 4.88) / 6.02, dtype=torch.float32)[:, None]
    y = torch.tensor(d.target)
    x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=0.25, stratify=y, random_state=0)
    trainloader = DataLoader(TensorDataset(x_tr, y_tr), batch_size=32, shuffle=True)
    testloader = DataLoader(TensorDataset(x_te, y_te), batch_size=128)

    net = LeNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.1)

    for epoch in range(20):
        net.train()
        train_loss, correct, total = 0, 0, 0
        for inputs, targets in trainloader:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            scheduler.step()
            train_loss += loss.item()
            correct += outputs.argmax(1).eq(targets).sum().item()
            total += targets.size(0)
        net.eval()
        test_correct = 0
        with torch.no_grad():
            for inputs, targets in testloader:
                test_correct += net(inputs).argmax(1).eq(targets).sum().item()
        print(f"[{epoch:2d}] loss {train_loss / len(trainloader):.3f} | train {correct / total:.3f} | test {test_correct / len(y_te):.3f}")
    print(f"FINAL accuracy={test_correct / len(y_te):.4f}")


main()
