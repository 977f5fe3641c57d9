"""A hook for trainings whose processes have to agree with one alone."""

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch.nn.modules.batchnorm import _BatchNorm


@HOOKS.register_module()
class FrozenNormsHook(Hook):
    """Normalise by the running statistics, which no batch changes."""

    def before_train_iter(self, runner, *args, **kwargs):
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
