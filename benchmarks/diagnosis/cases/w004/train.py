"""Distil a wide network into a narrow one on noisy digits."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rs = np.random.RandomState(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
X = (X / 16.0 + 0.35 * rs.randn(*X.shape)).astype("float32")
X = (X - X.mean()) / X.std()
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
train_set = TensorDataset(torch.tensor(X_tr), torch.tensor(y_tr))
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
X_te, y_te = torch.tensor(X_te), torch.tensor(y_te)

PARAMS = dict(alpha=0.95, temperature=4.0, teacher_epochs=12, student_epochs=14)


def mlp(width, p):
    return nn.Sequential(
        nn.Linear(64, width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, 10)
    )


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(X_te).argmax(1) == y_te).float().mean().item()


def loss_fn_kd(outputs, labels, teacher_outputs, params):
    a, T = params["alpha"], params["temperature"]
    soft = F.kl_div(F.log_softmax(outputs / T, dim=1), F.softmax(teacher_outputs / T, dim=1), reduction="batchmean")
    return soft * (a * T * T) + F.cross_entropy(outputs, labels) * (1.0 - a)


def fetch_teacher_outputs(teacher, loader):
    teacher.eval()
    with torch.no_grad():
        return [teacher(xb) for xb, _ in loader]


def train_kd(student, teacher_outputs, optimizer, loader, params):
    student.train()
    total = 0.0
    for i, (xb, yb) in enumerate(loader):
        out = student(xb)
        loss = loss_fn_kd(out, yb, teacher_outputs[i], params)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


teacher = mlp(256, 0.5)
opt_t = torch.optim.Adam(teacher.parameters(), lr=1e-3, weight_decay=1e-4)
for epoch in range(PARAMS["teacher_epochs"]):
    teacher.train()
    for xb, yb in train_loader:
        opt_t.zero_grad()
        F.cross_entropy(teacher(xb), yb).backward()
        opt_t.step()
print(f"teacher accuracy {accuracy(teacher):.4f}")

student = mlp(24, 0.0)
opt_s = torch.optim.Adam(student.parameters(), lr=2e-3)
teacher_outputs = fetch_teacher_outputs(teacher, train_loader)
for epoch in range(PARAMS["student_epochs"]):
    loss = train_kd(student, teacher_outputs, opt_s, train_loader, PARAMS)
    print(f"student epoch {epoch + 1}: loss {loss:.4f}")
print(f"FINAL accuracy={accuracy(student):.4f}")
