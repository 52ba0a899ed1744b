import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.images, digits.target, test_size=0.3, random_state=42)
train_ds = torch.utils.data.TensorDataset(torch.Tensor(X_train), torch.LongTensor(y_train))
test_ds = torch.utils.data.TensorDataset(torch.Tensor(X_test), torch.LongTensor(y_test))
train_loader = torch.utils.data.DataLoader(train_ds, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_ds, batch_size=256)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(8 * 8, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(x.size(0), -1) / 16.0
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)


def test():
    net.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            pred = net(data).argmax(dim=1)
            correct += pred.eq(target).sum().item()
    return correct / len(test_ds)


for epoch in range(1, 31):
    net.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        output = net(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
    print('Train Epoch: {} \tLoss: {:.6f}\tTest acc: {:.3f}'.format(epoch, loss.item(), test()))

print('FINAL accuracy={:.4f}'.format(test()))
