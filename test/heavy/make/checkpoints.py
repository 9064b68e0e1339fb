"""Weights as training scripts leave them, below the folder that is named.

Lightning's keys are those that its Trainer.save_checkpoint writes (lightning 2.6), settings of the run included.
"""

import argparse
import os
import pathlib
import sys

sys.setdlopenflags(os.RTLD_LAZY)  # a PyTorch for GPUs on a machine without one
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402
import torch  # noqa: E402
from net import Net  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
torch.manual_seed(1)
net = Net(8)
weights = net.state_dict()
optimizer = torch.optim.Adam(net.parameters())
settings = {"width": 8, "data": pathlib.Path("/data"), "args": argparse.Namespace(lr=0.1)}
torch.save(
    {
        "epoch": 3, "global_step": 12, "pytorch-lightning_version": "2.6.6", "loops": {}, "callbacks": {}, "lr_schedulers": [],
        "state_dict": {**{f"model.{name}": value for name, value in weights.items()}, "loss_weight": torch.ones(2)},
        "optimizer_states": [optimizer.state_dict()], "hparams_name": "kwargs", "hyper_parameters": settings,
    },
    "lightning.ckpt",
)  # fmt: skip
torch.save({"model_state_dict": weights, "best": np.float64(0.5), "history": np.arange(3), "optimizer": optimizer.state_dict()}, "training.pt")
torch.save({f"module.{name}": value for name, value in weights.items()}, "parallel.pth")
torch.save({name: value for name, value in weights.items() if name.startswith("0")}, "lacking.pth")
save_file(weights, "weights.safetensors")
with open("needy.py", "w", encoding="utf-8") as file:
    file.write("import not_there\n\nNet = not_there.Net\n")
