import os
import torch
import torch.nn as nn
import torch.utils.data as data_utils
import numpy as np

np.random.seed(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))

# accelerometer windows, 4 activities
num_classes = 4
seq_len = 25
n_features = 3


def get_data(n):
    X = np.zeros((n, seq_len, n_features), dtype=np.float32)
    Y = np.random.randint(num_classes, size=n)
    for i in range(n):
        t = np.arange(seq_len)
        phase = np.random.rand() * 6.28
        freq = [0.25, 0.5, 0.25, 0.5][Y[i]]
        drift = [0.6, 0.6, -0.6, -0.6][Y[i]]
        X[i, :, 0] = np.sin(freq * t + phase)
        X[i, :, 1] = np.cos(freq * t + phase) * 0.5
        X[i, :, 2] = drift * (t / seq_len - 0.5)
    X += np.random.randn(*X.shape) * 0.3
    return torch.from_numpy(X), torch.from_numpy(Y)


x_train, y_train = get_data(1200)
x_test, y_test = get_data(400)
batch_size = 40
train_loader = data_utils.DataLoader(data_utils.TensorDataset(x_train, y_train), batch_size=batch_size, shuffle=True)
test_loader = data_utils.DataLoader(data_utils.TensorDataset(x_test, y_test), batch_size=batch_size)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers, num_classes):
        super(RNN, self).__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        out, _ = self.lstm(x)
        # decode the hidden state of the last time step
        out = self.fc(out[:, -1, :])
        return out


rnn = RNN(n_features, 32, 1, num_classes)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(rnn.parameters(), lr=0.01)

for epoch in range(12):
    rnn.train()
    for i, (x, y) in enumerate(train_loader):
        outputs = rnn(x)
        loss = criterion(outputs, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print('Epoch [%d/12], Loss: %.4f' % (epoch + 1, loss.item()))

rnn.eval()
correct = 0
for x, y in test_loader:
    with torch.no_grad():
        correct += (rnn(x).argmax(1) == y).sum().item()
print('FINAL accuracy=%.4f' % (correct / len(x_test)))
