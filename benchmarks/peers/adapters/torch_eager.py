"""torch eager, as a careful user writes it: functional calls, fused optimiser, gradients set to None."""

import _torch_models as M
import torch
import workloads


def supports(name):
    return True


def versions():
    return {"torch": torch.__version__}


class Net:
    def __init__(self, name, threads):
        torch.set_num_threads(threads)
        w = self.w = workloads.get(name)
        self.P0 = M.convert(w)
        self.P = {k: v.clone().requires_grad_() for k, v in self.P0.items()}
        self.Bf = {k: torch.from_numpy(v.copy()) for k, v in w.buffers.items()}
        self.logits = M.make(w)
        self.loss = M.make_loss(w, self.logits)
        self.data = M.data(w)
        self.reset()

    def reset(self):
        o = self.w.opt
        ps = list(self.P.values())
        with torch.no_grad():
            for k, v in self.P0.items():
                self.P[k].copy_(v)
                self.P[k].grad = None
            for k, v in self.w.buffers.items():
                self.Bf[k].copy_(torch.from_numpy(v))
        if o["kind"] == "adam":
            self.opt = torch.optim.Adam(ps, lr=o["lr"], betas=(o["b1"], o["b2"]), eps=o["eps"], fused=True)
        elif o["kind"] == "adamw":
            self.opt = torch.optim.AdamW(
                ps, lr=o["lr"], betas=(o["b1"], o["b2"]), eps=o["eps"], weight_decay=o["wd"], fused=True
            )
        else:
            self.opt = torch.optim.SGD(ps, lr=o["lr"], momentum=o.get("mu", 0.0), fused=True)
        self.i = 0

    def step(self):
        x, y = self.data[self.i % len(self.data)]
        self.i += 1
        loss = self.loss(self.P, self.Bf, x, y)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()
        return loss.detach()

    @torch.inference_mode()
    def forward(self):
        z = self.logits(self.P, self.Bf, self.data[self.i % len(self.data)][0], False)
        return torch.sigmoid(z) if self.w.out == "sigmoid" else z

    def sync(self):
        pass


def build(name, threads):
    return Net(name, threads)
