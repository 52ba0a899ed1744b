import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)


def spirals(n, turns=1.5, arms=3):
    k = np.random.randint(0, arms, n)
    r = np.sqrt(np.random.uniform(0.05, 1, n))
    a = turns * 2 * np.pi * r + 2 * np.pi * k / arms
    pts = np.stack([r * np.cos(a), r * np.sin(a)], 1) + np.random.normal(0, 0.02, (n, 2))
    return torch.tensor(pts / 0.5, dtype=torch.float32), torch.tensor(k)


class Highway(nn.Module):
    def __init__(self, size, num_layers, f=torch.tanh):
        super(Highway, self).__init__()
        self.num_layers = num_layers
        self.nonlinear = nn.ModuleList([nn.Linear(size, size) for _ in range(num_layers)])
        self.linear_gate = nn.ModuleList([nn.Linear(size, size) for _ in range(num_layers)])
        for gate in self.linear_gate:
            nn.init.constant_(gate.bias, -2.0)
        self.f = f

    def forward(self, x):
        for layer in range(self.num_layers):
            gate = torch.sigmoid(self.linear_gate[layer](x))
            x = gate * self.f(self.nonlinear[layer](x)) + (1 - gate) * x
        return x


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.inp = nn.Linear(2, 40)
        self.highway = Highway(40, 12)
        self.out = nn.Linear(40, 3)

    def forward(self, x):
        return self.out(self.highway(torch.tanh(self.inp(x))))


train_x, train_y = spirals(3000)
test_x, test_y = spirals(800)
net = Net()
opt = optim.Adam(net.parameters(), lr=4e-3)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(train_x, train_y), batch_size=100, shuffle=True)
for epoch in range(22):
    losses = []
    for bx, by in loader:
        opt.zero_grad()
        l = nn.functional.cross_entropy(net(bx), by)
        l.backward()
        opt.step()
        losses.append(l.item())
    if epoch % 3 == 0:
        print("epoch %d: %.4f" % (epoch, np.mean(losses)))
with torch.no_grad():
    acc = (net(test_x).argmax(1) == test_y).float().mean().item()
print("FINAL accuracy=%.4f" % acc)
