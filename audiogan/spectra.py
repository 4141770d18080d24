"""The log spectrograms that spectral generators draw and data sets keep statistics of."""

from dataclasses import dataclass

HOP_LENGTH = 128  # samples, for all of them
LOG_FLOOR = 1e-6  # added to magnitudes, as in SpecGAN
MEASURED = slice(4, None, 8)  # frames that statistics are taken over: every 1,024 samples, from sample 512 on


@dataclass(frozen=True)
class LogSpectrogram:
    """log(magnitude + 1e-6) of an STFT (see `dsp`) without its last frame: linear bins below Nyquist, or mel bins.

    Args:
        n_fft: samples of a window.
        n_mels: bins of a mel spectrogram; 0 keeps the linear bins below Nyquist.
    """

    n_fft: int
    n_mels: int = 0

    @property
    def num_bins(self) -> int:
        return self.n_mels or self.n_fft // 2

    def name(self, sample_rate: int) -> str:
        """Key of its statistics: all they depend on but the audio; `sample_rate`, in Hz, matters to mel bins only."""
        if not self.n_mels:
            return f"log-magnitude-{self.n_fft}-{HOP_LENGTH}"
        return f"log-mel-{self.n_fft}-{HOP_LENGTH}-{self.n_mels}-{sample_rate}"


LINEAR = LogSpectrogram(256)  # Donahue, McAuley and Puckette 2019
MEL = LogSpectrogram(1024, 128)  # the report
EVERY = (LINEAR, MEL)
