import os
import numpy as np
import torch
from torch import nn
from sklearn.datasets import load_digits


class Network(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(b, a)) for a, b in zip(sizes[:-1], sizes[1:])])
        self.biases = nn.ParameterList([nn.Parameter(torch.randn(b)) for b in sizes[1:]])

    def forward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = torch.sigmoid(a @ w.T + b)
        return a


def evaluate(net, x, labels):
    with torch.no_grad():
        return (net(x).argmax(1) == labels).float().mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    bunch = load_digits()
    order = np.random.RandomState(seed).permutation(len(bunch.target))
    x = torch.tensor(bunch.data[order] / 16, dtype=torch.float32)
    labels = torch.tensor(bunch.target[order])
    y = torch.eye(10)[labels]

    net = Network([64, 40, 10])
    eta, mini_batch = 3.0, 10
    optimizer = torch.optim.SGD(net.parameters(), lr=eta)
    for epoch in range(30):
        for rows in torch.randperm(1400).split(mini_batch):
            out = net(x[rows])
            # quadratic cost of the book: half the squared distance, averaged over the batch
            cost = 0.5 * ((out - y[rows]) ** 2).sum(dim=1).mean()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
        if epoch % 5 == 0:
            print(f"Epoch {epoch}: {evaluate(net, x[1400:], labels[1400:]):.4f}")
    print(f"FINAL accuracy={evaluate(net, x[1400:], labels[1400:]):.4f}")


if __name__ == "__main__":
    main()
