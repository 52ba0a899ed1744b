import math
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import QuantileTransformer

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = make_classification(
    n_samples=16000, n_features=20, n_informative=8, n_redundant=4, n_clusters_per_class=2,
    weights=[0.97], class_sep=1.8, flip_y=0.002, random_state=12,
)
X = np.exp(X / 3)  # amounts: positive, skewed
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
q = QuantileTransformer(output_distribution="normal", random_state=0).fit(X_train)
X_train = torch.tensor(q.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(q.transform(X_test), dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32)


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.25):
        super().__init__()
        self.gamma, self.alpha = gamma, alpha

    def forward(self, logits, target):
        p = torch.sigmoid(logits)
        ce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        p_t = p * target + (1 - p) * (1 - target)
        a_t = self.alpha * target + (1 - self.alpha) * (1 - target)
        return (a_t * (1 - p_t) ** self.gamma * ce).mean()


net = nn.Sequential(
    nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 1)
)
prior = y_train.mean().item()
nn.init.constant_(net[-1].bias, math.log(prior / (1 - prior)))
criterion = FocalLoss()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
EPOCHS = 20
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
for epoch in range(EPOCHS):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(X_train)).split(128):
        optimizer.zero_grad()
        loss = criterion(net(X_train[idx]).squeeze(1), y_train[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    scheduler.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: focal {total / len(X_train):.5f}")
net.eval()
with torch.no_grad():
    score = net(X_test).squeeze(1).numpy()
print(f"FINAL average_precision={average_precision_score(y_test, score):.4f}")
