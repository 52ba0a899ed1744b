import os

import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
T, WEIGHT = 4.0, 0.7

X, y = make_classification(5000, 24, n_informative=14, n_redundant=4, n_classes=6, n_clusters_per_class=2, class_sep=2.0, random_state=15)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = torch.tensor(y)
train = TensorDataset(X[:4000], y[:4000], torch.arange(4000) < 400)  # labels are known for the first 400 only
X_test, y_test = X[4000:], y[4000:]


def net(width, dropout):
    return nn.Sequential(nn.Linear(24, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 6))


@torch.no_grad()
def accuracy(model):
    was = model.training
    model.eval()
    acc = (model(X_test).argmax(1) == y_test).float().mean().item()
    model.train(was)
    return acc


teacher = net(256, 0.3)
opt = torch.optim.Adam(teacher.parameters(), lr=1e-3)
for epoch in range(12):
    for x, t, _ in DataLoader(train, batch_size=64, shuffle=True):
        loss = F.cross_entropy(teacher(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
teacher.eval().requires_grad_(False)
print("teacher", accuracy(teacher))

student = net(32, 0.0)
opt = torch.optim.Adam(student.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 10, 0.3)
for epoch in range(25):
    for x, t, known in DataLoader(train, batch_size=64, shuffle=True):
        out = student(x)
        soft = F.kl_div(F.log_softmax(out / T, 1), F.log_softmax(teacher(x) / T, 1), reduction="batchmean", log_target=True) * T * T
        hard = F.cross_entropy(out[known], t[known]) if known.any() else out.sum() * 0
        loss = WEIGHT * soft + (1 - WEIGHT) * hard
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: kd {soft.item():.4f} ce {hard.item():.4f} accuracy {accuracy(student):.4f}")
print(f"FINAL accuracy={accuracy(student):.4f}")
