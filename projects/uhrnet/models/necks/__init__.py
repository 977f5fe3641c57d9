from .hrnet_v1 import HRNetV1, HRNetV1h
from .hrnet_v2 import HRNetV2
from .hrnet_v2p import HRNetV2p

__all__ = ['HRNetV1', 'HRNetV1h', 'HRNetV2', 'HRNetV2p']
