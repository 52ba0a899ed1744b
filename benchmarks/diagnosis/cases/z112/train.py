import copy
import os

import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# crowd labels: three out of ten annotations are wrong, in the held-out part too
X, y = make_classification(n_samples=6000, n_features=16, n_informative=8, n_redundant=2, n_classes=3,
                           n_clusters_per_class=1, class_sep=2.0, flip_y=0.42, random_state=9)
full = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y))
train_set, val_set, test_set = random_split(full, [4000, 800, 1200], generator=torch.Generator().manual_seed(1))
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=400)
test_loader = DataLoader(test_set, batch_size=400)


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.bad, self.state = patience, float("inf"), 0, None

    def update(self, value, model):
        if value < self.best - 1e-4:
            self.best, self.bad, self.state = value, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


def evaluate(model, loader):
    model.eval()
    loss = correct = n = 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += nn.functional.cross_entropy(out, yb, reduction="sum").item()
            correct += (out.argmax(1) == yb).sum().item()
            n += len(yb)
    return loss / n, correct / n


def main():
    model = nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 3))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    stopper = EarlyStopping(patience=6)
    for epoch in range(40):
        model.train()
        for xb, yb in train_loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        val_loss, val_acc = evaluate(model, val_loader)
        print(f"epoch {epoch:02d} val loss {val_loss:.4f} acc {val_acc:.3f}")
        if stopper.update(val_loss, model):
            print("stopped early")
            break
    model.load_state_dict(stopper.state)
    print(f"FINAL accuracy={evaluate(model, test_loader)[1]:.4f}")


main()
