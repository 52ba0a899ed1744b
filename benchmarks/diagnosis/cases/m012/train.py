import argparse
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.utils import shuffle


def load(seed):
    X, y = load_digits(return_X_y=True)
    X, y = shuffle(X, y, random_state=seed)
    X = torch.tensor(X, dtype=torch.float32)
    y = torch.tensor(y)
    return (X[:1300], y[:1300]), (X[1300:], y[1300:])


def build(h1=50):
    return nn.Sequential(
        nn.Linear(64, 64),
        nn.Linear(64, h1),
        nn.ReLU(),
        nn.Linear(h1, 10),
        nn.Sigmoid(),
    )


def main():
    args = argparse.Namespace(batch_size=32, epochs=60, alpha=0.0001, weight_decay=0.0)
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    (x_train, y_train), (x_test, y_test) = load(seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.alpha, weight_decay=args.weight_decay)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        model.train()
        for b in range(0, len(x_train), args.batch_size):
            optimizer.zero_grad()
            out = model(x_train[b:b + args.batch_size])
            loss = criterion(out, y_train[b:b + args.batch_size])
            loss.backward()
            optimizer.step()
        if (epoch + 1) % 10 == 0:
            model.eval()
            with torch.no_grad():
                train_acc = (model(x_train).argmax(1) == y_train).float().mean()
            print(f"epoch {epoch + 1} loss {loss.item():.4f} train accuracy {train_acc.item():.3f}")
    model.eval()
    with torch.no_grad():
        test_acc = (model(x_test).argmax(1) == y_test).float().mean()
    print(f"FINAL accuracy={test_acc.item():.4f}")


if __name__ == "__main__":
    main()
