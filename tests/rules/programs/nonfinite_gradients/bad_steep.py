# SPDX-License-Identifier: Apache-2.0
# expects: nonfinite-gradients 0 2 4
import torch
from toy import batches, mlp

torch.manual_seed(0)
x = torch.nn.functional.normalize(torch.randn(2000, 3), dim=1)
model = mlp(3, 32, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, _ in batches(x, x, 64, 300):
    cosine = torch.nn.functional.cosine_similarity(model(xb), xb)
    loss = torch.acos(cosine.clamp(-1, 1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
