import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(5200, 20, n_informative=12, n_redundant=2, n_classes=6, n_clusters_per_class=2,
                           weights=[0.5, 0.22, 0.12, 0.08, 0.05, 0.03], class_sep=1.6, flip_y=0.0, random_state=SEED)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = torch.tensor(y)
labelled, pool, test = slice(0, 2000), slice(2000, 4200), slice(4200, 5200)


def mlp(width):
    return nn.Sequential(nn.Linear(20, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 6))


class Trainer:
    def __init__(self, model, lr):
        self.model, self.opt = model, torch.optim.Adam(model.parameters(), lr=lr)

    def loss(self, idx):
        raise NotImplementedError

    def fit(self, rows, epochs, batch=32):
        for epoch in range(epochs):
            self.model.train()
            total = 0.0
            for idx in (torch.randperm(rows.stop - rows.start) + rows.start).split(batch):
                loss = self.loss(idx)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                total += loss.item() * len(idx)
            if epoch % 5 == 0:
                print(f"{type(self).__name__} epoch {epoch} loss {total / (rows.stop - rows.start):.4f}")
        return self.model

    @torch.no_grad()
    def accuracy(self, rows):
        self.model.eval()
        return (self.model(X[rows]).argmax(1) == y[rows]).float().mean().item()


class Supervised(Trainer):
    def loss(self, idx):
        return F.cross_entropy(self.model(X[idx]), y[idx])


class Distiller(Trainer):
    """The student sees no labels, only what the teacher says about the pool."""

    def __init__(self, model, teacher, lr, tau=2.0):
        super().__init__(model, lr)
        self.teacher, self.tau = teacher.eval().requires_grad_(False), tau
        self.to_probs = nn.Softmax(dim=1)

    def loss(self, idx):
        with torch.no_grad():
            target = self.to_probs(self.teacher(X[idx]) / self.tau)
        student = F.log_softmax(self.model(X[idx]) / self.tau, dim=1)
        return F.kl_div(student, target, reduction="batchmean") * self.tau**2


teacher = Supervised(mlp(128), 1e-3)
teacher.fit(labelled, 12)
print(f"teacher accuracy {teacher.accuracy(test):.4f}")
student = Distiller(mlp(32), teacher.model, 3e-3)
student.fit(pool, 15, batch=16)
print(f"FINAL accuracy={student.accuracy(test):.4f}")
