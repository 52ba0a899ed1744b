# SPDX-License-Identifier: Apache-2.0
"""Tables of rows, arrays and data frames."""

import numpy as np
import torch
import backprobe as wandb

import pandas as pd

run = wandb.init(project="p")
t = wandb.Table(columns=["a", "b", "c"])
t.add_data(1, wandb.Image(np.zeros((4, 4, 3), np.uint8)), "x")
t.add_data(None, None, None)
t.add_data("str", 3, 4.0)
t.add_column("d", [1, 2, 3])
t.get_column("a")
t.data
t.columns
for i, row in t.iterrows():
    pass
run.log({"t": t})
run.log({"df": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})})
run.log({"t2": wandb.Table(data=[[1, 2]], columns=["x", "y"])})
run.log({"t3": wandb.Table(rows=[[1, 2]], columns=["x", "y"])})
run.log({"t4": wandb.Table(data=np.zeros((3, 2)), columns=["x", "y"])})
run.log({"t5": wandb.Table(data=pd.DataFrame({"a": [1]}))})
run.log({"t6": wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")})
run.log(
    {
        "t7": wandb.Table(
            columns=["a"], data=[[np.float32(1)], [torch.tensor(2.0)]], allow_mixed_types=True
        )
    }
)
t.add_row(1, 2, 3, 4) if hasattr(t, "add_row") else 0
t.get_dataframe()
