"""Several float32 matrix products at once, on a CPU.

PyTorch asks MKL for them, which keeps its AVX-512 code for its maker's own processors. oneDNN, which PyTorch brings
too, is twice as fast on others: it takes them as one convolution of a single tap in as many groups, with the matrices
in a layout that it chooses for a number of rows.
"""

import torch
from torch import Tensor

ONE = [1, 1]
NONE = [0, 0]


def packed(matrices: Tensor, rows: int) -> Tensor:
    """What `multiply` takes for [products, in, out], laid out for so many rows where oneDNN computes.

    Other numbers of rows are right as well, but slow. So are other numbers of threads than there are now.
    """
    if not _by_one_dnn():
        return matrices
    products, channels, out = matrices.shape
    taps = matrices.transpose(1, 2).reshape(products * out, channels, 1, 1).contiguous().to_mkldnn()
    entering = [1, products * channels, 1, rows]
    return torch._C._nn.mkldnn_reorder_conv2d_weight(taps, NONE, ONE, ONE, products, entering)


def multiply(values: Tensor, matrices: Tensor) -> Tensor:
    """[rows, products, in] by `packed` matrices, each product by its own: [rows, products, out]."""
    if not matrices.is_mkldnn:
        return torch.bmm(values.transpose(0, 1), matrices).transpose(0, 1)
    rows, products, _ = values.shape
    image = values.view(1, 1, rows, -1).permute(0, 3, 1, 2)  # [1, products * in, 1, rows], channels innermost
    # torch.mkldnn_convolution would leave channels outermost for packed taps; this is what torch.compile calls
    y = torch.ops.mkldnn._convolution_pointwise(image, matrices, None, NONE, ONE, ONE, products, "none", [], "")
    return y.permute(0, 2, 3, 1).view(rows, products, -1)


def _by_one_dnn() -> bool:
    return torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"
