import os
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_diabetes(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32) * X.shape[0] ** 0.5
y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
centre, width = y_train.median(), (y_train - y_train.median()).abs().median()
loader = DataLoader(TensorDataset(X_train, (y_train - centre) / width), batch_size=16, shuffle=True)

model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.L1Loss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.8, nesterov=True)
scheduler = LambdaLR(optimizer, lambda it: 1.0 / (1.0 + 2e-3 * it))
for epoch in range(60):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        scheduler.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: {loss.item():.3f}, rate {optimizer.param_groups[0]['lr']:.5f}")

with torch.no_grad():
    mae = ((model(X_test) * width + centre) - y_test).abs().mean().item()
    print(f"always the median: {(centre - y_test).abs().mean().item():.2f}")
print(f"FINAL mae={mae:.4f}")
