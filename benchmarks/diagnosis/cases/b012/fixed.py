import os
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(int(os.environ.get("SEED", 0)))

# read the binary digits of two numbers, least significant bit first, and emit the carry and the sum bit
def make(n, bits=8):
    a = torch.randint(0, 2, (n, bits))
    b = torch.randint(0, 2, (n, bits))
    carry = torch.zeros(n, dtype=torch.long)
    y = []
    for t in range(bits):
        s = a[:, t] + b[:, t] + carry
        y.append(s)
        carry = (s > 1).long()
    return torch.stack([a, b], 2).float(), torch.stack(y, 1)


class Adder(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 4)
        self.softmax = nn.LogSoftmax(dim=2)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.softmax(self.out(h))


x_train, y_train = make(2000)
x_test, y_test = make(500)
model = Adder()
criterion = nn.NLLLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(12):
    perm = torch.randperm(2000)
    total_loss = 0
    for i in range(0, 2000, 40):
        idx = perm[i:i + 40]
        optimizer.zero_grad()
        output = model(x_train[idx])
        loss = criterion(output.transpose(1, 2), y_train[idx])
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    print("epoch %d  loss %.4f" % (epoch, total_loss / 50))

with torch.no_grad():
    acc = (model(x_test).argmax(2) == y_test).float().mean().item()
print("FINAL accuracy=%.4f" % acc)
