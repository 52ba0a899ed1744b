import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def clothes(n, size=16):
    """grey outlines: shirt, trousers, dress, bag, boot, hat"""
    X, y = torch.zeros(n, 1, size, size), torch.randint(0, 6, (n,))
    for i, c in enumerate(y.tolist()):
        a, b = torch.randint(-1, 2, (2,)).tolist()
        s = 0.5 + 0.5 * torch.rand(1).item()
        im = torch.zeros(size, size)
        if c == 0:
            im[3:13, 5:11] = s
            im[3:6, 2:14] = s
        elif c == 1:
            im[2:14, 4:7] = s
            im[2:14, 9:12] = s
            im[2:5, 4:12] = s
        elif c == 2:
            im[2:14, 6:10] = s
            im[8:14, 4:12] = s
        elif c == 3:
            im[6:13, 3:13] = s
            im[3:6, [5, 10]] = s
        elif c == 4:
            im[2:13, 4:8] = s
            im[10:13, 4:13] = s
        else:
            im[5:9, 5:11] = s
            im[9:11, 2:14] = s
        X[i, 0] = torch.roll(im, (a, b), (0, 1))
    return (X + 0.3 * torch.randn_like(X)).clamp(0, 1), y


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(16 * 16, 256), nn.ReLU(),
            nn.Linear(256, 256), nn.ReLU(),
            nn.Linear(256, 6),
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


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


training_data, test_data = TensorDataset(*clothes(3000)), TensorDataset(*clothes(800))
train_dataloader = DataLoader(training_data, batch_size=64, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=64)
model = NeuralNetwork()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

for t in range(5):
    print(f"Epoch {t + 1}")
    train(train_dataloader, model, loss_fn, optimizer)
    print(f"test accuracy {test(test_dataloader, model):.3f}")
print(f"FINAL accuracy={test(test_dataloader, model):.4f}")
