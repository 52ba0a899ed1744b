import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
input_nodes, hl1_nodes, output_nodes = 64, 64, 1

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16.0, y, test_size=0.25, random_state=int(os.environ.get("SEED", 0)))
X_train, X_test = torch.FloatTensor(X_train), torch.FloatTensor(X_test)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(input_nodes, hl1_nodes), nn.ReLU(), nn.Linear(hl1_nodes, output_nodes))
loss_function = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


def loss_of(x, y):
    return loss_function(model(x).squeeze(1), y.float())


def classes(x):
    return torch.sigmoid(model(x)).squeeze(1).round().long()


loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)
for epoch in range(15):
    total, hits = 0.0, 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = loss_of(xb, yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
        hits += (classes(xb) == yb).sum().item()
    print(f"Epoch {epoch + 1}/15 loss: {total / len(loader):.4f} acc: {hits / len(X_train):.4f}")

with torch.no_grad():
    accuracy = (classes(X_test) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
