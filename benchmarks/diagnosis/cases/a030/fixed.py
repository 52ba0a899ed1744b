import os
import torch
import torch.nn as nn
import numpy as np

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def gestures(n, steps=16, channels=6):
    """Time comes first, as the recorder delivers it: (steps, n, channels)."""
    kind = np.random.randint(0, 4, n)
    t = np.linspace(0, 1, steps)[:, None]
    base = [np.sin(6.28 * t), np.sin(12.56 * t), t * 2 - 1, np.cos(9.4 * t)]
    weights = np.array([1.0, -0.7, 0.5, 0.3, -0.2, 0.9])
    x = np.stack([base[k] * np.random.uniform(0.6, 1.4) * weights for k in kind], 1)
    return torch.tensor(x + np.random.normal(0, 0.4, x.shape), dtype=torch.float32), torch.tensor(kind)


class GestureLSTM(nn.Module):
    def __init__(self, channels, hidden, n_out):
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, n_out)

    def forward(self, x):
        steps, batch, channels = x.size()
        x = x.transpose(0, 1)
        out, (h, c) = self.lstm(x)
        return self.fc(out[:, -1, :])


x_train, y_train = gestures(1600)
x_test, y_test = gestures(480)
model = GestureLSTM(6, 40, 4)
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
batch_size = 32
for epoch in range(10):
    permutation = torch.randperm(x_train.size(1))
    epoch_loss = 0.0
    for i in range(0, x_train.size(1), batch_size):
        indices = permutation[i : i + batch_size]
        optimizer.zero_grad()
        loss = loss_function(model(x_train[:, indices]), y_train[indices])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print("epoch", epoch, "loss", epoch_loss / (1600 // batch_size))

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
