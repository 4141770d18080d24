"""Parts that several architectures share."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDE = 128 * 256  # in times out channels from which a CPU does better with one matrix product a layer


class FoldedConv1d(nn.Module):
    """A strided convolution, up or down, computed as a short one without stride on groups of `stride` samples.

    The parameters keep the strided form. In inference mode, where weights stay as they are, the short kernel is kept.

    Folding costs as much as 25 multiplications a weight: little where channels are few and samples many, more than
    the convolution itself where it is the other way round. Wide layers on a CPU are therefore one matrix product of
    the strided weights as they lie, which runs faster there than the library's convolutions, backward above all.
    """

    def __init__(self, shape: tuple[int, int, int], out_channels: int, stride: int):
        super().__init__()
        self.stride, self.padding = stride, (shape[-1] - stride + 1) // 2
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.xavier_uniform_(self.weight)
        self._kept: tuple[nn.Parameter, Tensor] | None = None

    def multiplies(self, x: Tensor) -> bool:
        """Whether this layer is one matrix product: a question of its sizes and device alone, never of the clock."""
        return x.device.type == "cpu" and self.weight.shape[0] * self.weight.shape[1] >= WIDE

    def kernel(self) -> Tensor:
        """The short convolution's kernel, [out, in, 1, odd taps], channels innermost."""
        if not torch.is_inference_mode_enabled():
            return self._laid_out()
        if self._kept is None or self._kept[0] is not self.weight:
            self._kept = (self.weight, self._laid_out())
        return self._kept[1]

    def _laid_out(self) -> Tensor:
        return self._fold()[:, :, None].contiguous(memory_format=torch.channels_last)


class UpConv1d(FoldedConv1d):
    """`ConvTranspose1d(kernel_size=25, stride, padding=(26 - stride) // 2, output_padding=1)`, computed sub-pixel.

    Output phase r of a transposed convolution sees only the taps k = r + padding (mod stride), so the whole is
    one short convolution to `stride` times the channels, whose phases are then read as time. That avoids the
    transposed form's slow backward pass, and makes `stride * time` samples of `time`.

    TensorFlow's SAME pads one sample less on the left than this (Donahue et al.'s code): weights from
    there sit one tap later.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 25, stride: int = 4):
        super().__init__((in_channels, out_channels, kernel_size), out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, in_channels, time] to [batch, out_channels, stride * time]."""
        if self.multiplies(x):
            return self._multiplied(x)
        batch, _, time = x.shape
        x = conv1d_time_major(x, self.kernel(), self.bias.repeat(self.stride))  # [batch, stride * out, time]
        return x.transpose(1, 2).reshape(batch, time * self.stride, -1).transpose(1, 2)

    def _multiplied(self, x: Tensor) -> Tensor:
        """Each frame's contribution to as many samples of each channel as there are taps, then overlap-add."""
        size, time = self.weight.shape[-1], x.shape[-1] * self.stride
        rows = x.transpose(1, 2).flatten(0, 1)  # one product: as one a clip it would copy the weights for each
        columns = (rows @ self.weight.flatten(1)).unflatten(0, (len(x), -1))  # [batch, time, out * taps]
        form = {"stride": (1, self.stride), "padding": (0, self.padding)}
        return F.fold(columns.transpose(1, 2), (1, time), (1, size), **form).squeeze(2) + self.bias[:, None]

    def _fold(self) -> Tensor:
        """[stride * out, in, taps] of y[stride * m + r] = sum over d of x[m - d] w[stride * d + r + padding].

        A convolution's taps run against d, hence the flip.
        """
        taps = _folded(self.weight, self.stride, self.padding)  # [in, out, taps, stride]
        return taps.permute(3, 1, 0, 2).flatten(0, 1).flip(-1)


class DownConv1d(FoldedConv1d):
    """`Conv1d(kernel_size=25, stride, padding=(26 - stride) // 2)` with the stride folded into channels.

    Each group of `stride` samples becomes one frame, in which a short convolution without stride does the work.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 25, stride: int = 4):
        super().__init__((out_channels, in_channels, kernel_size), out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, in_channels, time] to [batch, out_channels, time / stride]."""
        if self.multiplies(x):
            return self._multiplied(x)
        batch, _, time = x.shape
        x = x.transpose(1, 2).reshape(batch, time // self.stride, -1).transpose(1, 2)  # [batch, stride * in, frames]
        return conv1d_time_major(x, self.kernel(), self.bias)

    def _multiplied(self, x: Tensor) -> Tensor:
        """The 25 samples of each channel under each output frame side by side, then one product."""
        rows = F.pad(x, (self.padding, self.padding)).unfold(2, self.weight.shape[-1], self.stride)
        rows = rows.transpose(1, 2).flatten(2)  # [batch, frames, in * 25]
        return F.linear(rows, self.weight.flatten(1), self.bias).transpose(1, 2)

    def _fold(self) -> Tensor:
        """[out, stride * in, taps] of y[m] = sum over k of x[stride * m + k - padding] w[k]."""
        taps = _folded(self.weight, self.stride, self.padding)  # [out, in, taps, stride]
        return taps.permute(0, 3, 1, 2).flatten(1, 2)


def _folded(weight: Tensor, stride: int, padding: int) -> Tensor:
    """A kernel's taps in rows of `stride`, the tap at `padding` first of the middle row: [..., rows, stride]."""
    size = weight.shape[-1]
    reach = max(math.ceil(padding / stride), (size - 1 - padding) // stride)
    before = reach * stride - padding
    after = (2 * reach + 1) * stride - before - size
    return F.pad(weight, (before, after)).unflatten(-1, (2 * reach + 1, stride))


def conv1d_time_major(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolution that keeps the length, with channels innermost in memory: then (un)folding time is a view.

    Args:
        x: [batch, in, time]; kernel: [out, in, 1, odd taps].

    Returns:
        [batch, out, time], a transposed view of [batch, time, out].
    """
    x = x[:, :, None].contiguous(memory_format=torch.channels_last)  # [batch, in, 1, time]
    return F.conv2d(x, kernel, bias, padding=(0, kernel.shape[-1] // 2)).squeeze(2)


class PhaseShuffle(nn.Module):
    """Shift a batch's activations by a random -n to n samples, reflecting at the edges (Donahue et al. 2018, 3.3).

    One shift a call, as in the published code. It is drawn and applied on the device: no synchronisation.
    """

    def __init__(self, max_shift: int):
        super().__init__()
        self.max_shift = max_shift

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels, time], the shape kept."""
        if self.max_shift == 0:
            return x
        last = x.shape[-1] - 1
        shift = torch.randint(-self.max_shift, self.max_shift + 1, (1,), device=x.device)
        position = (torch.arange(x.shape[-1], device=x.device) + shift).abs()
        position = last - (last - position).abs()
        return x.transpose(1, 2).index_select(1, position).transpose(1, 2)  # keeps channels innermost


def label_embedding(num: int, dim: int) -> nn.Embedding | None:
    """A vector for each of `num` labels; None for a model without labels.

    Its start is not drawn on the meta device, where that would import all of torch._dynamo.
    """
    if num == 0:
        return None
    weight = torch.empty(num, dim)
    return nn.Embedding.from_pretrained(weight if weight.is_meta else weight.normal_(), freeze=False)


class LabelledLatent(nn.Module):
    """z, with an embedding of the label behind it where the model has labels."""

    def __init__(self, latent_dim: int, num_labels: int):
        super().__init__()
        self.embedding = label_embedding(num_labels, latent_dim)
        self.out_features = latent_dim * (2 if num_labels else 1)

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        """[batch, latent_dim] and label indices [batch] to [batch, out_features]."""
        check_label(label, self.embedding is not None)
        return z if self.embedding is None else torch.cat([z, self.embedding(label)], dim=1)


class ProjectionHead(nn.Module):
    """One unbounded logit of the features, plus the projection on the label (Miyato and Koyama 2018)."""

    def __init__(self, in_features: int, channels: int, num_labels: int):
        super().__init__()
        self.linear = nn.Linear(in_features, 1)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.embedding = nn.Embedding(num_labels, channels) if num_labels else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, std=channels**-0.5)

    def forward(self, features: Tensor, label: Tensor | None) -> Tensor:
        """[batch, channels, ...] to logits [batch]."""
        check_label(label, self.embedding is not None)
        logits = self.linear(features.flatten(1)).squeeze(1)
        if self.embedding is None:
            return logits
        pooled = features.flatten(2).mean(2) if features.dim() > 2 else features  # [batch, channels]
        return logits + (pooled * self.embedding(label)).sum(1)


def check_label(label: Tensor | None, conditional: bool) -> None:
    """Raise ValueError unless a label is given exactly where the model has labels."""
    if conditional and label is None:
        raise ValueError("label is needed: this model has labels")
    if label is not None and not conditional:
        raise ValueError("label must be None: this model has no labels")


def init_published(module: nn.Module) -> None:
    """Glorot-uniform weights and zero biases, TensorFlow's defaults, which the published networks start from."""
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
