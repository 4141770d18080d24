"""Import `gan_*.tar` of the best-known PyTorch port of WaveGAN (github.com/mostafaelaraby/wavegan-pytorch).

Such a file is a dictionary written by `torch.save`. PyTorch's weights-only loader reads it: it creates tensors,
numbers, text and containers of them, and refuses anything else in a pickle.
"""

import hashlib
import os
import re
import warnings
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan import checkpoint
from audiogan.config import ModelConfig
from audiogan.models import build_generator
from audiogan.models.base import Generator
from audiogan.models.wavegan import FIRST_FRAMES, strides, widths

TAPS, UPSAMPLING = 25, 4
MERGED_TAPS = TAPS + UPSAMPLING - 1
CRITIC_FEATURES = {256: 16384, 480: 32768, 512: 65536}  # clip length by the critic's last features per width
TRANSPOSED, NEAREST = "transposed", "nearest"
_LAYER = re.compile(r"deconv_list\.(\d+)\.transpose_ops\.([01])\.(weight|bias)")
_UNUSED = re.compile(r"bn1\.(weight|bias|running_mean|running_var|num_batches_tracked)")
_FORBIDDEN = re.compile(r"GLOBAL (\S+)")


@dataclass(frozen=True)
class Imported:
    """A generator that sounds like the one in a file.

    Attributes:
        generator: ours, in float32.
        layers: `transposed` (ConvTranspose1d) or `nearest` (nearest upsampling, then Conv1d).
        iterations: how long it was trained; 0 if the file does not say.
        sha256: of the file.
    """

    generator: Generator
    layers: str
    iterations: int
    sha256: str


def read(path: str | os.PathLike, sample_rate: int = 16000) -> Imported:
    """The generator of a `gan_*.tar`; width, latent size, clip length and kind of layers are read from its tensors.

    Args:
        sample_rate: Hz, which the file does not say.

    Raises:
        ValueError: not such a file, or a variant not supported: batch norm, several channels, other sizes.
        OSError: the file cannot be read.
    """
    document = _load(path)
    try:
        state, layers = _checked(document.get("generator") if isinstance(document, dict) else None)
        config = _config(state, layers, _critic_features(document), sample_rate)
        converted = _converted(state, layers, config)  # checked before a network of that size takes memory
        generator = build_generator(config)
        generator.load_state_dict(converted)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)} has no generator that can be imported: {error}") from None
    with open(path, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Imported(generator.eval(), layers, _iterations(document.get("n_iterations")), sha256)


def merged(weight: Tensor) -> Tensor:
    """Taps of the transposed convolution that equals fourfold nearest upsampling and a convolution.

    With u[n] = x[n // 4], the sum over k of w[k] u[n + k - 12] includes x[m] where 4 m <= n + k - 12 <= 4 m + 3. Its
    weight is v[n - 4 m + 12], where v[i] sums w[24 - i + r] over r from 0 to 3. Both pad with zeros: the edges agree.

    Args:
        weight: [out, in, 25].

    Returns:
        [in, out, 28], for stride 4 and padding 12.
    """
    padded = F.pad(weight.double().flip(-1), (UPSAMPLING - 1, UPSAMPLING - 1))
    return padded.unfold(-1, UPSAMPLING, 1).sum(-1).transpose(0, 1)


def merged_halved(weight: Tensor) -> Tensor:
    """`merged` for a convolution of stride 2, the last one of the port's 32,768-sample form: every other tap.

    Returns:
        [in, out, 28] for stride 2 and padding 13, the 14 taps in the middle.
    """
    return F.pad(merged(weight)[..., ::2], (UPSAMPLING + 3, UPSAMPLING + 3))


def _iterations(count: object) -> int:
    """The file's count of iterations if it is plausible, else 0."""
    return count if type(count) is int and 0 <= count <= checkpoint.MAX_STEPS else 0


def _load(path: str | os.PathLike) -> object:
    """Load what `torch.save` wrote: tensors, numbers, text and containers. Anything else is a ValueError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles of other kinds, which are refused in a sentence
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or hostile file may fail anywhere in the reader
        if isinstance(error, OSError) and error.filename is not None:
            raise  # it cannot be opened
        if found := _FORBIDDEN.search(str(error)):
            raise ValueError(
                f"{os.fspath(path)} is refused: it asks for {found[1]}, and loading anything but tensors can run code"
            ) from None
        raise ValueError(f"{os.fspath(path)} is damaged, or not a file that torch.save wrote") from None


def _checked(state: object) -> tuple[dict[str, Tensor], str]:
    """The generator's tensors in use, and the kind of layers they belong to."""
    if not isinstance(state, dict) or "fc1.weight" not in state:
        raise ValueError("there is no `generator` with an fc1.weight in it")
    if any("running_mean" in str(name) for name in state if not _UNUSED.fullmatch(str(name))):
        raise ValueError("it has batch norm between its layers, which this import does not support")
    used = {str(name): tensor for name, tensor in state.items() if not _UNUSED.fullmatch(str(name))}
    places = set()
    for name, tensor in used.items():
        layer = _LAYER.fullmatch(name)
        if layer is None and name not in ("fc1.weight", "fc1.bias"):
            raise ValueError(f"tensor {name!r} is unknown")
        if not _is_dense(tensor) or not tensor.is_floating_point():
            raise ValueError(f"{name!r} is not a dense tensor of floating-point numbers")
        places |= {layer[2]} if layer else set()
    if len(places) != 1:
        raise ValueError("its layers are not all of one kind")
    return used, TRANSPOSED if places == {"0"} else NEAREST


def _is_dense(tensor: object) -> bool:
    """Whether it is a tensor with a number in every place: not sparse, not a shape alone (`meta`)."""
    return isinstance(tensor, Tensor) and tensor.layout == torch.strided and tensor.device.type == "cpu"


def _critic_features(document: dict) -> int | None:
    """How many features the file's critic ends in: distinguishes 32,768 samples from 65,536."""
    critic = document.get("discriminator")
    last = critic.get("fc1.weight") if isinstance(critic, dict) else None
    return last.shape[1] if isinstance(last, Tensor) and last.dim() == 2 else None


def _config(state: dict[str, Tensor], layers: str, critic_features: int | None, sample_rate: int) -> ModelConfig:
    count = len({match[1] for match in map(_LAYER.fullmatch, state) if match})
    if count not in (5, 6) or state["fc1.weight"].dim() != 2:
        raise ValueError(f"it has {count} layers, not 5 (16,384 samples) or 6 (32,768 or 65,536)")
    features, latent_dim = state["fc1.weight"].shape
    width, rest = divmod(features, FIRST_FRAMES * 2 ** (count - 1))
    if rest or not width:
        raise ValueError(f"its first layer makes {features} features, which is not a multiple of 16 frames")
    num_samples = 16384 if count == 5 else CRITIC_FEATURES.get((critic_features or 0) / width, 16384)
    if count == 6 and num_samples == 16384:
        raise ValueError("it has 6 layers, but no discriminator of its size to tell 32,768 from 65,536 samples")
    return ModelConfig(
        "wavegan",
        dim=width,
        num_samples=num_samples,
        sample_rate=sample_rate,
        latent_dim=latent_dim,
        latent_distribution="normal",
        kernel_size=TAPS if layers == TRANSPOSED else MERGED_TAPS,
    )


def _converted(state: dict[str, Tensor], layers: str, config: ModelConfig) -> dict[str, Tensor]:
    """The tensors under our names and in our form.

    Raises:
        ValueError: one is missing, unknown or of another shape.
    """
    _check_shapes(state, _shapes(layers, config))
    ours = {"dense.weight": state["fc1.weight"], "dense.bias": state["fc1.bias"]}
    for number, stride in enumerate(strides(config.num_samples)):
        weight, bias = (state[_name(number, layers, part)] for part in ("weight", "bias"))
        if layers == NEAREST:
            weight = merged(weight) if stride == UPSAMPLING else merged_halved(weight)
        ours |= {f"layers.{number}.weight": weight, f"layers.{number}.bias": bias}
    return {name: tensor.float() for name, tensor in ours.items()}


def _name(number: int, layers: str, part: str) -> str:
    return f"deconv_list.{number}.transpose_ops.{1 if layers == NEAREST else 0}.{part}"


def _shapes(layers: str, config: ModelConfig) -> dict[str, list[int]]:
    """The shape of each tensor that such a file holds for a config."""
    channels = [*widths(config)[::-1], 1]
    features = FIRST_FRAMES * channels[0]
    shapes = {"fc1.weight": [features, config.latent_dim], "fc1.bias": [features]}
    for number, (i, o) in enumerate(pairwise(channels)):
        shapes[_name(number, layers, "weight")] = [i, o, TAPS] if layers == TRANSPOSED else [o, i, TAPS]
        shapes[_name(number, layers, "bias")] = [o]
    return shapes


def _check_shapes(state: dict[str, Tensor], expected: dict[str, list[int]]) -> None:
    for name in sorted(set(state) ^ set(expected)):
        raise ValueError(f"tensor {name!r} is {'unknown' if name in state else 'missing'}")
    for name, shape in expected.items():
        if list(state[name].shape) != shape:
            raise ValueError(f"tensor {name!r} has shape {list(state[name].shape)}, not {shape}")
