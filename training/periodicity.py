"""Notes no noisier than real ones: critics are slow to teach this, since noise hides under loud harmonics.

A sound of period T differs from itself T later by its aperiodic part (the difference function of YIN, de Cheveigne and
Kawahara 2002). That is measured over time, attack included, and compared with real clips of the same label and pitch.
The loss is 0 where a note is as clean as they are.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan.models.critics import other_of_pair

SLICES = 32
FLOOR = 1e-3  # added to the aperiodicity before its logarithm
QUIET = 1e-3  # of the loudest slice's energy: quieter slices count as periodic
LENIENCE = 0.3  # in the logarithm


def noisier(real: Tensor, fake: Tensor, pitch: Tensor, sample_rate: int) -> Tensor:
    """How far the log aperiodicity of fakes exceeds that of real clips, at least 0, averaged over time and clips.

    Args:
        real, fake: waveforms [batch, num_samples] of the same labels and pitches; so are clips 2 i and 2 i + 1.
        pitch: MIDI numbers [batch], NaN for sounds without one, which count as 0.
    """
    pitched = (~pitch.isnan()).float()[:, None]
    period = sample_rate / (440 * torch.exp2((pitch.nan_to_num(69.0) - 69) / 12))
    with torch.no_grad():
        allowed = torch.log(aperiodicity(real, period) + FLOOR)
        allowed = torch.maximum(allowed, other_of_pair(allowed)) + LENIENCE
    excess = F.relu(torch.log(aperiodicity(fake, period) + FLOOR) - allowed)
    return (excess * pitched).mean()


def aperiodicity(audio: Tensor, period: Tensor) -> Tensor:
    """Energy of a sound minus itself a period later, over the energy of both: 0 for a tone, about 1 for noise.

    Args:
        audio: [batch, num_samples], silent before its start.
        period: samples [batch], not necessarily whole, below half of num_samples.

    Returns:
        [batch, SLICES], over time.
    """
    size = audio.shape[-1]
    turns = torch.fft.rfftfreq(2 * size, device=audio.device) * period[:, None]  # twice the length: nothing wraps
    delay = torch.polar(torch.ones_like(turns), -2 * math.pi * turns)
    later = torch.fft.irfft(torch.fft.rfft(audio, 2 * size) * delay, 2 * size)[:, :size]
    change, energy = (
        F.adaptive_avg_pool1d(power[:, None], SLICES).squeeze(1)
        for power in ((audio - later).square(), audio.square() + later.square())
    )
    return change / (energy + QUIET * energy.amax(1, keepdim=True) + 1e-9)
