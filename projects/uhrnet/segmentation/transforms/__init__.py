from .annotation_loading import LoadCheckedAnnotations

__all__ = ['LoadCheckedAnnotations']
