import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, Y = make_multilabel_classification(n_samples=6000, n_features=20, n_classes=3, n_labels=2, random_state=11)
X = (X - X.mean(0)) / X.std(0)
X_train, X_test, y_train, y_test = train_test_split(X, Y, test_size=0.20, random_state=seed)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train).float(), torch.tensor(y_test).float()


class TagNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 20)
        self.fc2 = nn.Linear(20, 20)
        self.out = nn.Linear(20, 3)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        x = self.drop(F.relu(self.fc1(x)))
        x = self.drop(F.relu(self.fc2(x)))
        return F.softmax(self.out(x), dim=1)


net = TagNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

for epoch in range(20):
    net.train()
    perm = torch.randperm(len(X_train))
    running = 0.0
    for k in range(0, len(perm), 20):
        rows = perm[k:k + 20]
        out = net(X_train[rows])
        loss = F.mse_loss(out, y_train[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        running += loss.item() * len(rows)
    if epoch % 4 == 3:
        net.eval()
        with torch.no_grad():
            hits = ((net(X_test) > 0.5).float() == y_test).float().mean()
        print(f"epoch {epoch + 1}: loss {running / len(X_train):.4f}  tags right {hits:.4f}")

net.eval()
with torch.no_grad():
    tags = (net(X_test) > 0.5).float()
    exact = (tags == y_test).all(dim=1).float().mean().item()
print(f"FINAL accuracy={exact:.4f}")
