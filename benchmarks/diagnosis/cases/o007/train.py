import os
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, Y = load_breast_cancer(return_X_y=True)
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.33, random_state=101)
X_train = torch.from_numpy(X_train).float()
X_test = torch.from_numpy(X_test).float()
Y_train = torch.from_numpy(Y_train).float().view(-1, 1)
Y_test = torch.from_numpy(Y_test).float().view(-1, 1)

D_in, H, D_out = 30, 15, 1
w1 = nn.Linear(D_in, H)
w2 = nn.Linear(H, D_out)
model = torch.nn.Sequential(
    w1,
    nn.Sigmoid(),
    w2,
    nn.Sigmoid(),
)
loss_fn = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for t in range(100):
    for k in range(0, len(X_train), 16):
        y_pred = model(X_train[k:k + 16])
        loss = loss_fn(y_pred, Y_train[k:k + 16])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if t % 10 == 0:
        print(t, loss.item())

acc = ((model(X_test) > 0.5).float() == Y_test).float().mean()
print("FINAL accuracy=%.4f" % acc.item())
