"""Everything a training run resumes from, as named tensors: networks, optimisers and random generators."""

import zlib

import torch
from torch import Tensor, nn


class TrainingState:
    """The parts of a run that change with every step.

    Args:
        modules: networks by name.
        optimizers: by name; their groups' settings come from the run's config, not from here.
        generators: random generators by name, besides the global ones of the CPU and of the device.
        others: whatever else has a state_dict, by name.
    """

    def __init__(
        self,
        modules: dict[str, nn.Module],
        optimizers: dict[str, torch.optim.Optimizer],
        generators: dict[str, torch.Generator],
        others: dict,
        device: torch.device,
    ):
        self.modules, self.optimizers, self.generators = modules | others, optimizers, generators
        self.device = device

    def tensors(self) -> dict[str, Tensor]:
        """The state under flat names, `PART.KEY`."""
        tensors = {}
        for name, module in self.modules.items():
            tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            for number, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}.{number}.{key}": value for key, value in state.items()}
        tensors |= {f"rng.{name}": generator.get_state() for name, generator in self.generators.items()}
        tensors["rng.cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["rng.cuda"] = torch.cuda.get_rng_state(self.device)
        if self.device.type == "mps":
            tensors["rng.mps"] = torch.mps.get_rng_state()
        return tensors

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore everything from `tensors`; if those are from another type of device, reseed the random generators.

        Raises:
            ValueError: a part is missing or has another shape.
        """
        try:
            self._restore(tensors)
        except KeyError as error:
            raise ValueError(f"the run's last state lacks {error}: remove it to resume from the one before") from None
        except (IndexError, RuntimeError) as error:
            raise ValueError(f"the run's last state does not fit these networks: {error}") from None

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, module in self.modules.items():
            module.load_state_dict(below(tensors, name))
        for name, optimizer in self.optimizers.items():
            _restore_optimizer(optimizer, below(tensors, name))
        states = {name: tensors[f"rng.{name}"] for name in ("cpu", *self.generators)}
        if self.device.type != next((kind for kind in ("cuda", "mps") if f"rng.{kind}" in tensors), "cpu"):
            self._begin_anew(states)
            return
        for name, generator in self.generators.items():
            generator.set_state(states[name])
        torch.set_rng_state(states["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["rng.cuda"], self.device)
        if self.device.type == "mps":
            torch.mps.set_rng_state(tensors["rng.mps"])

    def _begin_anew(self, states: dict[str, Tensor]) -> None:
        """Seed every generator from its state on another type of device, which it cannot load itself."""
        for name, generator in self.generators.items():
            generator.manual_seed(zlib.crc32(states[name].numpy()))
        torch.manual_seed(zlib.crc32(states["cpu"].numpy()))  # the device's, too


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Load `NUMBER.KEY` tensors; those of a parameter's shape take its memory layout, which fused steps rely on."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    states: dict[int, dict] = {}
    for key, value in tensors.items():
        number, _, part = key.partition(".")
        like = parameters[int(number)]
        laid_out = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
        states.setdefault(int(number), {})[part] = laid_out
    parts = {part for state in states.values() for part in state}
    for number, state in states.items():
        if missing := parts - set(state):
            raise KeyError(f"{number}.{min(missing)}")
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})


def below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names start with `prefix.`, without it."""
    start = f"{prefix}."
    return {key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)}
