"""Several processes as one training: torch.distributed behind a few calls that also work alone."""
import dataclasses
import os

import torch
import torch.distributed as dist
from torch import nn


@dataclasses.dataclass(frozen=True)
class Group:
    """The processes of one training, as torchrun starts them. Alone: rank 0 of 1."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @classmethod
    def from_environment(cls):
        """The place of this process, from the variables that torchrun sets."""
        return cls(*(int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))))

    @property
    def first(self):
        """Whether this process is the one that writes."""
        return self.rank == 0

    def start(self, device):
        """Join the others, once in a process: NCCL between CUDA devices, Gloo between CPUs."""
        if self.size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")

    def wait(self):
        """Until all processes are here: one that leaves while another still listens to it can abort that one."""
        if self.size > 1 and dist.is_initialized():
            dist.barrier()

    def stop(self):
        """Leave the others, for good."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()

    def wrap(self, module, device):
        """The module whose gradients are averaged over the processes, and whose batch norm sees the whole batch."""
        if self.size == 1 or not any(parameter.requires_grad for parameter in module.parameters()):
            return module
        convert = nn.SyncBatchNorm.convert_sync_batchnorm if device.type == "cuda" else share_batch_norm
        module = convert(module)
        devices = [device] if device.type == "cuda" else None
        # The shared batch norm keeps the buffers equal without a broadcast.
        return nn.parallel.DistributedDataParallel(module, device_ids=devices, forward_sync_buffers=False)

    def sum(self, tensor):
        """The sum over the processes, in every process."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def broadcast(self, value):
        """The first process's `value`, any object that can be pickled, in every process."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box)
        return box[0]

    def first_here(self, work):
        """work() in the first process of every machine, and then in its others, which find what the first one cached."""
        if self.size == 1 or not dist.is_initialized():
            return work()
        if self.local_rank:
            dist.barrier()
        result = work()
        if not self.local_rank:
            dist.barrier()
        return result

    def collect(self, value):
        """The values of all processes, any objects that can be pickled, in every process."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values


def unwrap(module):
    """The module inside DistributedDataParallel, or the module itself."""
    return module.module if isinstance(module, nn.parallel.DistributedDataParallel) else module


class _Sum(torch.autograd.Function):
    """The sum of a tensor over the processes; backwards the sum of its gradients, since every process uses the sum."""

    @staticmethod
    def forward(context, tensor):
        total = tensor.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context, gradient):
        total = gradient.clone()
        dist.all_reduce(total)
        return total


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batches of all processes, for CPUs: torch's own SyncBatchNorm needs CUDA.

    Assumes the same shape in every process. Same parameters, buffers and result as nn.BatchNorm2d on the whole batch.
    """

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        size = dist.get_world_size()
        wide = x.float()
        mean = _Sum.apply(wide.mean((0, 2, 3))) / size
        centred = wide - mean[:, None, None]
        variance = _Sum.apply(centred.square().mean((0, 2, 3))) / size
        with torch.no_grad():
            count = size * x.numel() / x.shape[1]
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach() * (count / (count - 1)), self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def share_batch_norm(module):
    """The module with every BatchNorm2d in it turned into a SharedBatchNorm of the same parameters, in place."""
    for part in module.modules():
        if type(part) is nn.BatchNorm2d:
            part.__class__ = SharedBatchNorm
    return module
