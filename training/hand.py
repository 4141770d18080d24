"""What one step of the game is played with."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Hand:
    """What one step is played with: real and fake native samples, augmented alike, and what the critics see of them.

    `fake` and `fake_views` carry the generator's gradient where the generator is to learn from them; `shortfall` is
    what it owes besides its critics' loss, already weighted.
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
    """Views, which may be nested, each changed."""
    return tuple(_each(change, view) if isinstance(view, tuple) else change(view) for view in views)
