"""The quiet parts of a label's sounds: pauses as silent as real ones, and nothing that stands under every note.

Critics are slow to teach it, since it is faint. What an up-convolution leaves at the rate of its strides where the
layer before is constant (Odena et al. 2016) whistles through the pauses, and once gone from one label, or one rate, it
stands in another. So each label's mean log spectrogram is kept, finely resolved, of real clips and of fakes, and fakes
are drawn to the real one, from above or below. A note's partials lie elsewhere in the next clip, so that a bin is
mostly background: a line or a hiss that is always there raises its mean by all it has. Clips are heard at equal energy:
else the cheapest way to a low background is to play softly.
"""

import torch
from torch import Tensor

from audiogan import dsp
from audiogan.config import ModelConfig
from training.distributed import Workers

N_FFT = 2048
FAINTEST = 1e-6  # of a clip's power: what is below that is no sound
MEMORY = 0.98  # of a label's mean, a clip
LENIENCE = 1.0  # of the logarithm of power: 4 dB


class Quiet:
    """Holds fakes against real clips of their label; its state is both means of each, kept on the device.

    Args:
        workers: the processes that share each batch, and hear all of it.
        floor_db: level below which all is silent, in dB of a sine that has all of a clip's energy.
    """

    def __init__(self, model: ModelConfig, device: torch.device, workers: Workers, floor_db: float):
        self.workers, self.floor = workers, 10 ** (floor_db / 10)
        shape = log_power(torch.zeros(1, model.num_samples), self.floor).shape[1:]
        labels = max(1, len(model.labels))
        self.means = torch.zeros(labels, 2, *shape, device=device)  # of real clips, of fakes
        self.heard = torch.zeros(labels, device=device)  # clips of each

    def __call__(self, real: Tensor, fake: Tensor, label: Tensor) -> Tensor:
        """The squared difference of the means beyond a little, averaged over the batch, frames and bins.

        Args:
            real, fake: waveforms [batch, num_samples].
            label: indices [batch].
        """
        logs = log_power(fake, self.floor)
        with torch.no_grad():
            self._listen(torch.stack([log_power(real, self.floor), logs.detach()], dim=1), label)
            above = self.means[:, 1] - self.means[:, 0]
            excess = (above - above.clamp(-LENIENCE, LENIENCE))[label]
        # its value is that of the means; its gradient moves today's clips by what those have too much or too little
        return (excess * (excess + logs - logs.detach())).mean()

    def state_dict(self) -> dict[str, Tensor]:
        return {"means": self.means, "heard": self.heard}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what was heard; nothing, where the loss was not asked for until now."""
        if not state:
            return
        self.means.copy_(state["means"])
        self.heard.copy_(state["heard"])

    def _listen(self, logs: Tensor, label: Tensor) -> None:
        """Move each heard label's means towards its clips', [batch, 2, frames, bins]; at first they are plain means."""
        count, mean = self.workers.by_label(logs, label, len(self.heard))
        self.heard += count
        pace = torch.maximum(1 - MEMORY**count, count / self.heard.clamp_min(1))
        self.means.lerp_(mean, pace[:, None, None, None])


def log_power(audio: Tensor, floor: float) -> Tensor:
    """Log power spectrogram of clips at equal energy: [batch, num_samples] to [batch, frames, bins].

    0 is the power of a sine that goes through the whole clip, and is all of it; no power counts as less than `floor`.
    """
    level = audio.square().mean(1, keepdim=True).clamp_min(FAINTEST).sqrt()
    spectrum = dsp.stft(audio / level, N_FFT, N_FFT // 2)
    scale = 2 / (N_FFT / 2) ** 2  # a Hann window's sum is half its length
    power = scale * (spectrum.real.square() + spectrum.imag.square()).to(audio.device)
    return torch.log(power + floor).mT
