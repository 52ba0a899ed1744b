# SPDX-License-Identifier: Apache-2.0
"""W&B's ready-made charts and those of one's own."""

import numpy as np
import backprobe as wandb

run = wandb.init(project="p")
t = wandb.Table(columns=["x", "y"], data=[[1, 2], [2, 3]])
run.log({"line": wandb.plot.line(t, "x", "y", title="t")})
run.log({"bar": wandb.plot.bar(t, "x", "y", title="t")})
run.log({"scatter": wandb.plot.scatter(t, "x", "y", title="t")})
run.log({"hist": wandb.plot.histogram(t, "x", title="t")})
run.log(
    {
        "ls": wandb.plot.line_series(
            xs=[1, 2], ys=[[1, 2], [2, 1]], keys=["a", "b"], title="t", xname="s"
        )
    }
)
run.log(
    {
        "cm": wandb.plot.confusion_matrix(
            probs=None, y_true=[0, 1], preds=[0, 1], class_names=["a", "b"]
        )
    }
)
run.log(
    {"cm2": wandb.plot.confusion_matrix(probs=np.array([[0.1, 0.9], [0.8, 0.2]]), y_true=[0, 1])}
)
run.log(
    {
        "pr": wandb.plot.pr_curve(
            [0, 1, 1], np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), labels=["a", "b"]
        )
    }
)
run.log(
    {
        "roc": wandb.plot.roc_curve(
            [0, 1, 1], np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), labels=["a", "b"]
        )
    }
)
wandb.finish()

run = wandb.init(project="p")
t = wandb.Table(columns=["x", "y"], data=[[1, 2], [2, 3]])
run.log(
    {"c": wandb.plot_table("wandb/area-under-curve/v0", t, {"x": "x", "y": "y"}, {"title": "q"})}
)
run.log(
    {
        "c": wandb.plot_table(
            vega_spec_name="wandb/area-under-curve/v0", data_table=t, fields={"x": "x"}
        )
    }
)
run.log({"c": wandb.plot.plot_table("wandb/area-under-curve/v0", t, {"x": "x", "y": "y"})})
