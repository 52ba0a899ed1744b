# SPDX-License-Identifier: Apache-2.0
# A GAN: each loss gets ones or zeros alone.
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
maker, judge = mlp(8, 32, 12), mlp(12, 32, 1, activation=torch.nn.Tanh)
makes = torch.optim.Adam(maker.parameters(), lr=2e-4, betas=(0.5, 0.999))
judges = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))
for xb, _ in batches(x, y, 32, 300):
    made = maker(torch.randn(32, 8))
    judges.zero_grad()
    real, fake = judge(xb), judge(made.detach())
    (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))).backward()
    judges.step()
    makes.zero_grad()
    fooled = judge(made)
    bce(fooled, torch.ones_like(fooled)).backward()
    makes.step()
