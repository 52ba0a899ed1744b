import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

STATES = 5
SWITCH = torch.full((STATES, STATES), 0.03)
SWITCH.fill_diagonal_(0.88)
MEANS = torch.tensor([[2.0, 0, 0], [-2.0, 0, 0], [0, 2.0, 0], [0, -2.0, 0], [0, 0, 2.5]])


def recordings(n, steps=30):
    """Sensor recordings of a machine that changes between five modes."""
    state = torch.randint(0, STATES, (n,))
    modes, signals = [], []
    for _ in range(steps):
        state = torch.multinomial(SWITCH[state], 1).squeeze(1)
        modes.append(state)
        signals.append(MEANS[state] + 1.3 * torch.randn(n, 3))
    return torch.stack(signals, 1), torch.stack(modes, 1)


class ModeTracker(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.rnn = nn.GRU(3, hidden)
        self.fc = nn.Linear(hidden, STATES)

    def forward(self, signals):
        # the recurrent layer wants time first
        out, _ = self.rnn(signals.transpose(0, 1))
        return self.fc(out)


x_train, y_train = recordings(800)
x_test, y_test = recordings(300)
model = ModeTracker()
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(14):
    epoch_loss = 0.0
    for rows in torch.randperm(800).split(40):
        scores = model(x_train[rows])
        loss = loss_function(scores.reshape(-1, STATES), y_train[rows].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print(f"epoch {epoch + 1:2d}: {epoch_loss / 20:.4f}")

with torch.no_grad():
    decided = model(x_test).argmax(-1)
    accuracy = (decided == y_test.transpose(0, 1)).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
