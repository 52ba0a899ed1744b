import os
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.preprocessing import LabelEncoder

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

per_class = 1500
low = np.random.uniform(0.2, 0.45, size=(per_class, 2))
middle = np.random.uniform(0.4, 0.65, size=(per_class, 2))
high = np.random.uniform(0.6, 0.85, size=(per_class, 2))
df = pd.DataFrame(np.vstack([low, middle, high]), columns=["x", "y"])
df["class"] = ["low"] * per_class + ["middle"] * per_class + ["high"] * per_class
df = df.sample(frac=1, random_state=seed).reset_index(drop=True)

labels = LabelEncoder().fit_transform(df["class"])
points = df[["x", "y"]].values
x_train, x_test = torch.tensor(points[:3600]).float(), torch.tensor(points[3600:]).float()
y_train, y_test = torch.tensor(labels[:3600]), torch.tensor(labels[3600:])
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)

EPOCHS = 40
for epoch in range(EPOCHS):
    total, right = 0.0, 0
    for xb, yb in train_loader:
        logits = model(xb)
        loss = criterion(logits, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        right += (logits.argmax(1) == yb).sum().item()
    print(f"Epoch {epoch + 1}/{EPOCHS} - loss: {total / 3600:.4f} - acc: {right / 3600:.4f}")

with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
