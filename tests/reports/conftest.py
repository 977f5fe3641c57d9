"""Before mmdet, which needs it where mmcv has no compiled ops."""

import uhrnet  # noqa: F401
