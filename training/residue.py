"""Sound where real clips of a label have none: lines that strides leave, hiss, rumble, tails that do not end.

Critics are slow to teach it: it is faint beside the notes, and what steps of an up-convolution leave where the layer
before them is constant (Odena et al. 2016; a line at 1 kHz for strides of four at 16 kHz) wanders from label to label.
So the mean log spectrogram of each label is kept, of real clips and of fakes, finely resolved, and what fakes have
in excess of it is pressed down. A note's partials lie elsewhere in each clip and hardly show in a mean.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan import dsp
from audiogan.config import ModelConfig
from training.distributed import Workers

N_FFT = 2048
FLOOR = 1e-8  # of a power that a sine of amplitude 1 has as 1: -80 dBFS
MEMORY = 0.97  # of a label's mean, a clip
LENIENCE = 0.5  # of the logarithm of power: 2 dB


class Residue:
    """Holds fakes against real clips of their label; its state is both means of each, kept on the device.

    Args:
        workers: the processes that share each batch, and hear all of it.
    """

    def __init__(self, model: ModelConfig, device: torch.device, workers: Workers):
        self.workers = workers
        shape = log_power(torch.zeros(1, model.num_samples)).shape[1:]
        self.means = torch.zeros(2, max(1, len(model.labels)), *shape, device=device)  # of real clips, of fakes
        self.heard = torch.zeros(max(1, len(model.labels)), device=device)  # clips of each

    def __call__(self, real: Tensor, fake: Tensor, label: Tensor | None) -> Tensor:
        """The excess of fakes' mean log spectrograms, averaged over what is above real ones' by more than a little.

        Args:
            real, fake: waveforms [batch, num_samples].
            label: indices [batch].
        """
        label = torch.zeros(len(real), dtype=torch.long, device=real.device) if label is None else label
        logs = log_power(fake)
        with torch.no_grad():
            self._listen(torch.stack([log_power(real), logs.detach()]), label)
            excess = F.relu(self.means[1] - self.means[0] - LENIENCE)[label]
        # its value is the squared excess; its gradient moves today's clips by what the mean has too much
        return (excess * (excess + logs - logs.detach())).mean()

    def state_dict(self) -> dict[str, Tensor]:
        return {"means": self.means, "heard": self.heard}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.means.copy_(state["means"])
        self.heard.copy_(state["heard"])

    def _listen(self, logs: Tensor, label: Tensor) -> None:
        """Move each heard label's means towards its clips', [2, batch, frames, bins]; early on they are plain means."""
        count = torch.zeros_like(self.heard).index_add_(0, label, torch.ones_like(label, dtype=logs.dtype))
        total = torch.zeros_like(self.means).index_add_(1, label, logs)
        count, total = (self.workers.mean(part) * self.workers.count for part in (count, total))
        self.heard += count
        pace = torch.maximum(1 - MEMORY**count, count / self.heard.clamp_min(1))[:, None, None]
        mean = total / count.clamp_min(1)[:, None, None]
        self.means.lerp_(mean, pace)


def log_power(audio: Tensor) -> Tensor:
    """Log power of a spectrogram in which a sine of amplitude 1 is 0: [batch, num_samples] to [batch, frames, bins]."""
    spectrum = dsp.stft(audio, N_FFT, N_FFT // 2)
    scale = (4 / N_FFT) ** 2  # a Hann window's sum is half its length
    power = scale * (spectrum.real.square() + spectrum.imag.square()).to(audio.device)
    return torch.log(power + FLOOR).mT
