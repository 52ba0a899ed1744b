import os
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
wine = load_wine()
X_train, X_test, y_train, y_test = train_test_split(wine.data, wine.target, test_size=60, stratify=wine.target,
                                                    random_state=int(os.environ.get("SEED", 0)))
centre, scale = X_train.mean(axis=0), X_train.std(axis=0)
X_train = torch.Tensor((X_train - centre) / scale)
X_test = torch.Tensor((X_test - centre) / scale)
y_train = torch.LongTensor(y_train)
y_test = torch.LongTensor(y_test)


class WineNet(nn.Module):
    def __init__(self):
        super(WineNet, self).__init__()
        self.input_layer = nn.Linear(13, 32)
        self.hidden_layer = nn.Linear(32, 32)
        self.output_layer = nn.Linear(32, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.input_layer(x))
        x = self.relu(self.hidden_layer(x))
        return self.output_layer(x)


model = WineNet()
loss_function = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.005)

optimizer.zero_grad()
for epoch in range(100):
    permutation = torch.randperm(X_train.size()[0])
    for i in range(0, X_train.size()[0], 16):
        indices = permutation[i:i + 16]
        output = model(X_train[indices])
        loss = loss_function(output, y_train[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 20 == 0:
        print("Epoch: {} Loss: {:.4f}".format(epoch, loss.item()))

model.eval()
with torch.no_grad():
    _, predicted = torch.max(model(X_test), 1)
print("FINAL accuracy={:.4f}".format((predicted == y_test).sum().item() / len(y_test)))
