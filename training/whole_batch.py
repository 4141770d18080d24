"""Layers that see, or draw for, a whole batch of which several processes compute a part each."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from training.distributed import Workers


def see_whole_batches(network: nn.Module, workers: Workers) -> None:
    """Replace a network's trainable batch norms and its dropouts, in place, with layers that act on whole batches."""
    if workers.count == 1:
        return
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, _BatchNorm) and layer.weight.requires_grad:
                parent.add_module(name, WholeBatchNorm(layer, workers))
            elif isinstance(layer, _DropoutNd):
                parent.add_module(name, WholeBatchDropout(layer, workers))


class WholeBatchNorm(_BatchNorm):
    """Batch norm by the statistics of all processes' equally large parts; it shares the replaced layer's weights."""

    def __init__(self, layer: _BatchNorm, workers: Workers):
        super().__init__(layer.num_features, layer.eps, layer.momentum)
        self.weight, self.bias, self.workers = layer.weight, layer.bias, workers

    def _check_input_dim(self, x: Tensor) -> None:
        """Accept any number of dimensions, [batch, channels, ...]."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        others, size = [0, *range(2, x.dim())], x.numel() // x.shape[1] * self.workers.count
        mean = self._mean(x.float().mean(others, keepdim=True))  # [1, channels, 1, ...]
        centred = x.float() - mean
        variance = self._mean(centred.square().mean(others, keepdim=True))
        with torch.no_grad():
            self.running_mean.lerp_(mean.flatten(), self.momentum)
            self.running_var.lerp_(variance.flatten() * size / (size - 1), self.momentum)
            self.num_batches_tracked.add_(1)
        weight, bias = (each.view_as(mean) for each in (self.weight, self.bias))
        return (centred * (variance + self.eps).rsqrt() * weight + bias).to(x.dtype)

    def _mean(self, values: Tensor) -> Tensor:
        return _Sum.apply(values) / self.workers.count


class WholeBatchDropout(nn.Module):
    """Dropout that draws for the whole batch and uses its process's part."""

    def __init__(self, layer: _DropoutNd, workers: Workers):
        super().__init__()
        self.drop, self.workers = layer, workers

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        whole = len(x) * self.workers.count
        return x * self.drop(x.new_ones(whole, *x.shape[1:]))[self.workers.part(whole)]


class _Sum(torch.autograd.Function):
    """The sum over the processes; gradients are summed too, since the sum enters every process's loss."""

    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)
