import os
from collections import OrderedDict
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)


def stem():
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten())


class Recognizer(nn.Module):
    def __init__(self, backbone, classes=5, width=6):
        super().__init__()
        self.backbone = backbone
        self.neck = nn.Sequential(OrderedDict(reduce=nn.Linear(512, width), act=nn.ReLU(),
                                              mix=nn.Linear(width, width), act2=nn.ReLU()))
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.neck(self.backbone(x)))


def layerwise_groups(model, table):
    """One optimizer group for each prefix in `table`."""
    groups = []
    for prefix, lr in table.items():
        params = [p for n, p in model.named_parameters() if n.startswith(prefix)]
        groups.append({"params": params, "lr": lr, "name": prefix})
    return groups


def run_epochs(model, opt, x, y, epochs, batch=32, tag=""):
    for e in range(epochs):
        model.train()
        for idx in torch.randperm(len(x)).split(batch):
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
        if e % 5 == 0:
            print(f"{tag} epoch {e} loss {loss.item():.4f}")


# stage 1: digits 0-4
low = y < 5
pre = nn.Sequential(stem(), nn.Linear(512, 5))
run_epochs(pre, torch.optim.Adam(pre.parameters(), lr=1e-3), X[low], y[low], 8, tag="pretrain")

# stage 2: transfer to digits 5-9
Xt, yt = X[~low], y[~low] - 5
x_tr, x_te, y_tr, y_te = train_test_split(Xt, yt, test_size=0.4, random_state=SEED, stratify=yt)
model = Recognizer(pre[0])
optimizer = torch.optim.AdamW(layerwise_groups(model, {"backbone": 1e-5, "neck": 3e-3, "head": 3e-3}), weight_decay=0.01)
run_epochs(model, optimizer, x_tr, y_tr, 40, tag="transfer")

model.eval()
with torch.no_grad():
    acc = (model(x_te).argmax(1) == y_te).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
