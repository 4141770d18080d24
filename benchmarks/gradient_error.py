"""The error of bfloat16 in a critic step's gradient, compared with the change from another batch."""

from dataclasses import replace

import torch
from torch import Tensor

from training.game import Game
from training.hand import Hand


def gradient_errors(game: Game, rounds: int = 3) -> dict[str, float]:
    """Relative distances from the float32 gradient of all weights of a WGAN-GP critic, medians over batches.

    Returns:
        `gradient_error` with everything in bfloat16, `gradient_error_outside_penalty` with the penalty left in
        float32, `penalty_gradient_error` of the penalty's gradient alone, and `gradient_of_another_batch`, the
        distance to another batch's gradient in float32: the noise in every step.
    """
    measured = [_errors(game) for _ in range(rounds)]
    return {name: float(torch.tensor([each[name] for each in measured]).median()) for name in measured[0]}


def _errors(game: Game) -> dict[str, float]:
    hand, other = (game.deal(for_generator=False).detached() for _ in range(2))
    loss, penalty = _gradients(game, hand, "float32")
    rough_loss, rough_penalty = _gradients(game, hand, "bfloat16")
    exact, another = loss + penalty, sum(_gradients(game, other, "float32"))
    return {
        "gradient_error": _distance(rough_loss + rough_penalty, exact),
        "gradient_error_outside_penalty": _distance(rough_loss + penalty, exact),
        "penalty_gradient_error": _distance(rough_penalty, penalty),
        "gradient_of_another_batch": _distance(another, exact),
    }


def _gradients(game: Game, hand: Hand, precision: str) -> tuple[Tensor, Tensor]:
    """Gradients of the loss and of the weighted penalty, [weights] each, with the same random numbers in every call."""
    config, state = game.config, game.rng.get_state()
    torch.manual_seed(0)  # phase shuffle
    game.rng.manual_seed(0)
    game.config = replace(config, precision=precision)
    loss, penalty = game.discriminator_loss(hand, penalised=True)
    game.config = config
    game.rng.set_state(state)
    weights = [weight for weight in game.discriminator.parameters() if weight.requires_grad]
    return _flat(loss, weights), _flat(config.penalty * penalty, weights)


def _flat(scalar: Tensor, weights: list[Tensor]) -> Tensor:
    gradients = torch.autograd.grad(scalar, weights, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


def _distance(gradient: Tensor, exact: Tensor) -> float:
    return ((gradient - exact).norm() / exact.norm()).item()
