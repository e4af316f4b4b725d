"""A vision transformer on tubes of pixels: one embedding a window.

The architecture of VideoMAE (Tong et al. 2022), which VideoMAE v2 and MVD share: a picture of a few
frames is cut into tubes, each becomes a token with a fixed position, pre-norm transformer layers
mix all tokens, and the mean of them is the embedding. It may begin with weights of another training
(:mod:`._videomae_weights`); which ones is for the user to say, and to have the right to.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.errors import RecipeError
from boutwise.learners.network._pixels import held
from boutwise.learners.network.encoders._layers import standardized
from boutwise.learners.network.encoders._videomae_weights import converted, read_weights

VARIANTS = {"small": (384, 12, 6), "base": (768, 12, 12)}
"""Channels, layers and heads."""

MOTION_GAIN = 5.0
"""How much larger than others the first weights of tubes are that see changes: pictures that follow
each other differ by little."""

MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colors of ImageNet: how pictures are standardized unless the weights say otherwise."""


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        # Keys have none: a softmax would take it away again.
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, values: Tensor) -> Tensor:
        """(B, N, D) -> (B, N, D)."""
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        parts = F.linear(values, self.qkv.weight, bias)
        query, key, value = (
            part.reshape(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part in parts.chunk(3, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        out: Tensor = self.proj(mixed)
        return out


class _Layer(nn.Module):
    """Attention and two dense layers, each a residual branch that may be dropped."""

    def __init__(self, width: int, heads: int, *, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = _Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, values: Tensor) -> Tensor:
        """(B, N, D) -> (B, N, D)."""
        values = values + self._kept(self.attn(self.norm1(values)))
        return values + self._kept(self.fc2(F.gelu(self.fc1(self.norm2(values)))))

    def _kept(self, branch: Tensor) -> Tensor:
        """Stochastic depth (Huang et al. 2016): the branch, without that of some windows."""
        if not self.training or self.drop == 0:
            return branch
        kept = torch.rand(len(branch), 1, 1, device=branch.device) >= self.drop
        return branch * kept / (1 - self.drop)


class Encoder(nn.Module):
    """A vision transformer on tubes, small or base, one embedding a window.

    A frame outside the mask is replaced by the nearest one inside it.

    Args:
        channels: 1 for gray, which is taken three times, or 3 for RGB.
        size: Pixels a side, a multiple of ``patch``.
        variant: ``small`` or ``base``.
        frames: That it sees of a window.
        rate: Every so manyth frame of a window is seen: a window has ``frames`` times ``rate``.
        patch: Pixels a side of a tube.
        tubelet: Frames of a tube.
        depth: Layers; None = of the variant.
        width: Channels; None = of the variant.
        heads: Of the attention; None = of the variant.
        weights: File or folder with weights to begin with, or a name on the hub; None = random.
        layer_decay: Each layer learns at so much of the rate of the one above; with weights only.
        drop_path: Share of the residual branches dropped in the last layer, less before.
        standardize: See each window less its own mean and by its own spread, in place of by those
            of the colors of ImageNet.
    """

    margin_frames = None
    stride = 1

    def __init__(
        self,
        channels: int,
        size: int,
        *,
        variant: str = "small",
        frames: int = 16,
        rate: int = 2,
        patch: int = 16,
        tubelet: int = 2,
        depth: int | None = None,
        width: int | None = None,
        heads: int | None = None,
        weights: str | None = None,
        layer_decay: float = 0.75,
        drop_path: float = 0.1,
        standardize: bool = False,
    ) -> None:
        super().__init__()
        self.standardize = bool(standardize)
        if variant not in VARIANTS:
            raise RecipeError(
                f"videomae has no variant '{variant}'", expected=" or ".join(VARIANTS)
            )
        usual = VARIANTS[variant]
        self.width, layers, n_heads = (
            int(given or default)
            for given, default in zip((width, depth, heads), usual, strict=True)
        )
        _refuse((size, patch), (frames, tubelet), rate, (self.width, n_heads))
        self.window_frames, self.rate = frames * rate, int(rate)
        self.weights, self.layer_decay = weights, float(layer_decay)
        tube = (tubelet, patch, patch)
        self.patch_embed = nn.Conv3d(3, self.width, tube, stride=tube)
        tokens = (frames // tubelet) * (size // patch) ** 2
        self.register_buffer("positions", sinusoids(tokens, self.width))
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1, 1))
        self.register_buffer("sd", torch.tensor(SD).view(3, 1, 1, 1))
        drops = [drop_path * layer / max(1, layers - 1) for layer in range(layers)]
        self.blocks = nn.ModuleList(_Layer(self.width, n_heads, drop=drop) for drop in drops)
        self.norm = nn.LayerNorm(self.width, eps=1e-6)
        self.apply(_begin)
        _see_changes(self.patch_embed)

    positions: Tensor
    mean: Tensor
    sd: Tensor

    def forward(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C, H, W) and (B, T) -> (B, 1, D)."""
        if pixels.shape[1] != self.window_frames:
            raise RecipeError(
                f"videomae sees windows of {self.window_frames} frames, and got {pixels.shape[1]}",
                expected="'windows.length' of frames times rate",
            )
        tokens = self.patch_embed(self._seen(pixels, mask)).flatten(2).transpose(1, 2)
        tokens = tokens + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        embedded: Tensor = self.norm(tokens.mean(dim=1)).unsqueeze(1)
        return embedded * mask.any(dim=1)[:, None, None].to(embedded.dtype)

    def _seen(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """The pictures that are seen, standardized, (B, 3, frames, H, W)."""
        seen = held(pixels, mask)[:, :: self.rate]
        if self.standardize:
            return standardized(seen, together=True).transpose(1, 2).expand(-1, 3, -1, -1, -1)
        return (seen.transpose(1, 2).expand(-1, 3, -1, -1, -1) - self.mean) / self.sd

    def start(self) -> None:
        """Take the weights of another training, when there are any to take.

        Raises:
            RecipeError: They are not found, not of this architecture, or not whole.
        """
        if self.weights is None:
            return
        found, standardization = read_weights(self.weights)
        own = self.state_dict()
        state = converted(found, source=self.weights)
        state |= {key: torch.tensor(v).view(3, 1, 1, 1) for key, v in standardization.items()}
        wanted = {key for key in own if key not in ("mean", "sd", "positions")}
        missing = sorted(wanted - state.keys())
        other = sorted(state.keys() - own.keys())
        sizes = [
            f"{key} is {tuple(state[key].shape)} and not {tuple(own[key].shape)}"
            for key in sorted(own.keys() & state.keys())
            if state[key].shape != own[key].shape
        ]
        if missing or other or sizes:
            words = sizes[:3] + [f"{key} is missing" for key in missing[:3]]
            words += [f"{key} is not known" for key in other[:3]]
            raise RecipeError(
                f"the weights '{self.weights}' do not fit this videomae: {'; '.join(words)}",
                expected=f"{len(wanted)} tensors of a network with these options",
                todo="set variant, frames, patch, tubelet and the crop's size as they were there",
            )
        self.load_state_dict(own | state)

    def rates(self) -> dict[str, float]:
        """Name of each parameter -> its share of the learning rate: less the deeper it lies."""
        if self.weights is None or self.layer_decay == 1:
            return {}
        top = len(self.blocks) + 1
        shares = {}
        for name, _ in self.named_parameters():
            part, _, rest = name.partition(".")
            level = 0 if part == "patch_embed" else top
            if part == "blocks":
                level = int(rest.partition(".")[0]) + 1
            shares[name] = self.layer_decay ** (top - level)
        return shares


def sinusoids(tokens: int, width: int) -> Tensor:
    """Sines and cosines of the place of each token in their row (Vaswani et al. 2017), (N, D)."""
    place = torch.arange(tokens, dtype=torch.float64).unsqueeze(1)
    channel = torch.arange(width, dtype=torch.float64)
    angle = place / 10_000 ** (2 * (channel // 2) / width)
    found = torch.where(channel % 2 == 0, angle.sin(), angle.cos())
    return found.float()


def _begin(module: nn.Module) -> None:
    """Small random weights, as transformers begin with."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _see_changes(tubes: nn.Conv3d) -> None:
    """Let half of the tubes begin as the difference of the halves of their frames.

    What moves is a small part of what is seen, so that with random tubes a transformer learns for
    very long that nothing but what stands still is there: of five-frame twitches in 8,000 windows
    nothing at all, and with these .48 (F1 on other animals). Weights of another training take
    their place.
    """
    with torch.no_grad():
        weight = tubes.weight
        half = weight.shape[2] // 2
        if half == 0:
            return  # a tube of one frame has nothing to compare
        seeing = weight[: len(weight) // 2]
        seeing.mul_(MOTION_GAIN)
        seeing[:, :, half : 2 * half] = -seeing[:, :, :half]
        seeing[:, :, 2 * half :] = 0


def _refuse(
    picture: tuple[int, int], clip: tuple[int, int], rate: int, inner: tuple[int, int]
) -> None:
    for (whole, part), words in (
        (picture, "pictures of {} pixels a side cannot be cut into patches of {}"),
        (clip, "{} frames cannot be cut into tubes of {}"),
        (inner, "{} channels cannot be divided into {} heads"),
    ):
        if part < 1 or whole < part or whole % part:
            raise RecipeError(
                f"videomae: {words.format(whole, part)}", expected="a multiple of the second"
            )
    if rate < 1 or math.isnan(rate):
        raise RecipeError(f"videomae cannot see every {rate}th frame", expected="1 or more")
