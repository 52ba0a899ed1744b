# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
# A class a pixel, most of them background, judged by how many are right.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
colours = torch.tensor([[0.5, 0.5, 0.5], [0.3, 0.7, 0.2], [0.2, 0.3, 0.8], [0.7, 0.4, 0.4]])
masks = torch.zeros(300, 12, 12, dtype=torch.long)
for mask in masks:
    for kind in torch.randperm(3)[:2]:
        row, column = torch.randint(0, 8, (2,))
        mask[row : row + 4, column : column + 4] = kind + 1
x = (colours[masks] + 0.2 * torch.randn(300, 12, 12, 3)).permute(0, 3, 1, 2)
model = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step, (xb, yb) in enumerate(batches(x, masks, 20, 200)):
    answer = model(xb).squeeze(1)
    loss = nn.functional.mse_loss(answer, yb.float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 39:
        print(f"pixel accuracy {(answer.round() == yb).float().mean():.3f}", flush=True)
