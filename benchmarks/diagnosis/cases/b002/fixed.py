import os
import math
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

N, T = 1600, 20


def make_series(n):
    """Which comes first, the bump on channel 0 or the one on channel 1?"""
    x = 0.3 * torch.randn(n, T, 2)
    pos = torch.stack([torch.randperm(T - 2)[:2] for _ in range(n)])
    for c in range(2):
        x[torch.arange(n), pos[:, c], c] += 3
        x[torch.arange(n), pos[:, c] + 1, c] += 1.5
    return x, (pos[:, 0] > pos[:, 1]).long()


class GRUClassifier(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, n_layers=1):
        super(GRUClassifier, self).__init__()
        self.gru = nn.GRU(input_dim, hidden_dim, n_layers, batch_first=True)
        self.fc = nn.Linear(hidden_dim, output_dim)
        self.relu = nn.ReLU()

    def forward(self, x):
        out, h = self.gru(x)
        out = self.fc(self.relu(out[:, -1]))
        return out


train_loader = DataLoader(TensorDataset(*make_series(N)), batch_size=40, shuffle=True)
x_test, y_test = make_series(400)

model = GRUClassifier(2, 32, 2)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.005)

for epoch in range(12):
    model.train()
    avg_loss = 0.
    for x, label in train_loader:
        model.zero_grad()
        out = model(x)
        loss = criterion(out, label)
        loss.backward()
        optimizer.step()
        avg_loss += loss.item()
    print("Epoch {}/{} Done, Loss: {:.4f}".format(epoch + 1, 12, avg_loss / len(train_loader)))

model.eval()
with torch.no_grad():
    correct = (model(x_test).argmax(1) == y_test).float().mean().item()
print("FINAL accuracy={:.4f}".format(correct))
