from .tiled_cross_entropy import pixel_cross_entropy, tiled_cross_entropy

__all__ = ['pixel_cross_entropy', 'tiled_cross_entropy']
