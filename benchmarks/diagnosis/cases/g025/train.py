import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Dense(nn.Module):
    def __init__(self, n_in, n_out, activation=None):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.activation = activation

    def forward(self, x):
        x = x @ self.weight + self.bias
        return self.activation(x) if self.activation is not None else x


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense1 = Dense(64, 200, torch.relu)
        self.dense2 = Dense(200, 200, torch.relu)
        self.dense3 = Dense(200, 200, torch.relu)
        self.dense4 = Dense(200, 10)

    def forward(self, x):
        return self.dense4(self.dense3(self.dense2(self.dense1(x))))


data = load_digits()
x = torch.tensor(data.data, dtype=torch.float32)
x = (x - x.mean()) / x.std()
y = torch.tensor(data.target)
xa, xb, ya, yb = train_test_split(x, y, test_size=0.3, random_state=SEED)

model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    total = 0.0
    for inputs, labels in DataLoader(TensorDataset(xa, ya), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    print(f"epoch {epoch + 1} loss {total / len(xa):.4f}")

with torch.no_grad():
    acc = (model(xb).argmax(1) == yb).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
