# SPDX-License-Identifier: Apache-2.0
"""Pictures from all that people have at hand, with boxes and masks, in dicts and lists."""

import numpy as np
import torch
import backprobe as wandb

from PIL import Image as P
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

run = wandb.init(project="p")
run.log({"i": wandb.Image(P.new("RGB", (8, 8)))})
run.log({"i": wandb.Image(torch.rand(3, 8, 8))})
run.log({"i": wandb.Image(torch.rand(4, 3, 8, 8))})
run.log({"i": wandb.Image(np.random.rand(8, 8))})
run.log({"i": wandb.Image(np.random.rand(8, 8, 1))})
run.log({"i": wandb.Image(np.random.randn(8, 8, 3))})
run.log({"i": wandb.Image((np.random.rand(8, 8, 4) * 255).astype(np.uint8))})
run.log({"i": wandb.Image(torch.rand(3, 8, 8), normalize=True)})
P.new("RGB", (8, 8)).save("x.png")
P.new("RGB", (8, 8)).save("x.jpg")
run.log({"i": wandb.Image("x.png")})
run.log({"i": wandb.Image("x.jpg", caption="c")})
f = plt.figure()
plt.plot([1])
run.log({"f": wandb.Image(f)})
run.log({"f": wandb.Image(plt)})
run.log({"p": plt})
run.log({"p": plt.gcf()})
mask = np.zeros((8, 8), np.uint8)
run.log(
    {
        "m": wandb.Image(
            np.zeros((8, 8, 3), np.uint8),
            masks={"pred": {"mask_data": mask, "class_labels": {0: "a"}}},
            boxes={
                "pred": {
                    "box_data": [
                        {
                            "position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1},
                            "class_id": 0,
                            "box_caption": "a",
                            "scores": {"x": 1},
                        }
                    ],
                    "class_labels": {0: "a"},
                }
            },
            classes=wandb.Classes([{"name": "a", "id": 0}]),
        )
    }
)
run.log({"m": wandb.Image(np.zeros((8, 8, 3), np.uint8), classes=[{"name": "a", "id": 0}])})
run.log({"mode": wandb.Image(np.zeros((8, 8)), mode="L", file_type="jpg")})
wandb.finish()

r = wandb.init(project="p")
r.log({"a": {"b": wandb.Image(np.zeros((4, 4))), "c": [wandb.Image(np.zeros((4, 4)))]}})
