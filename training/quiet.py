"""The quiet parts of a label's sounds: pauses as silent as real ones, and no line or hiss under every note.

Critics are slow to teach this, since it is faint. Up-convolutions leave lines at the rate of their strides wherever the
layer before is constant (Odena et al. 2016). These whistle through the pauses, and once gone from one label or rate,
they appear in another. So each label's mean log spectrogram is kept, finely resolved, of real clips and of fakes, and
fakes are pulled to the real one, from above or below. Partials lie elsewhere in each clip, so that a bin is mostly
background: a constant line or hiss raises its mean by its full level. Clips are compared at equal energy: otherwise
the cheapest way to a low background would be to play softly.
"""

import torch
from torch import Tensor

from audiogan import dsp
from audiogan.config import ModelConfig
from training.distributed import Workers

N_FFT = 2048
FAINTEST = 1e-6  # mean power of a clip below which it is no sound
MEMORY = 0.98  # decay of a label's mean per clip
LENIENCE = 1.0  # in the logarithm of power: 4 dB


class Quiet:
    """Compares fakes with real clips of their label; its state is both means of each label, kept on the device.

    Args:
        workers: the processes that share each batch; means are over all of it.
        floor_db: level below which all counts as silence, in dB relative to a sine with all of a clip's energy.
    """

    def __init__(self, model: ModelConfig, device: torch.device, workers: Workers, floor_db: float):
        self.workers, self.floor = workers, 10 ** (floor_db / 10)
        shape = log_power(torch.zeros(1, model.num_samples), self.floor).shape[1:]
        labels = max(1, len(model.labels))
        self.means = torch.zeros(labels, 2, *shape, device=device)  # of real clips, of fakes
        self.heard = torch.zeros(labels, device=device)  # clips so far

    def __call__(self, real: Tensor, fake: Tensor, label: Tensor) -> Tensor:
        """The squared difference of the means beyond `LENIENCE`, averaged over the batch, frames and bins.

        Args:
            real, fake: waveforms [batch, num_samples].
            label: indices [batch].
        """
        logs = log_power(fake, self.floor)
        with torch.no_grad():
            self._listen(torch.stack([log_power(real, self.floor), logs.detach()], dim=1), label)
            above = self.means[:, 1] - self.means[:, 0]
            excess = (above - above.clamp(-LENIENCE, LENIENCE))[label]
        # the value is that of the means; the gradient moves this batch's clips by the means' excess or lack
        return (excess * (excess + logs - logs.detach())).mean()

    def state_dict(self) -> dict[str, Tensor]:
        return {"means": self.means, "heard": self.heard}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore the means; an empty state, from before the loss was asked for, changes nothing."""
        if not state:
            return
        self.means.copy_(state["means"])
        self.heard.copy_(state["heard"])

    def _listen(self, logs: Tensor, label: Tensor) -> None:
        """Move the means of each label present towards its clips, [batch, 2, frames, bins]; at first, plain means."""
        count, mean = self.workers.by_label(logs, label, len(self.heard))
        self.heard += count
        pace = torch.maximum(1 - MEMORY**count, count / self.heard.clamp_min(1))
        self.means.lerp_(mean, pace[:, None, None, None])


def log_power(audio: Tensor, floor: float) -> Tensor:
    """Log power spectrogram of clips at equal energy: [batch, num_samples] to [batch, frames, bins].

    0 is the power of a sine that lasts the whole clip and has all of its energy; `floor` is added to each power.
    """
    level = audio.square().mean(1, keepdim=True).clamp_min(FAINTEST).sqrt()
    spectrum = dsp.stft(audio / level, N_FFT, N_FFT // 2)
    scale = 2 / (N_FFT / 2) ** 2  # a Hann window's sum is half its length
    power = scale * (spectrum.real.square() + spectrum.imag.square()).to(audio.device)
    return torch.log(power + floor).mT
