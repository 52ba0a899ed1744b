import os

import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class LeakDetector(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)


def prepare():
    X, y = make_classification(6000, 16, n_informative=7, n_redundant=2, weights=[0.9], class_sep=0.9, flip_y=0.01, random_state=SEED + 5)
    Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
    s = StandardScaler().fit(Xa)
    f = lambda a: torch.tensor(a, dtype=torch.float32)
    return f(s.transform(Xa)), f(s.transform(Xb)), f(ya), yb


def train(model, loader, criterion, optimizer, epochs):
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"epoch {epoch + 1:2d} weighted loss {running / len(loader):.4f}")


if __name__ == "__main__":
    Xa, Xb, ya, yb = prepare()
    positives = ya.sum()
    negatives = len(ya) - positives
    print(f"{int(positives)} leaks in {len(ya)} readings")
    model = LeakDetector(Xa.shape[1])
    criterion = nn.BCEWithLogitsLoss(pos_weight=positives / negatives)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.5e-3)
    train(model, DataLoader(TensorDataset(Xa, ya), batch_size=64, shuffle=True), criterion, optimizer, 10)
    model.eval()
    with torch.no_grad():
        pred = (model(Xb) > 0).numpy()
    print(f"FINAL balanced_accuracy={balanced_accuracy_score(yb, pred):.4f}")
