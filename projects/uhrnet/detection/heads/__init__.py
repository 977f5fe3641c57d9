from .float32_centernet_head import Float32CenterNetHead

__all__ = ['Float32CenterNetHead']
