"""Layers that several architectures share."""

import torch
from torch import Tensor, nn

from audiogan.models.shifts import Shift, places


class PhaseShuffle(nn.Module):
    """Shift a batch's activations by a random -n to n samples, reflecting at the edges (Donahue et al. 2018, 3.3).

    One shift per call, as in the published code. It is drawn and applied on the device: no synchronisation.
    """

    def __init__(self, max_shift: int):
        super().__init__()
        self.max_shift = max_shift

    def forward(self, x: Tensor, parts: int = 1) -> Tensor:
        """[batch, channels, time], the shape kept; each of `parts` equal parts of the batch has its own shift."""
        if self.max_shift == 0:
            return x
        shift = torch.randint(-self.max_shift, self.max_shift + 1, (parts,), device=x.device)
        x = x.transpose(1, 2).contiguous()  # [batch, time, channels], as convolutions leave it
        return Shift.apply(x, places(x, shift, self.max_shift)).transpose(1, 2)


def label_embedding(num: int, dim: int) -> nn.Embedding | None:
    """A vector for each of `num` labels; None for a model without labels.

    Nothing is drawn on the meta device, where that would import all of torch._dynamo.
    """
    if num == 0:
        return None
    weight = torch.empty(num, dim)
    return nn.Embedding.from_pretrained(weight if weight.is_meta else weight.normal_(), freeze=False)


class LabelledLatent(nn.Module):
    """z, followed by an embedding of the label if the model has labels."""

    def __init__(self, latent_dim: int, num_labels: int):
        super().__init__()
        self.embedding = label_embedding(num_labels, latent_dim)
        self.out_features = latent_dim * (2 if num_labels else 1)

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        """[batch, latent_dim] and label indices [batch] to [batch, out_features]."""
        check_label(label, self.embedding is not None)
        return z if self.embedding is None else torch.cat([z, self.embedding(label)], dim=1)


class ProjectionHead(nn.Module):
    """One unbounded logit of the features, plus the projection on the label (Miyato and Koyama 2018)."""

    def __init__(self, in_features: int, channels: int, num_labels: int):
        super().__init__()
        self.linear = nn.Linear(in_features, 1)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.embedding = nn.Embedding(num_labels, channels) if num_labels else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, std=channels**-0.5)

    def forward(self, features: Tensor, label: Tensor | None) -> Tensor:
        """[batch, channels, ...] to logits [batch]."""
        check_label(label, self.embedding is not None)
        logits = self.linear(features.flatten(1)).squeeze(1)
        if self.embedding is None:
            return logits
        pooled = features.flatten(2).mean(2) if features.dim() > 2 else features  # [batch, channels]
        return logits + (pooled * self.embedding(label)).sum(1)


def check_label(label: Tensor | None, conditional: bool) -> None:
    """Raise ValueError unless a label is given exactly where the model has labels."""
    if conditional and label is None:
        raise ValueError("label is needed: this model has labels")
    if label is not None and not conditional:
        raise ValueError("label must be None: this model has no labels")


def init_published(module: nn.Module) -> None:
    """Set Glorot-uniform weights and zero biases: TensorFlow's defaults, as in the published networks."""
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
