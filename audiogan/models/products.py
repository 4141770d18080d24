"""Several float32 matrix products at once, on a CPU.

PyTorch uses MKL for them, which reserves its AVX-512 code for Intel's processors. oneDNN, which PyTorch also includes,
is twice as fast on others. It computes them as one single-tap convolution with a group per product, and chooses the
layout of the matrices for a number of rows.
"""

import torch
from torch import Tensor

ONE = [1, 1]
NONE = [0, 0]


def packed(matrices: Tensor, rows: int) -> Tensor:
    """Prepare matrices [products, in, out] for `multiply`, laid out for that many rows if oneDNN computes.

    Another number of rows gives correct results, but slowly. So does another number of threads than now.
    """
    if not _by_one_dnn():
        return matrices
    products, channels, out = matrices.shape
    taps = matrices.transpose(1, 2).reshape(products * out, channels, 1, 1).contiguous().to_mkldnn()
    entering = [1, products * channels, 1, rows]
    return torch._C._nn.mkldnn_reorder_conv2d_weight(taps, NONE, ONE, ONE, products, entering)


def multiply(values: Tensor, matrices: Tensor) -> Tensor:
    """[rows, products, in] by `packed` matrices, one per product: [rows, products, out]."""
    if not matrices.is_mkldnn:
        return torch.bmm(values.transpose(0, 1), matrices).transpose(0, 1)
    rows, products, _ = values.shape
    image = values.view(1, 1, rows, -1).permute(0, 3, 1, 2)  # [1, products * in, 1, rows], channels innermost
    # torch.mkldnn_convolution would leave channels outermost for packed taps; this is what torch.compile calls
    y = torch.ops.mkldnn._convolution_pointwise(image, matrices, None, NONE, ONE, ONE, products, "none", [], "")
    return y.permute(0, 2, 3, 1).view(rows, products, -1)


def _by_one_dnn() -> bool:
    return torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"
