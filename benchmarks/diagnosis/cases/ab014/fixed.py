import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MMDL(nn.Module):
    """Late fusion of an audio-like and a text-like vector."""

    def __init__(self):
        super().__init__()
        self.audio = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.4))
        self.text = nn.Sequential(nn.Linear(30, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.4))
        self.head = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.4), nn.Linear(64, 6))

    def forward(self, a, t):
        return self.head(torch.cat([self.audio(a), self.text(t)], dim=1))


def people(n, g):
    y = torch.randint(0, 6, (n,), generator=g)
    A = torch.randn(6, 20, generator=torch.Generator().manual_seed(1)) * 0.5
    B = torch.randn(6, 30, generator=torch.Generator().manual_seed(2)) * 0.4
    return A[y] + torch.randn(n, 20, generator=g), B[y] + torch.randn(n, 30, generator=g), y


def deal_with_objective(criterion, pred, truth):
    return criterion(pred, truth.long())


def single_test(model, loader):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for a, t, y in loader:
            correct += (model(a, t).argmax(1) == y).sum().item()
            total += len(y)
    return correct / total


def train(model, train_dl, valid_dl, epochs=15):
    op = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    criterion = nn.CrossEntropyLoss()
    best = 0.0
    for epoch in range(epochs):
        totalloss = 0.0
        model.train()
        for a, t, y in train_dl:
            op.zero_grad()
            loss = deal_with_objective(criterion, model(a, t), y)
            totalloss += loss.item() * len(y)
            loss.backward()
            op.step()
        acc = single_test(model, valid_dl)
        best = max(best, acc)
        print(f"Epoch {epoch} train loss: {totalloss / len(train_dl.dataset):.4f} valid acc: {acc:.4f} best {best:.4f}")


g = torch.Generator().manual_seed(77)
train_dl = DataLoader(TensorDataset(*people(2400, g)), batch_size=32, shuffle=True)
valid_dl = DataLoader(TensorDataset(*people(600, g)), batch_size=8)
test_dl = DataLoader(TensorDataset(*people(1200, g)), batch_size=8)
model = MMDL()
train(model, train_dl, valid_dl)
print(f"FINAL accuracy={single_test(model, test_dl):.4f}")
