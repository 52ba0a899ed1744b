import os
import torch
import numpy as np

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

lstm = torch.nn.LSTM(input_size=1, hidden_size=32, num_layers=1, batch_first=True)
linear = torch.nn.Linear(32, 1)
criterion = torch.nn.MSELoss()
params = list(lstm.parameters()) + list(linear.parameters())
optimizer = torch.optim.Adam(params, lr=1e-2)

L = 21


def waves(n):
    k = np.random.uniform(0.3, 0.9, (n, 1))
    ph = np.random.uniform(0, 2 * np.pi, (n, 1))
    s = np.sin(k * np.arange(L + 1)[None] + ph)
    s = torch.tensor(s, dtype=torch.float32).unsqueeze(2)
    return s[:, :-1], s[:, 1:]


x_train, y_train = waves(256)
x_test, y_test = waves(256)

for j in range(900):
    pick = torch.randint(0, 256, (32,))
    x, y = x_train[pick], y_train[pick]
    hidden = (torch.zeros((1, 32, 32)), torch.zeros((1, 32, 32)))
    output, hidden = lstm(x, hidden)
    loss = criterion(linear(output), y)
    if j % 100 == 0:
        print(j, loss.item())
    loss.backward()
    optimizer.step()

with torch.no_grad():
    out, _ = lstm(x_test)
    mse = criterion(linear(out), y_test).item()
print("FINAL mse=%.5f" % mse)
