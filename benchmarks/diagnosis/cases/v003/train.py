import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
T, ALPHA = 4.0, 0.7

x, y = load_digits(return_X_y=True)
perm = torch.randperm(len(y))
x, y = torch.tensor(x, dtype=torch.float32)[perm], torch.tensor(y)[perm]
scaler = StandardScaler().fit(x[:1200])
x = torch.tensor(scaler.transform(x), dtype=torch.float32)
xtr, ytr, xte, yte = x[:1200], y[:1200], x[1200:], y[1200:]

teacher = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 256), nn.ReLU(),
                        nn.Dropout(0.3), nn.Linear(256, 10))
student = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))


def loop(model, loss_of, epochs, lr):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for ep in range(epochs):
        model.train()
        s = 0.0
        for b in torch.randperm(len(xtr)).split(64):
            loss = loss_of(model(xtr[b]), b)
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item() * len(b)
        if ep % 5 == 4:
            print(ep + 1, round(s / len(xtr), 4))


def distil_loss(out, b):
    with torch.no_grad():
        soft = F.softmax(teacher(xtr[b]) / T, dim=1)
    kd = F.kl_div(F.log_softmax(out / T, dim=1), soft, reduction="batchmean") * T * T
    return ALPHA * kd + (1 - ALPHA) * F.cross_entropy(out, ytr[b])


print("teacher")
loop(teacher, lambda out, b: F.cross_entropy(out, ytr[b], label_smoothing=0.05), 15, 2e-3)
teacher.eval()
teacher.requires_grad_(False)
print("student")
loop(student, distil_loss, 40, 5e-3)

student.eval()
with torch.no_grad():
    print("teacher accuracy %.4f" % (teacher(xte).argmax(1) == yte).float().mean())
    acc = (student(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
