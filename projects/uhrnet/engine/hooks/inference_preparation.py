"""Testing with a model that is made faster first."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from uhrnet.apis.inference import prepare_for_inference


@HOOKS.register_module()
class PrepareForInferenceHook(Hook):
    """Prepare the model once its weights are loaded, before it is tested.

    See :func:`uhrnet.apis.prepare_for_inference`; for ``tools/test.py``, not
    for validation during a training.
    """

    priority = 'VERY_LOW'

    def before_test(self, runner: Runner) -> None:
        """Fold batch norms into convolutions."""
        model = runner.model
        prepare_for_inference(
            model.module if is_model_wrapper(model) else model
        )
