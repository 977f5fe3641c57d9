"""MLflow as a backend of visualisers, with pictures."""

import numpy as np
from mmengine.registry import VISBACKENDS
from mmengine.visualization import MLflowVisBackend


@VISBACKENDS.register_module()
class MLflowPicturesVisBackend(MLflowVisBackend):
    """``MLflowVisBackend`` that names pictures as files, one for each step.

    mmengine's hands their names to MLflow as they are, which fails without
    the ending of a file.
    """

    def add_image(
        self, name: str, image: np.ndarray, step: int = 0, **kwargs: object
    ) -> None:
        """Save a picture (H, W, 3), RGB."""
        super().add_image(f'{name}_{step}.png', image, step, **kwargs)
