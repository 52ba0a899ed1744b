import os

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

MICRO, ACCUM, EPOCHS = 4, 4, 8


def loaders():
    X, y = load_breast_cancer(return_X_y=True)
    Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=2)
    s = StandardScaler().fit(Xa)
    ds = lambda X, y: TensorDataset(torch.tensor(s.transform(X)).float(), torch.tensor(y))
    return DataLoader(ds(Xa, ya), batch_size=MICRO, shuffle=True), DataLoader(ds(Xb, yb), batch_size=171)


def main():
    set_seed(int(os.environ.get("SEED", 0)))
    accelerator = Accelerator(gradient_accumulation_steps=ACCUM, cpu=True)
    model = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    train_dl, test_dl = loaders()
    model, optimizer, train_dl, test_dl = accelerator.prepare(model, optimizer, train_dl, test_dl)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(EPOCHS):
        model.train()
        for x, y in train_dl:
            with accelerator.accumulate(model):
                loss = criterion(model(x), y)
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
        model.eval()
        hits = n = 0
        with torch.no_grad():
            for x, y in test_dl:
                hits += (model(x).argmax(1) == y).sum().item()
                n += len(y)
        accelerator.print(f"epoch {epoch}: accuracy {hits / n:.4f}")
    accelerator.print(f"FINAL accuracy={hits / n:.4f}")


if __name__ == "__main__":
    main()
