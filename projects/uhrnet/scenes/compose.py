"""Composition: draws a street and everything that stands on it."""

import math

import numpy as np

from .actors import car, person
from .buildings import Spot, cottage, town_house
from .camera import Camera
from .primitives import Solid
from .roadside import bush, fence, hedge, lamp, sign, signal, tree
from .scene import Contact, Scene
from .sky import Sky
from .street import KERB, Street


class _Composer:
    """Fills one scene; every method draws from the same generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.street = Street.sample(rng)
        sky = Sky.sample(rng)
        lane = (int(rng.integers(self.street.lanes)) + 0.5) * self.street.lane
        camera = Camera(
            x=lane + float(rng.uniform(-0.5, 0.4)),
            height=float(rng.uniform(1.35, 2.3)),
            pitch=math.radians(float(rng.uniform(-6.0, -0.5))),
            yaw=math.radians(float(rng.normal(0, 3.5))),
            fov=math.radians(float(rng.uniform(56, 76))),
        )
        self.scene = Scene(
            camera=camera,
            sky=sky,
            street=self.street,
            skyline=bool(rng.random() < 0.45),
            seed=int(rng.integers(1 << 31)),
        )
        # Circles (s, y, radius) that are taken on the sidewalks.
        self.taken: list[tuple[float, float, float]] = []

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def spot(self, s: float, y: float, turn: float = 0.0) -> Spot:
        x, y, yaw = self.street.place(s, y)
        return Spot(x, y, yaw + turn)

    def free(self, s: float, y: float, radius: float) -> bool:
        """Whether a circle touches none that is taken; takes it if so."""
        for a, b, r in self.taken:
            if (a - s) ** 2 + (b - y) ** 2 < (r + radius) ** 2:
                return False
        self.taken.append((s, y, radius))
        return True

    def compose(self) -> Scene:
        self.traffic()
        self.parked()
        for side in (0, 1):
            sign_of = 1 if side else -1
            self.posts(side, sign_of)
            self.trees(side, sign_of)
            self.people(side, sign_of)
            kind = self.street.sides[side].kind
            if kind == 'urban':
                self.town(side, sign_of)
            elif kind == 'suburb':
                self.suburb(side, sign_of)
            else:
                self.park(side, sign_of)
        self.crossers()
        return self.scene

    def _put_car(self, s: float, y: float, turn: float) -> None:
        spot = self.spot(s, y, turn)
        number = self.scene.next_instance
        solids = car(self.rng, spot, number)
        self.scene.add_object(solids)
        half = solids[0].half
        inner = (half[0] - 0.1, half[1] - 0.15)
        self.scene.contacts.append(Contact(spot, inner, 0.22, 0.85))

    def _put_person(self, s: float, y: float, turn: float) -> None:
        spot = self.spot(s, y, turn)
        number = self.scene.next_instance
        self.scene.add_object(person(self.rng, spot, number))
        self.scene.contacts.append(Contact(spot, (0.1, 0.1), 0.14, 0.55))

    def _put_tree(self, s: float, y: float, size: float) -> None:
        spot = self.spot(s, y, self.uniform(0, 6))
        self.scene.add(tree(self.rng, spot, size))
        self.scene.contacts.append(Contact(spot, (0.05, 0.05), 0.3, 0.5))

    def _put_house(self, spot: Spot, solids: list[Solid]) -> None:
        self.scene.add(solids)
        half = solids[0].half[:2]
        self.scene.contacts.append(Contact(spot, half, 0.4, 0.45))

    def traffic(self) -> None:
        """Cars in the lanes; people drive on the right."""
        street, zebra = self.street, self.street.zebra
        for lane in range(-street.lanes, street.lanes):
            s = (lane + 0.5) * street.lane
            own = abs(s - self.scene.camera.x) < 0.8 * street.lane
            y = self.uniform(9, 26) if own else self.uniform(5, 30)
            while y < 75:
                clear = zebra is None or abs(y - zebra) > 5
                if clear and not street.blocked(y, 2.5) and self.chance(0.65):
                    turn = 0.0 if s > 0 else math.pi
                    drift = self.uniform(-0.25, 0.25)
                    self._put_car(
                        s + drift, y, turn + self.uniform(-0.02, 0.02)
                    )
                y += 7 + float(self.rng.exponential(12))

    def parked(self) -> None:
        """Cars along the kerbs."""
        street = self.street
        if not street.parking:
            return
        for sign_of in (-1, 1):
            s = sign_of * (street.half - 1.08)
            density = self.uniform(0.3, 0.9)
            y = self.uniform(3.5, 8)
            while y < 60:
                zebra = street.zebra
                clear = zebra is None or abs(y - zebra) > 6
                if clear and not street.blocked(y, 6) and self.chance(density):
                    turn = 0.0 if sign_of > 0 else math.pi
                    turn += self.uniform(-0.03, 0.03)
                    self._put_car(s + self.uniform(-0.1, 0.08), y, turn)
                y += self.uniform(5.6, 6.4)

    def posts(self, side: int, sign_of: int) -> None:
        """Lamps, signs and signals beside the kerb."""
        street, rng = self.street, self.rng
        s = sign_of * (street.half + KERB + 0.3)
        stop = street.zebra if street.zebra is not None else street.crossing
        if stop is not None and self.chance(0.6):
            y = stop - sign_of * 2.6
            self.free(s, y, 0.5)
            spot = self.spot(s, y, 0 if sign_of > 0 else math.pi)
            number = self.scene.next_instance
            lit = int(rng.choice([0, 1, 2], p=[0.4, 0.15, 0.45]))
            self.scene.add_object(signal(rng, spot, number, lit))
        y = self.uniform(6, 14)
        while y < 50:
            if not street.blocked(y, 2.5) and self.free(s, y, 0.5):
                # Some signs of the other direction show only their backs.
                turn = math.pi if sign_of < 0 and self.chance(0.5) else 0.0
                spot = self.spot(s, y, turn + self.uniform(-0.15, 0.15))
                number = self.scene.next_instance
                self.scene.add_object(sign(rng, spot, number))
            y += self.uniform(13, 28)
        if self.chance(0.7):
            step = self.uniform(18, 26)
            y = self.uniform(8, 16)
            while y < 90:
                if not street.blocked(y, 2.0) and self.free(s, y, 0.4):
                    self.scene.add(lamp(rng, self.spot(s, y), -sign_of))
                y += step

    def trees(self, side: int, sign_of: int) -> None:
        """A row between the road and the sidewalk."""
        street, lane = self.street, self.street.sides[side]
        share = 0.9 if lane.verge else 0.45
        if not self.chance(share):
            return
        s = sign_of * (street.half + KERB + max(0.5 * lane.verge, 0.75))
        y = self.uniform(5, 15)
        step = self.uniform(8, 15)
        while y < 85:
            size = self.uniform(1.3, 1.9)
            clear = not street.blocked(y, 2.5)
            if clear and self.chance(0.85) and self.free(s, y, 0.6):
                self._put_tree(s, y, size)
            y += step + self.uniform(-1, 1)

    def people(self, side: int, sign_of: int) -> None:
        """Pedestrians on the sidewalk."""
        street, lane = self.street, self.street.sides[side]
        count = int(self.rng.poisson(6.0 if lane.kind == 'urban' else 3.2))
        inner = street.half + KERB + lane.verge + 0.45
        outer = street.outer(side) - 0.45
        for _ in range(count):
            s = sign_of * self.uniform(inner, outer)
            y = 4.5 + 30 * self.uniform(0, 1) ** 1.6
            if street.blocked(y, 0.5) or not self.free(s, y, 0.42):
                continue
            turn = self.uniform(-0.2, 0.2) + (
                math.pi if self.chance(0.5) else 0
            )
            self._put_person(s, y, turn)

    def crossers(self) -> None:
        """Pedestrians on the zebra crossing."""
        street = self.street
        if street.zebra is None:
            return
        for _ in range(int(self.rng.poisson(1.6))):
            s = self.uniform(-0.9, 0.9) * street.half
            y = street.zebra + self.uniform(-1.1, 1.1)
            if not self.free(s, y, 0.45):
                continue
            turn = 0.5 * math.pi * (1 if self.chance(0.5) else -1)
            self._put_person(s, y, turn + self.uniform(-0.2, 0.2))

    def town(self, side: int, sign_of: int) -> None:
        """Houses wall to wall, and taller ones behind."""
        street = self.street
        edge = street.outer(side)
        y = -14.0
        while y < 105:
            length = self.uniform(8, 17)
            middle = y + 0.5 * length
            if street.blocked(middle, 0.5 * length + 2.4):
                y += 1.0
                continue
            depth = self.uniform(7, 11)
            half = (0.5 * depth, 0.5 * length - 0.02, self.uniform(3.6, 9.5))
            s = sign_of * (edge + 0.5 * depth - self.uniform(0.0, 0.25))
            spot = self.spot(s, middle)
            self._put_house(spot, town_house(self.rng, spot, half))
            y += length + (self.uniform(1.5, 5) if self.chance(0.15) else 0)
        for _ in range(3):
            high = self.uniform(10, 17)
            half = (self.uniform(5, 8), self.uniform(6, 10), high)
            y = self.uniform(25, 95)
            if not street.blocked(y, half[1] + 2):
                spot = self.spot(sign_of * (edge + 24), y)
                self.scene.add(town_house(self.rng, spot, half))

    def suburb(self, side: int, sign_of: int) -> None:
        """Houses in gardens, behind fences or hedges."""
        street, rng = self.street, self.rng
        edge = street.outer(side)
        border = int(rng.choice(3, p=[0.5, 0.3, 0.2]))
        y = self.uniform(-8, 2)
        while y < 95:
            lot = self.uniform(13, 18)
            middle = y + 0.5 * lot
            if street.blocked(middle, 0.5 * lot + 2.4):
                y += 1.0
                continue
            half = (
                self.uniform(3.5, 4.8),
                0.5 * lot - self.uniform(2.0, 3.2),
                self.uniform(1.5, 3.1),
            )
            setback = self.uniform(3.5, 7)
            s = sign_of * (edge + setback + half[0])
            spot = self.spot(s, middle)
            self._put_house(spot, cottage(rng, spot, half))
            if middle > 0:
                where = self.spot(sign_of * (edge + 0.25), middle)
                if border == 0:
                    self.scene.add(fence(rng, where, lot - 0.6))
                elif border == 1:
                    where = self.spot(sign_of * (edge + 0.5), middle)
                    self.scene.add(hedge(rng, where, lot - 0.6))
            garden = sign_of * (edge + 0.45 * setback + 0.6)
            if self.chance(0.55):
                where = y + self.uniform(0, 2.5)
                self._put_tree(garden, where, self.uniform(1.4, 2.2))
            if self.chance(0.6):
                where = self.spot(garden, y + lot - self.uniform(1, 4))
                self.scene.add(bush(rng, where, self.uniform(0.5, 0.9)))
            y += lot

    def park(self, side: int, sign_of: int) -> None:
        """Lawn with trees and shrubs."""
        street, rng = self.street, self.rng
        edge = street.outer(side)
        railed = self.chance(0.35)
        for _ in range(int(rng.integers(9, 15))):
            s, y = edge + self.uniform(2.5, 24), self.uniform(4, 80)
            size = self.uniform(1.6, 3.4)
            if not street.blocked(y, 3) and self.free(sign_of * s, y, size):
                self._put_tree(sign_of * s, y, size)
        for _ in range(int(rng.integers(2, 7))):
            s, y = edge + self.uniform(1.5, 12), self.uniform(5, 45)
            size = self.uniform(0.5, 1.1)
            if not street.blocked(y, 3) and self.free(sign_of * s, y, size):
                where = self.spot(sign_of * s, y)
                self.scene.add(bush(rng, where, size))
        y = self.uniform(-4, 4)
        while railed and y < 60:
            if not street.blocked(y + 4, 7):
                where = self.spot(sign_of * (edge + 0.3), y + 4)
                self.scene.add(fence(rng, where, 7.9))
            y += 8


def sample_scene(rng: np.random.Generator) -> Scene:
    """Draw a street scene; all its chance comes from ``rng``."""
    return _Composer(rng).compose()
