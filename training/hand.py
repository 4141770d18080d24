"""The samples that one step of the game is played with."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Hand:
    """Real and fake native samples for one step, augmented alike, and the critics' views of them.

    `fake` and `fake_views` carry the generator's gradient if it is to learn from them. `shortfall` is the generator's
    loss besides its critics', already weighted.
    """

    label: Tensor | None
    real: Tensor
    fake: Tensor
    real_views: tuple
    fake_views: tuple
    shortfall: Tensor | float = 0.0

    def detached(self) -> "Hand":
        """The same for the critic, without the generator's gradient."""
        return Hand(self.label, self.real, self.fake.detach(), self.real_views, _each(Tensor.detach, self.fake_views))

    def in_float32(self) -> "Hand":
        """The same with views in full precision, as penalties need them."""
        views = (_each(Tensor.float, views) for views in (self.real_views, self.fake_views))
        return Hand(self.label, self.real, self.fake, *views, self.shortfall)


def _each(change: Callable[[Tensor], Tensor], views: tuple) -> tuple:
    """Apply `change` to each view; views may be nested."""
    return tuple(_each(change, view) if isinstance(view, tuple) else change(view) for view in views)
