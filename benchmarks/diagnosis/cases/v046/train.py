import copy
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
y = torch.tensor(d.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
n_labelled = 100
x_lab, y_lab = x[:n_labelled], y[:n_labelled]
x_unl = x[n_labelled:1400]
x_test, y_test = x[1400:], y[1400:]


def perturb(b):
    shift = (int(torch.randint(-1, 2, ())), int(torch.randint(-1, 2, ())))
    return torch.roll(b, shift, dims=(2, 3)) + 0.15 * torch.randn_like(b)


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 24, 3, padding=1)
        self.n1 = nn.GroupNorm(4, 24)
        self.c2 = nn.Conv2d(24, 48, 3, padding=1)
        self.n2 = nn.GroupNorm(4, 48)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(48 * 4, 10)

    def forward(self, b):
        b = F.max_pool2d(F.silu(self.n1(self.c1(b))), 2)
        b = F.max_pool2d(F.silu(self.n2(self.c2(b))), 2)
        return self.out(self.drop(b.flatten(1)))


student = Student()
teacher = copy.deepcopy(student).requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)


@torch.no_grad()
def update_teacher(decay):
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.lerp_(s, 1 - decay)


STEPS, RAMP = 450, 150
for step in range(STEPS):
    lab = torch.randint(n_labelled, (32,))
    unl = torch.randint(len(x_unl), (64,))
    student.train()
    supervised = F.cross_entropy(student(perturb(x_lab[lab])), y_lab[lab])
    batch = x_unl[unl]
    with torch.no_grad():
        aim = teacher(perturb(batch)).softmax(1)
    consistency = F.mse_loss(student(perturb(batch)).softmax(1), aim)
    weight = 20.0 * min(1.0, step / RAMP)
    loss = supervised + weight * consistency
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    update_teacher(min(0.99, 1 - 1 / (step + 1)))
    if step % 75 == 74:
        teacher.eval()
        with torch.no_grad():
            acc = (teacher(x_test).argmax(1) == y_test).float().mean().item()
        teacher.train()
        print(f"{step + 1}: supervised {supervised.item():.4f} consistency {consistency.item():.5f} weight {weight:.1f} teacher {acc:.4f}")

teacher.eval()
with torch.no_grad():
    acc = (teacher(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
