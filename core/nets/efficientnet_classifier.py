"""EfficientNet-Lite0 with the layer that names its pooled feature, saved and loaded as transformers does it."""

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModelForImageClassification, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import ImageClassifierOutputWithNoAttention

from core.nets.efficientnet_lite import HEAD, EfficientNetLite, SameConv2d


class EfficientNetLiteConfig(PreTrainedConfig):
    model_type = "loupe_efficientnet_lite"


class EfficientNetLiteForImageClassification(PreTrainedModel):
    config_class = EfficientNetLiteConfig
    base_model_prefix = "efficientnet_lite"
    main_input_name = "pixel_values"

    def __init__(self, config: EfficientNetLiteConfig):
        super().__init__(config)
        self.trunk = EfficientNetLite()
        self.classifier = nn.Linear(HEAD, len(config.id2label or {}))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, SameConv2d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def maps(self, pixel_values: torch.Tensor) -> list[torch.Tensor]:
        """[image channel row column] after the stem, each stage and the last convolution."""
        found = [functional.relu6(self.trunk.stem(pixel_values))]
        for stage in self.trunk.stages:
            found.append(stage(found[-1]))
        return [*found, functional.relu6(self.trunk.head(found[-1]))]

    def forward(
        self,
        pixel_values: torch.Tensor,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        **kwargs,
    ) -> ImageClassifierOutputWithNoAttention:
        """pixel_values [image 3 height width] in -1..1 -> logits [image label]."""
        maps = self.maps(pixel_values)
        return ImageClassifierOutputWithNoAttention(
            logits=self.classifier(maps[-1].mean(dim=(2, 3))),  # type: ignore[arg-type]
            hidden_states=tuple(maps) if output_hidden_states else None,  # type: ignore[arg-type]
        )


AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig)
AutoModelForImageClassification.register(EfficientNetLiteConfig, EfficientNetLiteForImageClassification)
