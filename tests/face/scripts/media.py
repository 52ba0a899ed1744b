# SPDX-License-Identifier: Apache-2.0
"""Sound, films, pages, molecules, point clouds, histograms, figures."""

import numpy as np
import torch
import backprobe as wandb

run = wandb.init(project="p")
run.log({"v": wandb.Video(np.zeros((4, 3, 16, 16), np.uint8), fps=4, format="gif")})
run.log({"v": wandb.Video(np.zeros((4, 3, 16, 16), np.uint8), fps=4, caption="c")})
wandb.finish()

run = wandb.init(project="p")
run.log({"a": wandb.Audio(np.zeros(1000, np.float32), sample_rate=8000, caption="c")})
wandb.finish()

run = wandb.init(project="p")
run.log({"h": wandb.Html("<b>hi</b>")})
open("x.html", "w").write("<i>")
run.log({"h": wandb.Html(open("x.html"))})
run.log({"h": wandb.Html("x.html")})
wandb.finish()

run = wandb.init(project="p")
run.log({"o": wandb.Object3D(np.random.rand(10, 3))})
run.log(
    {
        "o": wandb.Object3D(
            {"type": "lidar/beta", "points": np.random.rand(4, 3), "boxes": np.array([])}
        )
    }
)
wandb.finish()

run = wandb.init(project="p")
open("x.pdb", "w").write("ATOM")
run.log({"o": wandb.Molecule(open("x.pdb"))})
wandb.finish()

run = wandb.init(project="p")
run.log({"h": wandb.Histogram(torch.randn(100))})
run.log({"h": wandb.Histogram(torch.randn(100).tolist(), num_bins=10)})
run.log({"h": wandb.Histogram(np.array([np.nan, 1.0]))})
run.log({"h": wandb.Histogram([])})
run.log({"h": wandb.Histogram(torch.randn(10, device="cpu", dtype=torch.bfloat16))})
wandb.finish()

import plotly.express as px, plotly.graph_objects as go

run = wandb.init(project="p")
fig = px.scatter(x=[1, 2], y=[2, 3])
run.log({"a": fig})
run.log({"b": wandb.Plotly(fig)})
run.log({"c": go.Figure()})
run.log({"d": wandb.Html(fig.to_html())})
