import os
import numpy as np
import torch
from torch import nn
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

digits = load_digits()
x = (digits.data / 16.0).astype("float32")
one_hot = np.eye(10, dtype="float32")[digits.target]
order = np.random.permutation(len(x))
x, one_hot = torch.from_numpy(x[order]), torch.from_numpy(one_hot[order])
x_train, y_train, x_test, y_test = x[:1400], one_hot[:1400], x[1400:], one_hot[1400:]


class Network(nn.Module):
    """The network of chapter one: sizes are given as a list, e.g. [64, 30, 10]."""

    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        for layer in self.layers:
            nn.init.normal_(layer.weight, 0.0, 1.0)
            nn.init.normal_(layer.bias, 0.0, 1.0)

    def forward(self, a):
        for layer in self.layers:
            a = torch.sigmoid(layer(a))
        return a

    def sgd(self, x, y, epochs, mini_batch_size, eta):
        opt = torch.optim.SGD(self.parameters(), lr=eta)
        for j in range(epochs):
            for idx in torch.randperm(len(x)).split(mini_batch_size):
                opt.zero_grad()
                cost = ((self(x[idx]) - y[idx]) ** 2).mean()
                cost.backward()
                opt.step()
            if j % 5 == 0:
                print(f"Epoch {j}: cost {cost.item():.4f}, {self.evaluate(x_test, y_test)} of {len(x_test)}")

    @torch.no_grad()
    def evaluate(self, x, y):
        return int((self(x).argmax(1) == y.argmax(1)).sum())


net = Network([64, 30, 10])
net.sgd(x_train, y_train, 30, 10, 3.0)
print(f"FINAL accuracy={net.evaluate(x_test, y_test) / len(x_test):.4f}")
