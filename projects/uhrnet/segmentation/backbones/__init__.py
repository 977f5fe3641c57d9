from .exact_hrnet import ExactHRNet
from .fixed_output_norms import FixedNormSwin
from .stem_resnet import StemResNetV1c

__all__ = ['ExactHRNet', 'FixedNormSwin', 'StemResNetV1c']
