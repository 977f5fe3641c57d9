"""Pinhole camera above the ground plane.

World axes: x to the right, y along the street, z up, in metres; the ground is
z = 0. Camera axes: x right, y down, z forward. Pixel (row i, column j) has its
centre at image coordinates (u, v) = (j, i).
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """A camera without roll, described independently of the image size.

    Args:
        x: Lateral position in metres; the camera stands at (x, 0, height).
        height: Height above the ground in metres.
        pitch: Upward tilt in radians; negative looks down.
        yaw: Turn to the left in radians.
        fov: Horizontal field of view in radians.
    """

    x: float
    height: float
    pitch: float
    yaw: float
    fov: float

    @property
    def position(self) -> tuple[float, float, float]:
        """Centre of projection in world coordinates."""
        return self.x, 0.0, self.height

    def intrinsics(self, height: int, width: int) -> np.ndarray:
        """Calibration matrix K (3, 3) for an image of (height, width)."""
        focal = 0.5 * width / math.tan(0.5 * self.fov)
        return np.array(
            [
                [focal, 0.0, 0.5 * (width - 1)],
                [0.0, focal, 0.5 * (height - 1)],
                [0.0, 0.0, 1.0],
            ]
        )

    @property
    def rotation(self) -> np.ndarray:
        """World from camera (3, 3): columns are the camera's axes."""
        cy, sy = math.cos(self.yaw), math.sin(self.yaw)
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        right = (cy, sy, 0.0)
        forward = (-sy * cp, cy * cp, sp)
        down = (-sy * sp, cy * sp, -cp)
        return np.array([right, down, forward]).T

    def rays(self, u: np.ndarray, v: np.ndarray, k: np.ndarray) -> np.ndarray:
        """World directions of the pixels on a grid.

        The camera-axis component of a direction is 1, so that the ray
        parameter of a hit is its depth.

        Args:
            u: Columns (W,).
            v: Rows (H,).
            k: Calibration matrix (3, 3).

        Returns:
            Directions (3, H, W), float64.
        """
        a = (np.asarray(u, np.float64) - k[0, 2]) / k[0, 0]
        b = (np.asarray(v, np.float64) - k[1, 2]) / k[1, 1]
        r = self.rotation[:, :, None, None]
        return r[:, 0] * a[None, None] + r[:, 1] * b[None, :, None] + r[:, 2]

    def windows(
        self, points: np.ndarray, k: np.ndarray, near: float = 0.05
    ) -> np.ndarray:
        """Image rectangles that hold the convex hulls of point sets.

        Args:
            points: World points (P, M, 3).
            k: Calibration matrix (3, 3).
            near: Depth in metres at which hulls are clipped.

        Returns:
            (P, 4) of u_min, v_min, u_max, v_max; u_min > u_max where the hull
            lies behind the camera.
        """
        cam = (points - np.array(self.position)) @ self.rotation
        z = cam[..., 2]
        front = z >= near
        uv = cam[..., :2] / np.maximum(z, near)[..., None]
        low = np.where(front[..., None], uv, np.inf).min(1)
        high = np.where(front[..., None], uv, -np.inf).max(1)
        # Hulls that cross the near plane also reach as far as the points in
        # which the segments from front to back meet that plane.
        mixed = np.flatnonzero(front.any(1) & ~front.all(1))
        for i in mixed:
            a, b = cam[i][front[i]], cam[i][~front[i]]
            share = (a[:, None, 2] - near) / (a[:, None, 2] - b[None, :, 2])
            cut = a[:, None, :2] + share[..., None] * (
                b[None, :, :2] - a[:, None, :2]
            )
            cut = cut.reshape(-1, 2) / near
            low[i] = np.minimum(low[i], cut.min(0))
            high[i] = np.maximum(high[i], cut.max(0))
        scale, shift = np.diag(k)[:2], k[:2, 2]
        return np.concatenate([low * scale + shift, high * scale + shift], 1)
